"""Which thing of the bank a noun means: a kitten is a cat, and so are chaton and 子猫.

English nouns find it in WordNet: the same synset, one further up (a sedan is a car), further down (reptile: lizard) or
beside them (a hare is near a rabbit), or named by the gloss (kitten: "young domestic cat"). Where several are left the
teacher says which is nearest. Words of other languages mean what most of their translations do.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from scripts.data.concepts import Concept, other_words
from scripts.data.sampling import is_pictured
from scripts.data.wordnet import Nouns, Synset

KINDS = "kinds.json"
Embed = Callable[[list[str]], np.ndarray]  # texts -> unit rows
Kinds = dict[str, dict[str, str]]  # of each language: noun -> English name of the thing that it means
Translations = dict[
    tuple[str, str], dict[str, dict[str, float]]
]  # scripts.data.dictionaries.read_translations

# Lexicographer files (lexnames(5WN)) in which the things of an emoji subgroup are.
ANIMAL, ARTIFACT, FOOD, OBJECT, PHENOMENON, PLANT, SUBSTANCE = 5, 6, 13, 17, 19, 20, 27
TOPICS = {
    "animal": {ANIMAL},
    "food": {FOOD, PLANT},
    "drink": {FOOD},
    "plant": {PLANT},
    "sky": {OBJECT, PHENOMENON},
}
LIVING, MATTER = {ANIMAL, FOOD, PLANT}, {ARTIFACT, FOOD, SUBSTANCE}
PICTURED = {ANIMAL, ARTIFACT, FOOD, OBJECT, PLANT}
UP, DOWN = 5, 2  # steps to broader and to narrower synsets
CROWD = 12  # a broader synset of more animals than these says nothing about those beside
TAGS = 4  # of a thing, that say what it is
WIDE = 1200  # artifacts of a kind ("structure") under which it says nothing about them
# Cosine that a thing gains over others: of the same synset, one step up (less for every other), down, beside, named by
# the gloss, named by it as what the noun is the young, the male or the female of.
SAME, ABOVE, STEP, BELOW, BESIDE, IN_GLOSS, OF_AGE = 2.0, 0.2, 0.04, 0.3, 0.0, -0.1, 0.3
NEAR = 0.35  # cosine under which nothing is meant
SPOKEN_OF = 0.45  # cosine of a thing's tag and its name from which its synset is the thing
# Words of these Zipf values the teacher knows; the cosine with their thing that they need.
KNOWN_WORD, LIKE, VERY_COMMON, VERY_LIKE = 3.5, 0.4, 4.5, 0.5
# Shares of what is known and of all of a word's translations that must mean one thing; weight of a phrase's last word.
AGREED, KNOWN, HEAD = 0.5, 0.25, 0.7
PIVOTS = ("en", "de", "fr")  # languages that the others are explained in, best first
VAGUE = re.compile(r" (face|emoji)$")
TIMBER = re.compile(r"\bwood of\b")  # of a tree, the commonest sense
AGE = re.compile(r"\b(young|male|female|adult|offspring|baby)\b")


def things(concepts: Iterable[Concept]) -> list[Concept]:
    """What a picture shows and a word names; not the face of what is there as a whole."""
    chosen = [concept for concept in concepts if is_pictured(concept)]
    names = {concept.name for concept in chosen}
    return [concept for concept in chosen if VAGUE.sub("", concept.name) not in names - {concept.name}]


def names_in(concepts: list[Concept], language: str, embed: Embed, taken: set[str]) -> dict[str, str]:
    """What the things are called -> their English names. Tags are, if they are of one thing and near it in meaning: one of
    a donkey is "stubborn"."""
    own = {c.name: c.name if language == "en" else c.names.get(language, "") for c in concepts}
    owners: dict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for word in [*concept.tags.get(language, []), *(concept.aliases if language == "en" else [])]:
            owners[word.casefold()].add(concept.name)
    called = [(word, next(iter(names))) for word, names in owners.items() if len(names) == 1]
    near = same_meaning(embed, called)
    tags = {word: name for (word, name), said in zip(called, near, strict=True) if said and word not in taken}
    return tags | {word.casefold(): name for name, word in own.items() if word}


def same_meaning(embed: Embed, pairs: list[tuple[str, str]]) -> list[bool]:
    if not pairs:
        return []
    first, second = (embed(list(column)) for column in zip(*pairs, strict=True))
    return ((first * second).sum(1) >= SPOKEN_OF).tolist()


def singular(name: str) -> str:
    return re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")


class EnglishKinds:
    """Nouns -> names of things."""

    def __init__(
        self, concepts: list[Concept], folder: Path, embed: Embed, named: dict[str, str], taken: set[str]
    ) -> None:
        self.nouns, self.embed, self.named, self.taken = Nouns(folder), embed, named, taken
        self.names = [concept.name for concept in concepts]
        self.described = self._describe(concepts)
        self.names_of: dict[str, list[str]] = defaultdict(list)  # synset -> things
        owners = Counter(word for concept in concepts for word in set(other_words(concept)))
        called = [
            (concept, word)
            for concept in concepts
            for word in [concept.name, *concept.aliases, *concept.tags.get("en", [])]
            if word == concept.name or owners[word] == 1
        ]
        near_it = same_meaning(embed, [(word, concept.name) for concept, word in called])
        told = set()
        for (concept, word), near in zip(called, near_it, strict=True):
            topics = next(
                (found for start, found in TOPICS.items() if concept.group.startswith(start)), {ARTIFACT}
            )
            key = self.nouns.find(word, topics) if near and concept.name not in told else None
            if key and (ARTIFACT not in topics or len(self.nouns.below(key, UP)) < WIDE):
                self.names_of[key].append(concept.name)
                told.add(concept.name)

    def _describe(self, concepts: list[Concept]) -> np.ndarray:
        """What things mean to the teacher, which knows sheep but no ewes: their names, and their tags."""
        texts = [[concept.name, *concept.tags.get("en", [])[:TAGS]] for concept in concepts]
        embedded = self.embed([text for own in texts for text in own])
        parts = np.split(embedded, np.cumsum([len(own) for own in texts])[:-1])
        means = np.stack([part[0] + part.mean(0) for part in parts])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def _things(self, keys: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(name for key in keys for name in self.names_of.get(key, ())))

    def candidates(self, synset: Synset, known: dict[str, str]) -> dict[str, float]:
        """Things that a synset may mean, and what they gain over others; known: nouns that glosses are read with."""
        found: dict[str, float] = {}

        def add(names: Iterable[str], gain: float) -> None:
            for name in names:
                found[name] = max(gain, found.get(name, gain))

        add(self._things([synset.key]), SAME)
        level = [synset.key]
        for step in range(UP):
            level = [wide for key in level for wide in self.nouns.synsets[key].broader]
            if above := self._things(level):
                add(above, ABOVE - STEP * step)
                break
        add(self._things(self.nouns.below(synset.key, DOWN)), BELOW)
        beside = self._things(key for wide in synset.broader for key in self.nouns.below(wide, DOWN))
        if len(beside) <= CROWD and synset.topic == ANIMAL:
            add(beside, BESIDE)
        gloss = synset.short_gloss
        words = re.findall(r"[a-z]+", AGE.sub("", gloss))
        phrases = [*words, *(f"{one} {two}" for one, two in pairwise(words))]
        told = (known.get(phrase) or known.get(singular(phrase)) for phrase in phrases)
        add(filter(None, told), OF_AGE if AGE.search(gloss) else IN_GLOSS)
        return found

    def _sense(self, lemma: str) -> Synset | None:
        """The commonest that is no proper name; or the next if that is an animal, or grows where the first is a thing. None
        if it cannot be pictured."""
        synsets = [self.nouns.synsets[key] for key in self.nouns.senses[lemma]]
        fitting = (synset for synset in synsets if lemma in synset.lemmas and not TIMBER.search(synset.gloss))
        first, *others = [*fitting] or [None]
        if first is None or lemma in self.taken:
            return None
        if others and first.topic != ANIMAL:
            second = others[0].topic
            if second == ANIMAL or (second in LIVING and first.topic in MATTER):
                return others[0]
        return first if first.topic in PICTURED else None

    def all(self) -> dict[str, str]:
        """Of every noun the thing that it means, if there is one. The second time glosses are read with what was found."""
        senses = {lemma: sense for lemma in self.nouns.senses if (sense := self._sense(lemma))}
        texts = list(dict.fromkeys([*senses, *(sense.short_gloss for sense in senses.values())]))
        row = {text: index for index, text in enumerate(texts)}
        embedded = self.embed(texts)
        column = {name: index for index, name in enumerate(self.names)}
        known = self.named
        for _ in range(2):
            found = {}
            for lemma, sense in senses.items():
                meaning = embedded[row[lemma]] + embedded[row[sense.short_gloss]]
                likeness = self.described @ (meaning / np.linalg.norm(meaning))
                scores = {
                    name: likeness[column[name]] + gain
                    for name, gain in self.candidates(sense, known).items()
                }
                name, best = max(scores.items(), key=itemgetter(1), default=("", 0.0))
                if best >= NEAR:
                    found[lemma] = name
            known = found | self.named
        return found


class ForeignKinds:
    """Words of other languages -> names of things, by their translations into the PIVOTS."""

    def __init__(self, translations: Translations, english: dict[str, str], taken: set[str]) -> None:
        self.translations = translations
        self.known: Kinds = {"en": english}
        self.taken: dict[str, set[str]] = {"en": taken}

    def find(self, language: str) -> dict[str, str]:
        found: dict[str, str] = {}
        self.taken[language] = set()
        for pivot in PIVOTS:
            if pivot == language or pivot not in self.known:
                continue
            for word, meanings in self.translations.get((language, pivot), {}).items():
                if self.taken[pivot] & meanings.keys():
                    self.taken[language].add(word)
                elif word not in found and (name := self._vote(pivot, meanings)):
                    found[word] = name
        return {word: name for word, name in found.items() if word not in self.taken[language]}

    def _vote(self, pivot: str, meanings: dict[str, float]) -> str | None:
        nouns = self.known[pivot]
        votes: dict[str, float] = defaultdict(float)
        for meaning, weight in meanings.items():
            words = meaning.split()
            if name := nouns.get(meaning) or nouns.get(singular(meaning)):
                votes[name] += weight
            elif pivot == "en" and len(words) == 2 and (name := nouns.get(words[1])):
                votes[name] += weight * HEAD  # "small house"
        name, most = max(votes.items(), key=itemgetter(1), default=("", 0.0))
        return (
            name if most >= max(AGREED * sum(votes.values()), KNOWN * sum(meanings.values()), 1e-9) else None
        )


def doubtful(words: dict[str, str], zipf: dict[str, float], embed: Embed) -> set[str]:
    """Common words that the teacher, which knows those, would not call so."""
    asked = [(word, name) for word, name in words.items() if zipf.get(word, 0.0) >= KNOWN_WORD]
    if not asked:
        return set()
    first, second = (embed(list(column)) for column in zip(*asked, strict=True))
    likeness = (first * second).sum(1)
    return {
        word
        for (word, _), like in zip(asked, likeness, strict=True)
        if like < (LIKE if zipf[word] < VERY_COMMON else VERY_LIKE)
    }


def find_kinds(
    concepts: Iterable[Concept],
    wordnet: Path,
    translations: Translations,
    embed: Embed,
    zipf: Callable[[str], dict[str, float]],
    taken: set[str],
) -> Kinds:
    """What the things are called goes first, then WordNet and the dictionaries. zipf: how common words of a language are;
    taken: words that say something else than what a thing is, and so mean none in any language."""
    chosen = things(concepts)
    named = names_in(chosen, "en", embed, taken)
    one = {singular(name): thing for name, thing in named.items()}
    english = EnglishKinds(chosen, wordnet, embed, one | named, taken).all() | one | named
    foreign = ForeignKinds(translations, english, taken)
    languages = [*PIVOTS, *(source for source, _ in translations), *(key for c in chosen for key in c.names)]
    for language in dict.fromkeys(languages):
        own = {c.names[language].casefold(): c.name for c in chosen if language in c.names}
        if language.partition("-")[0] != "en":
            known = foreign.find(language) | names_in(chosen, language, embed, taken)
        elif language == "en":
            known, own = english, {concept.name.casefold(): concept.name for concept in chosen}
        else:
            continue
        far = (doubtful(known, zipf(language), embed) | foreign.taken[language]) - own.keys()
        foreign.known[language] = {word: name for word, name in known.items() if word not in far}
    return foreign.known


def save_kinds(kinds: Kinds, folder: Path) -> None:
    (folder / KINDS).write_text(json.dumps(kinds, ensure_ascii=False, indent=0), encoding="utf-8")

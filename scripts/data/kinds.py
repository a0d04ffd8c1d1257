"""Which thing of the bank a noun means: a kitten is a cat, and so are chaton and 子猫.

`scripts.data.things` says which nouns of WordNet the things are. Other English nouns find theirs from there: further up (a sedan is a
car), further down (reptile: lizard) or beside them (a hare is near a rabbit), or named by the gloss (kitten: "young domestic
cat"). Where several are left the teacher says which is nearest. Words of other languages mean what most of their
translations do.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from scripts.data.concepts import Concept
from scripts.data.things import Embed, describe, names_in, synsets_of, table, tags_in, things
from scripts.data.wordnet import (
    ANIMAL,
    ARTIFACT,
    BODY,
    FOOD,
    OBJECT,
    PERSON,
    PHENOMENON,
    PLANT,
    SUBSTANCE,
    Nouns,
    Synset,
)  # fmt: skip
from scripts.data.words import plural

KINDS = "kinds.json"
Kinds = dict[str, dict[str, str]]  # of each language: noun -> English name of the thing that it means
Translations = dict[
    tuple[str, str], dict[str, dict[str, float]]
]  # scripts.data.dictionaries.read_translations

PICTURED = {ANIMAL, ARTIFACT, BODY, FOOD, OBJECT, PERSON, PHENOMENON, PLANT}
UP, DOWN = 5, 2  # steps to broader and to narrower synsets
CROWD = 12  # a broader synset of more animals than these says nothing about those beside
# Cosine that a thing gains over others: of the same synset, one step up (less for every other), down, beside; a tag of its
# own; named by the gloss, as what the noun is a kind of, or what it is the young, the male or the female of.
SAME, ABOVE, STEP, BELOW, BESIDE, TAGGED = 2.0, 0.2, 0.04, 0.3, 0.0, 0.2
IN_GLOSS, OF_KIND, OF_AGE = -0.2, 0.15, 0.35
SURE = 0.1  # gain from which glosses are read with what was found, but for what is below
NEAR_IN_MEANING = {ANIMAL, ARTIFACT, FOOD, OBJECT, PLANT}
LATER = 0.15  # what is lost where the commonest sense cannot be pictured
GENERAL = 300  # narrower nouns of one that says too little to mean a thing ("device")
NEAR = 0.35  # cosine under which nothing is meant
NEAREST = 0.6  # the same of the thing that is nearest of all in meaning, where WordNet connects it to none
# Words of these Zipf values the teacher knows; the cosine with their thing that they need.
KNOWN_WORD, LIKE, VERY_COMMON, VERY_LIKE = 3.5, 0.4, 4.5, 0.5
# Shares of what is known and of all of a word's translations that must mean one thing, share of all from which it means
# something else than a thing, and the weight of a phrase's last word.
AGREED, KNOWN, OTHER, HEAD = 0.5, 0.25, 0.3, 0.7
PEOPLE = {"man", "woman"}  # and no "Spanish woman"
ALIKE = 0.5  # cosine from which votes for one thing count for another, too
COMMONER = 1.0  # Zipf value by which a plural may be commoner than its noun
PIVOTS = ("en", "de", "fr")  # languages that the others are explained in, best first
TIMBER = re.compile(r"\bwood of\b")  # of a tree, the commonest sense
AGE = re.compile(r"\b(young|male|female|adult|offspring|baby)\b")
SORT = re.compile(r"^(an? |any )?(variety|kind|type|form|species|breed|strain)( or \w+)? of (an? |the )?")
LIKENESS = re.compile(r"\b(?:resembling|similar to|like) (?:an? |the )?([a-z -]+)")
GENUS_ENDS = re.compile(
    r"[^a-z -]| (that|which|who|of|with|having|used|for|in|from|by|to|whose|where|and|or) "
)


def singular(name: str) -> str:
    return re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")


class EnglishKinds:
    """Nouns -> names of things."""

    def __init__(
        self,
        concepts: list[Concept],
        nouns: Nouns,
        embed: Embed,
        named: dict[str, str],
        tagged: dict[str, str],
        taken: set[str],
    ) -> None:
        self.nouns, self.embed, self.named, self.taken = nouns, embed, named, taken
        self.tagged = tagged
        self.names = [concept.name for concept in concepts]
        self.described = describe(concepts, embed)
        self.names_of = synsets_of(self.nouns, concepts)
        groups = [concept.group.partition("-")[0] for concept in concepts]
        self.living = np.array([group in ("animal", "plant") for group in groups])

    def _things(self, keys: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(name for key in keys for name in self.names_of.get(key, ())))

    def candidates(self, lemma: str, synset: Synset, known: dict[str, str]) -> dict[str, float]:
        """Things that a synset may mean, and what they gain over others; known: nouns that glosses are read with."""
        found: dict[str, float] = {}

        def add(names: Iterable[str | None], gain: float) -> None:
            for name in filter(None, names):
                found[name] = max(gain, found.get(name, gain))

        add(self._things([synset.key]), SAME)
        if synset.topic == PERSON:  # thousands, of whom one says little about another
            add(self._things(synset.broader), ABOVE)
            return found
        level = [synset.key]
        for step in range(UP):
            level = [wide for key in level for wide in self.nouns.synsets[key].broader]
            if above := self._things(level):
                add(above, ABOVE - STEP * step)
                break
        if len(self.nouns.below(synset.key, UP)) < GENERAL:
            add(self._things(self.nouns.below(synset.key, DOWN)), BELOW)
        beside = self._things(key for wide in synset.broader for key in self.nouns.below(wide, DOWN))
        if len(beside) <= CROWD and synset.topic == ANIMAL:
            add(beside, BESIDE)
        gloss = synset.short_gloss
        words = re.findall(r"[a-z]+", AGE.sub("", gloss))
        phrases = [*words, *(f"{one} {two}" for one, two in pairwise(words))]
        told = (known.get(phrase) or known.get(singular(phrase)) for phrase in phrases)
        add(told, OF_AGE if AGE.search(gloss) else IN_GLOSS)
        for said in (SORT.sub("", gloss), *LIKENESS.findall(gloss)):
            if genus := GENUS_ENDS.split(said)[0].split():
                add([known.get(" ".join(genus[-2:])) or known.get(genus[-1])], OF_KIND)
        add([self.tagged.get(lemma)], TAGGED)
        return found

    def _sense(self, lemma: str) -> Synset | None:
        """The commonest that can be pictured and is no proper name; or the next if that is an animal, or grows where the
        first is a thing. Adjectives (a short dog, a sharp knife) mean a thing only if they are one."""
        keys = self.nouns.senses[lemma]
        if lemma in self.taken or AGE.fullmatch(lemma):
            return None
        if lemma in self.nouns.adjectives and not self._things(keys):
            return None
        synsets = (self.nouns.synsets[key] for key in keys)
        first, *others = [
            synset
            for synset in synsets
            if synset.topic in PICTURED
            and (synset.topic not in (BODY, PERSON) or synset.key == keys[0])
            and lemma in synset.lemmas
            and not TIMBER.search(synset.gloss)
        ] or [None]
        if others and first.topic != ANIMAL:
            second = others[0].topic
            if second == ANIMAL or (first.topic, second) in (
                (SUBSTANCE, PLANT),
                (FOOD, PLANT),
                (PLANT, FOOD),
            ):
                return others[0]
        return first

    def all(self) -> dict[str, str]:
        """Of every noun the thing that it means, if there is one. The second time glosses are read with what was found."""
        senses = {lemma: sense for lemma in self.nouns.senses if (sense := self._sense(lemma))}
        texts = list(dict.fromkeys([*senses, *(sense.short_gloss for sense in senses.values())]))
        row = {text: index for index, text in enumerate(texts)}
        embedded = self.embed(texts)
        column = {name: index for index, name in enumerate(self.names)}
        known = self.named
        for _ in range(2):
            found, sure = {}, {}
            for lemma, sense in senses.items():
                meaning = embedded[row[lemma]] + embedded[row[sense.short_gloss]]
                likeness = self.described @ (meaning / np.linalg.norm(meaning))
                gains = self.candidates(lemma, sense, known)
                scores = {name: likeness[column[name]] + gain for name, gain in gains.items()}
                name, best = max(scores.items(), key=itemgetter(1), default=("", 0.0))
                commonest = sense.key == self.nouns.senses[lemma][0]
                if best >= NEAR + (0.0 if commonest else LATER):
                    found[lemma] = name
                    if gains[name] >= SURE and gains[name] != BELOW:
                        sure[lemma] = name
                elif commonest and sense.topic in NEAR_IN_MEANING:
                    near = np.where(self.living == (sense.topic in (ANIMAL, PLANT)), likeness, 0.0)
                    if near.max() >= NEAREST:
                        found[lemma] = self.names[int(near.argmax())]
            known = sure | self.named
        words = self.nouns.senses.keys() | self.nouns.adjectives
        others = {word: name for word, name in self.tagged.items() if word not in words}
        return others | found | self.named


class ForeignKinds:
    """Words of other languages -> names of things, by their translations into the PIVOTS. alike: how much of a vote for one
    thing is a vote for another; lorries are trucks."""

    def __init__(
        self,
        translations: Translations,
        english: dict[str, str],
        taken: set[str],
        alike: Callable[[str, str], float],
    ) -> None:
        self.translations, self.alike = translations, alike
        self.known: Kinds = {"en": english}
        self.taken: dict[str, set[str]] = {"en": taken}

    def find(self, language: str) -> dict[str, str]:
        votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        asked: dict[str, int] = defaultdict(int)  # pivots that explain a word
        self.taken[language] = set()
        for pivot in PIVOTS:
            if pivot == language or pivot not in self.known:
                continue
            for word, meanings in self.translations.get((language, pivot), {}).items():
                total = sum(meanings.values())
                others = sum(weight for meaning, weight in meanings.items() if meaning in self.taken[pivot])
                if others >= OTHER * total:
                    self.taken[language].add(word)
                asked[word] += 1
                for meaning, weight in meanings.items():
                    name, share = self._thing(pivot, meaning)
                    if name:
                        votes[word][name] += share * weight / total
        found = {word: self._most(said, asked[word]) for word, said in votes.items()}
        return {word: name for word, name in found.items() if name and word not in self.taken[language]}

    def _thing(self, pivot: str, meaning: str) -> tuple[str | None, float]:
        """What a translation means, and how sure that is: a "small house" is a house."""
        nouns, words = self.known[pivot], meaning.split()
        if name := nouns.get(meaning) or nouns.get(singular(meaning)):
            return name, 1.0
        if pivot == "en" and len(words) == 2:
            name = nouns.get(words[1]) or nouns.get(singular(words[1]))
            return (None if name in PEOPLE else name), HEAD
        return None, 0.0

    def _most(self, votes: dict[str, float], pivots: int) -> str | None:
        shared = {
            name: sum(share * self.alike(name, other) for other, share in votes.items()) for name in votes
        }
        name, most = max(shared.items(), key=itemgetter(1))
        return name if most >= max(AGREED * sum(votes.values()), KNOWN * pivots) else None


def doubtful(
    words: dict[str, str], zipf: dict[str, float], embed: Embed, described: dict[str, np.ndarray]
) -> set[str]:
    """Common words that the teacher, which knows those, would call neither by the thing's name nor as it is described."""
    asked = [(word, name) for word, name in words.items() if zipf.get(word, 0.0) >= KNOWN_WORD]
    if not asked:
        return set()
    first, second = (embed(list(column)) for column in zip(*asked, strict=True))
    third = np.stack([described[name] for _, name in asked])
    likeness = np.maximum((first * second).sum(1), (first * third).sum(1))
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
    """What the things are called goes first, then WordNet and the dictionaries, then tags. zipf: how common words of a
    language are; taken: words that say something else than what a thing is, and so mean none in any language."""
    chosen = things(concepts)
    named = {noun.partition("#")[0].casefold(): c.name for c in chosen for noun in table().get(c.name, ())}
    named |= names_in(chosen, "en")
    nouns = Nouns(wordnet)
    by_one = {singular(name): c for name, c in named.items() if singular(name) not in nouns.adjectives}
    named = by_one | named
    english = EnglishKinds(chosen, nouns, embed, named, tags_in(chosen, "en", embed, taken), taken)
    described = dict(zip(english.names, english.described, strict=True))

    @cache
    def alike(one: str, other: str) -> float:
        return (
            1.0 if one == other else max(0.0, float(described[one] @ described[other]) - ALIKE) / (1 - ALIKE)
        )

    one, common = english.all(), zipf("en")
    several = {
        plural(word): name
        for word, name in one.items()
        if common.get(plural(word), 0.0) <= common.get(word, 0.0) + COMMONER  # "does"
    }
    foreign = ForeignKinds(translations, several | one, taken, alike)
    languages = [*PIVOTS, *(source for source, _ in translations), *(key for c in chosen for key in c.names)]
    for language in (*PIVOTS, *dict.fromkeys(languages)):  # what a pivot means, the later ones know
        own = names_in(chosen, language)
        if language.partition("-")[0] != "en":
            known = tags_in(chosen, language, embed, taken) | foreign.find(language) | own
        elif language == "en":
            known = foreign.known["en"]
        else:
            continue
        far = doubtful(known, zipf(language), embed, described) | foreign.taken[language]
        foreign.known[language] = {
            word: name for word, name in known.items() if word not in far or word in own
        }
    return foreign.known


def save_kinds(kinds: Kinds, folder: Path) -> None:
    (folder / KINDS).write_text(json.dumps(kinds, ensure_ascii=False, indent=0), encoding="utf-8")

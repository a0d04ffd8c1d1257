"""The things that nouns may mean: which concepts they are, what they are called, and what they are in WordNet, as
`things.tsv` says."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np

from scripts.data.concepts import Concept
from scripts.data.sampling import is_pictured
from scripts.data.wordnet import ANIMAL, ARTIFACT, BODY, FOOD, OBJECT, PERSON, PHENOMENON, PLANT, Nouns

Embed = Callable[[list[str]], np.ndarray]  # texts -> unit rows

TABLE = Path(__file__).with_name("things.tsv")
# Lexicographer files in which the things of an emoji subgroup are.
TOPICS = {
    "animal": {ANIMAL},
    "food": {FOOD, PLANT},
    "drink": {FOOD},
    "plant": {PLANT},
    "sky": {OBJECT, PHENOMENON},
    "place-geographic": {OBJECT},
    "body": {BODY},
    "face": {PERSON},
    "person": {PERSON},
}
TAGS = 4  # of a thing, that say what it is
SPOKEN_OF = 0.45  # cosine of a thing's tag and its name from which its synset is the thing
VAGUE = re.compile(r" (face|emoji)$")


@cache
def table() -> dict[str, tuple[str, ...]]:
    """Things -> nouns of WordNet that they are."""
    rows = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:])
    return {name: tuple(filter(None, nouns.split(", "))) for name, nouns in rows}


def things(concepts: Iterable[Concept]) -> list[Concept]:
    """What a picture shows and a word names: emoji that scenes are composed of, and others in the table; not the face of
    what is there as a whole."""
    chosen = [
        concept
        for concept in concepts
        if is_pictured(concept) or (concept.name in table() and len(concept.names) > 1)
    ]
    names = {concept.name for concept in chosen}
    return [concept for concept in chosen if VAGUE.sub("", concept.name) not in names - {concept.name}]


def names_in(concepts: list[Concept], language: str) -> dict[str, str]:
    """What the things are called -> their English names."""
    own = {c.name: c.name if language == "en" else c.names.get(language, "") for c in concepts}
    return {word.casefold(): name for name, word in own.items() if word}


def tags_in(concepts: list[Concept], language: str, embed: Embed, taken: set[str]) -> dict[str, str]:
    """Tags of the things -> their English names, if they are of one thing, near it in meaning, and not only what
    sort of thing it is: tags of a donkey and of a first quarter moon are "stubborn" and "first"."""
    owners: dict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for word in [*concept.tags.get(language, []), *(concept.aliases if language == "en" else [])]:
            owners[word.casefold()].add(concept.name)
    called = [(word, next(iter(names))) for word, names in owners.items() if len(names) == 1]
    near = same_meaning(embed, called)
    return {
        word: name
        for (word, name), said in zip(called, near, strict=True)
        if said and word not in taken and word not in name.casefold().split()
    }


def same_meaning(embed: Embed, pairs: list[tuple[str, str]]) -> list[bool]:
    if not pairs:
        return []
    first, second = (embed(list(column)) for column in zip(*pairs, strict=True))
    return ((first * second).sum(1) >= SPOKEN_OF).tolist()


def synsets_of(nouns: Nouns, concepts: list[Concept]) -> dict[str, list[str]]:
    """Synsets -> the things that they are."""
    found: dict[str, list[str]] = defaultdict(list)
    for concept in concepts:
        topics = next((own for start, own in TOPICS.items() if concept.group.startswith(start)), {ARTIFACT})
        for noun in table().get(concept.name, ()):
            for key in _senses(nouns, noun, topics):
                found[key].append(concept.name)
    return found


def _senses(nouns: Nouns, noun: str, topics: set[int]) -> list[str]:
    """Of "apple" the fruit and the tree, of other nouns the commonest sense that fits; of "pick#7" the seventh."""
    lemma, _, number = noun.casefold().partition("#")
    keys = nouns.senses.get(lemma, [])
    if number:
        return keys[int(number) - 1 : int(number)]
    fitting = [key for key in keys if nouns.synsets[key].topic in topics] or keys
    return fitting if topics == TOPICS["food"] else fitting[:1]


def describe(concepts: list[Concept], embed: Embed) -> np.ndarray:
    """What things mean to the teacher, which knows sheep but no ewes: their names, and their tags."""
    texts = [[concept.name, *concept.tags.get("en", [])[:TAGS]] for concept in concepts]
    embedded = embed([text for own in texts for text in own])
    parts = np.split(embedded, np.cumsum([len(own) for own in texts])[:-1])
    means = np.stack([part[0] + part.mean(0) for part in parts])
    return means / np.linalg.norm(means, axis=1, keepdims=True)

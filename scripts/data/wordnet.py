"""Reads WordNet's data files (Debian: wordnet-base): synsets with lemmas, glosses and their broader terms."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.data.errors import ArtError

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
SHORT = 80  # characters
# Lexicographer files, lexnames(5WN).
ANIMAL, ARTIFACT, BODY, FOOD, OBJECT, PERSON, PHENOMENON, PLANT, SUBSTANCE = 5, 6, 8, 13, 17, 18, 19, 20, 27
DEFAULT_FOLDER = Path("/usr/share/wordnet")


@dataclass(frozen=True)
class Synset:
    key: str  # part of speech and offset, "n02084071"
    lemmas: tuple[str, ...]  # as written, so proper names keep their capital
    gloss: str
    topic: int  # lexicographer file: ANIMAL, ARTIFACT ...
    broader: tuple[str, ...]  # keys of hypernyms

    @property
    def short_gloss(self) -> str:
        """The start says what it is, and a teacher's time grows with length."""
        return self.gloss.partition(";")[0][:SHORT]


def read_synsets(folder: Path = DEFAULT_FOLDER, parts: tuple[str, ...] = PARTS_OF_SPEECH) -> Iterator[Synset]:
    for part in parts:
        path = folder / f"data.{part}"
        if not path.is_file():
            raise ArtError(f"{path}: WordNet's data file is missing (Debian: apt-get install wordnet-base).")
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.startswith(" "):
                    yield _parse(line, part)


def _parse(line: str, part: str) -> Synset:
    facts, _, gloss = line.partition(" | ")
    fields = facts.split()
    count = int(fields[3], 16)
    lemmas = tuple(fields[4 + 2 * i].split("(")[0].replace("_", " ") for i in range(count))
    start = 4 + 2 * count
    pointers = fields[start + 1 : start + 1 + 4 * int(fields[start])]
    broader = tuple(
        pointers[i + 2] + pointers[i + 1] for i in range(0, len(pointers), 4) if pointers[i] in ("@", "@i")
    )
    return Synset(part[0] + fields[0], lemmas, gloss.strip(), int(fields[1]), broader)


def _index(folder: Path, part: str) -> Iterator[tuple[str, list[str], int]]:
    """Lemmas, the keys of their senses, and how many of these came up in the texts that WordNet's authors read."""
    for line in (folder / f"index.{part}").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):  # licence
            fields = line.split()
            senses = int(fields[2])
            yield fields[0].replace("_", " "), fields[-senses:], int(fields[-senses - 1])


class Nouns:
    """The synsets of nouns, and what is narrower than each; the senses of every lemma; and which words are adjectives first."""

    def __init__(self, folder: Path) -> None:
        self.synsets = {synset.key: synset for synset in read_synsets(folder, ("noun",))}
        self.narrower: dict[str, list[str]] = defaultdict(list)
        for synset in self.synsets.values():
            for key in synset.broader:
                self.narrower[key].append(synset.key)
        self.senses: dict[str, list[str]] = {}  # of a lemma, commonest first
        tagged: dict[str, int] = {}
        for lemma, keys, count in _index(folder, "noun"):
            self.senses[lemma], tagged[lemma] = ["n" + key for key in keys], count
        self.adjectives = {
            lemma for lemma, _, count in _index(folder, "adj") if count > tagged.get(lemma, -1)
        }

    def below(self, key: str, steps: int) -> list[str]:
        found = [key]
        level = [key]
        for _ in range(steps):
            level = [narrow for wide in level for narrow in self.narrower[wide]]
            found += level
        return found

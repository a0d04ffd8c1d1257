"""Reads WordNet's data files (Debian: wordnet-base): synsets with lemmas, glosses and their broader terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.data.errors import ArtError

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
DEFAULT_FOLDER = Path("/usr/share/wordnet")


@dataclass(frozen=True)
class Synset:
    key: str  # part of speech and offset, "n02084071"
    lemmas: tuple[str, ...]  # as written, so proper names keep their capital
    gloss: str
    topic: int  # lexicographer file number: 5 animals, 6 artifacts, 13 food, 20 plants ...
    broader: tuple[str, ...]  # keys of hypernyms


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

"""The packed sprite bank: pixels of every drawing in memory-mapped arrays, and tables that say what they show.

Files: sprites_<size>.npy (uint8 [N, size, size, 4], premultiplied RGBA), table.jsonl (one sprite a line),
concepts.json, ATTRIBUTION.md.
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from scripts.data.concepts import Concept
from scripts.data.errors import ArtError

SIZES = (64, 128, 256)
TABLE, CONCEPTS, ATTRIBUTION = "table.jsonl", "concepts.json", "ATTRIBUTION.md"


@dataclass(frozen=True)
class Sprite:
    index: int
    concept: str
    style: str
    name: str  # as the set calls it
    source: str  # package
    group: str
    tone: str | None  # skin tone of people and hands, where the set draws them
    fixed: bool  # must never be flipped: text, flags, signs, directions
    mono: bool  # one-colour drawing on nothing: may take any colour
    box: tuple[float, float, float, float]  # left, top, right, bottom of what is visible, in 0..1
    hue: tuple[float, float]  # direction of its main hue (palette.measure)
    hue_share: float  # of the visible area that has this hue
    colour: str | None  # its own colour, where one name fits


class Bank:
    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.sprites = [
            Sprite(**{**row, "box": tuple(row["box"]), "hue": tuple(row["hue"])})
            for row in self._lines(TABLE)
        ]
        rows = json.loads(self._text(CONCEPTS))
        self.concepts = {row["id"]: Concept(**row) for row in rows}

    def _text(self, name: str) -> str:
        path = self.folder / name
        if not path.is_file():
            raise ArtError(
                f"{path}: missing, so this is no sprite bank. Build one with "
                f"`python -m scripts.data.build_bank --art DIR --out {self.folder}`."
            )
        return path.read_text(encoding="utf-8")

    def _lines(self, name: str) -> list[dict]:
        try:
            return [json.loads(line) for line in self._text(name).splitlines()]
        except ValueError as error:
            raise ArtError(
                f"{self.folder / name}: not valid JSON ({error}). Build the bank again."
            ) from error

    @cache  # noqa: B019 - a bank lives as long as the program
    def pixels(self, size: int) -> np.ndarray:
        """uint8 [N, size, size, 4], premultiplied RGBA, read from disk as it is touched."""
        path = self.folder / f"sprites_{size}.npy"
        if not path.is_file():
            raise ArtError(
                f"{path}: missing. Build it with `python -m scripts.data.build_bank --sizes {size} ...`."
            )
        array = np.load(path, mmap_mode="r")
        if array.shape != (len(self.sprites), size, size, 4):
            raise ArtError(
                f"{path}: {array.shape} does not fit the {len(self.sprites)} sprites of {TABLE}. Build the bank again."
            )
        return array

    @cached_property
    def by_concept(self) -> dict[str, list[Sprite]]:
        return self._group("concept")

    @cached_property
    def by_style(self) -> dict[str, list[Sprite]]:
        return self._group("style")

    def _group(self, key: str) -> dict[str, list[Sprite]]:
        groups: dict[str, list[Sprite]] = defaultdict(list)
        for sprite in self.sprites:
            groups[getattr(sprite, key)].append(sprite)
        return dict(groups)


def write_tables(folder: Path, sprites: list[Sprite], concepts: list[Concept], attribution: str) -> None:
    table = "".join(json.dumps(asdict(sprite), ensure_ascii=False) + "\n" for sprite in sprites)
    (folder / TABLE).write_text(table, encoding="utf-8")
    rows = [asdict(concept) for concept in concepts]
    (folder / CONCEPTS).write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")
    (folder / ATTRIBUTION).write_text(attribution, encoding="utf-8")

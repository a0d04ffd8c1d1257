"""What a measurement returns, and what the report is made of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


@dataclass
class Row:
    """One number, next to what it should be read against."""

    name: str
    value: float
    real: float | None = None  # the same measurement on real pictures: the ceiling
    chance: float | None = None  # of real pictures for other prompts: the floor
    reference: float | None = None  # DALL-E 2, published
    target: float | None = None
    at_most: bool = False  # the target is an upper limit
    note: str = ""

    @property
    def passes(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


@dataclass
class Result:
    rows: list[Row]
    details: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, Image.Image] = field(default_factory=dict)  # file name to sheet or plot

    def save(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for file, image in self.pictures.items():
            image.save(folder / file)
        content = {
            "rows": [asdict(row) for row in self.rows],
            "details": self.details,
            "pictures": list(self.pictures),
        }
        partial = folder / f"{name}.partial"
        partial.write_text(
            json.dumps(content, ensure_ascii=False, indent=1, default=_plain), encoding="utf-8"
        )
        partial.replace(folder / f"{name}.json")

    @staticmethod
    def load(folder: Path, name: str) -> Result | None:
        path = folder / f"{name}.json"
        if not path.is_file():
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = [Row(**row) for row in content["rows"]]
        return Result(
            rows, content["details"], {file: Image.open(folder / file) for file in content["pictures"]}
        )


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} cannot be written as JSON")

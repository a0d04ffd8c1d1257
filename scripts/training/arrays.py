"""Arrays that trainers make once and keep in a folder."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from typing import Self

import numpy as np


class ArrayFolder:
    """A dataclass of numpy arrays, one file each."""

    def save(self, folder: Path) -> None:
        """All of them or none."""
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for field in fields(self):
            np.save(partial / f"{field.name}.npy", getattr(self, field.name))
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Left on disk, so that processes which learn from the same arrays share their memory."""
        return cls(*(np.load(folder / f"{field.name}.npy", mmap_mode="r") for field in fields(cls)))

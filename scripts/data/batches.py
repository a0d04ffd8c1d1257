"""Endless batches of composed scenes for trainers, from worker processes or in place.

Batch i depends on (seed, i) alone: any number of workers gives the same batches, and `start` resumes a run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from scripts.data.compose import Composer, Scene
from scripts.data.tensors import stacked

Batch = tuple[torch.Tensor, list[str], list[Scene]]
Curriculum = float | Callable[[int], float]


@dataclass
class _Batches(Dataset):
    composer: Composer
    batch_size: int
    seed: int
    start: int
    stop: int
    stride: int
    curriculum: Curriculum

    def __len__(self) -> int:
        return (self.stop - self.start) // self.stride

    def __getitem__(self, index: int) -> Batch:
        number = self.start + index * self.stride
        rng = np.random.default_rng((self.seed, number))
        self.composer.curriculum = self.curriculum(number) if callable(self.curriculum) else self.curriculum
        scenes = [self.composer.sample(rng) for _ in range(self.batch_size)]
        pictures = stacked(scenes)
        return pictures, [s.caption for s in scenes], [replace(s, picture=None) for s in scenes]


def batches(
    bank_dir: Path | str,
    batch_size: int,
    seed: int,
    workers: int = 0,
    start: int = 0,
    rank: int = 0,
    ranks: int = 1,
    split: str = "train",
    size: int = 64,
    curriculum: Curriculum = 0.15,
    held_out: str = "cells",
    split_file: Path | None = None,
) -> Iterator[Batch]:
    """Yields (uint8 [B, 4, size, size] premultiplied RGBA, captions, scenes without pictures).

    With several ranks, rank r gets batches start + r, start + r + ranks, ...
    """
    composer = Composer(bank_dir, split, size, held_out=held_out, split_file=split_file)
    endless = _Batches(composer, batch_size, seed, start + rank, 2**62, ranks, curriculum)
    if workers == 0:
        yield from (endless[index] for index in range(len(endless)))
        return
    yield from DataLoader(
        endless, batch_size=None, sampler=range(len(endless)), num_workers=workers, prefetch_factor=4,
        multiprocessing_context="fork",
    )  # fmt: skip

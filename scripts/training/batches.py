"""Batches of a training run, made ahead in worker processes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scripts.training.config import LoopConfig


class StepBatches(torch.utils.data.Dataset):
    """Batch k of a run, from (seed, rank, k)."""

    def __init__(self, make_batch: Callable[[np.random.Generator], Any], seed: int, rank: int) -> None:
        self.make_batch, self.seed, self.rank = make_batch, seed, rank

    def __getitem__(self, step: int) -> Any:
        return self.make_batch(np.random.default_rng([self.seed, self.rank, step]))


# Ctrl-C and kill may go to the whole group: the loop decides, and needs its next batch for that.
LEFT_TO_THE_LOOP = (signal.SIGINT, signal.SIGTERM)


def _quiet_worker(_: int) -> None:
    torch.set_num_threads(1)
    for number in LEFT_TO_THE_LOOP:
        signal.signal(number, signal.SIG_IGN)


def batches(
    make_batch: Callable[[np.random.Generator], Any], config: LoopConfig, rank: int, first_step: int
) -> Iterator[Any]:
    """Batches first_step, first_step + 1, … made ahead in worker processes."""
    loader = torch.utils.data.DataLoader(
        StepBatches(make_batch, config.seed, rank),
        batch_size=None,
        sampler=range(first_step, config.steps),
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        worker_init_fn=_quiet_worker if config.workers else None,
        generator=torch.Generator(),  # else the loader draws from the global one, and resuming changes dropout
    )
    # Blocked while workers start, so that none is killed before it is quiet; ours comes when they have.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_THE_LOOP)
    try:
        return iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def to_device(batch: Any, device: torch.device) -> Any:
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch)(to_device(value, device) for value in batch)
    return batch

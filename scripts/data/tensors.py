"""Pictures as networks take them."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class HasPicture(Protocol):
    picture: np.ndarray  # uint8 [H, W, 4]


def stacked(scenes: Iterable[HasPicture]) -> Tensor:
    """uint8 [B, 4, H, W], channels last in memory."""
    return channels_first(np.stack([scene.picture for scene in scenes]))


def channels_first(pictures: np.ndarray) -> Tensor:
    """uint8 [B, H, W, 4] -> [B, 4, H, W] of the same memory."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2)


def to_signed(pictures: Tensor) -> Tensor:
    """uint8 to float32 in [-1, 1]."""
    return pictures.float() / 127.5 - 1

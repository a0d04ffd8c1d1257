"""Draws a coarse picture from an image embedding: trains the image encoder, then is the decoder's first look.

A purely contrastive embedding need only tell captions apart. One that a coarse picture can be drawn from also says
outline, place and colours, so that the decoder is told them and the cheap prior is what learns them from the text.
"""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.blocks import group_norm

SIZE = 32


class Sketch(nn.Module):
    """forward(embedding [B, E], components of size 1) -> premultiplied RGBA [B, 4, size, size], about [-1, 1]."""

    def __init__(self, embedding: int, size: int = SIZE, width: int = 96) -> None:
        super().__init__()
        self.shape = [width, size // 4, size // 4]
        self.layout = nn.Linear(embedding, math.prod(self.shape))
        self.coarse = nn.Sequential(
            group_norm(width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1),
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 4 * 48, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip
        self.fine = nn.Sequential(
            group_norm(48), nn.SiLU(), nn.Conv2d(48, 48, 3, padding=1),
            nn.SiLU(), nn.Conv2d(48, 16, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip

    def forward(self, embedding: Tensor) -> Tensor:
        return self.fine(self.coarse(self.layout(embedding).unflatten(1, self.shape)))


def sketch_target(pictures: Tensor) -> Tensor:
    """What a sketch should be of pictures [B, 4, H, W]: their means over squares."""
    return F.adaptive_avg_pool2d(pictures, SIZE)

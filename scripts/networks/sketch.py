"""Draws a coarse picture from an image embedding: trains the image encoder, then is the decoder's first look.

A purely contrastive embedding need only tell captions apart. One that a coarse picture can be drawn from also says
outline, place and colours, so that the decoder is told them and the cheap prior is what learns them from the text.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.blocks import group_norm, silence
from scripts.networks.image_encoder import ImageBlock

SIZE = 32
FINER = 2  # a fine sketch has so many times the pixels a side
MIDDLE = 48  # channels at half the size of a sketch


class Sketch(nn.Module):
    """forward(embedding [B, E], components of size 1) -> premultiplied RGBA [B, 4, size, size], about [-1, 1]."""

    def __init__(self, embedding: int, size: int = SIZE, width: int = 96) -> None:
        super().__init__()
        self.shape = [width, size // 4, size // 4]
        self.layout = nn.Linear(embedding, math.prod(self.shape))
        self.coarse = nn.Sequential(
            group_norm(width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1),
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 4 * MIDDLE, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip
        self.fine = nn.Sequential(
            group_norm(MIDDLE), nn.SiLU(), nn.Conv2d(MIDDLE, MIDDLE, 3, padding=1),
            nn.SiLU(), nn.Conv2d(MIDDLE, 16, 3, padding=1), nn.PixelShuffle(2),
        )  # fmt: skip

    def forward(self, embedding: Tensor) -> Tensor:
        return self.fine(self.coarse(self.layout(embedding).unflatten(1, self.shape)))


class FineSketch(nn.Module):
    """forward(embedding [B, E], components of size 1) -> premultiplied RGBA [B, 4, S, S], about [-1, 1], S: FINER times the
    size of a Sketch. Begins as that, enlarged."""

    finer: torch.jit.Final[float] = float(FINER)

    def __init__(self, sketch: Sketch, detail: int = 64) -> None:
        super().__init__()
        self.sketch = sketch
        self.layout = ImageBlock(sketch.shape[0])
        self.detail = nn.Sequential(
            nn.Conv2d(MIDDLE, detail, 1), ImageBlock(detail), group_norm(detail), nn.SiLU(),
            nn.Conv2d(detail, 4 * (2 * FINER) ** 2, 3, padding=1), nn.PixelShuffle(2 * FINER),
        )  # fmt: skip
        silence(self.detail[-2])

    def forward(self, embedding: Tensor) -> Tensor:
        placed = self.layout(self.sketch.layout(embedding).unflatten(1, self.sketch.shape))
        middle = self.sketch.coarse(placed)
        large = F.interpolate(self.sketch.fine(middle).float(), scale_factor=self.finer, mode="bicubic")
        return large + self.detail(middle)


def sketch_target(pictures: Tensor) -> Tensor:
    """What a sketch should be of pictures [B, 4, H, W]: their means over squares."""
    return F.adaptive_avg_pool2d(pictures, SIZE)

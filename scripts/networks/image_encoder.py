"""CLIP image encoder: a small residual convnet from premultiplied RGBA to a unit embedding."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.blocks import group_norm, silence


@dataclass
class ImageEncoderConfig:
    channels: int = 4
    size: int = 64
    patch: int = 4  # the stem's pixel-unshuffle: the first stage works at size / patch
    widths: list[int] = field(
        default_factory=lambda: [64, 144, 288]
    )  # one stage each, halving the resolution
    blocks: list[int] = field(default_factory=lambda: [1, 2, 2])
    layout: int = 48  # channels kept per place, so that the embedding can tell left from right
    embedding: int = 256  # E


class ImageBlock(nn.Module):
    """GroupNorm, SiLU, 3x3, twice; an optional modulation (scale and shift) says how noisy the input is."""

    def __init__(self, width: int, modulation: int = 0) -> None:
        super().__init__()
        self.first_norm = group_norm(width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second_norm = group_norm(width)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.modulation = nn.Linear(modulation, 2 * width) if modulation > 0 else None
        silence(self.second)
        if self.modulation is not None:
            silence(self.modulation)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        hidden = self.first(F.silu(self.first_norm(x)))
        hidden = self.second_norm(hidden)
        if self.modulation is not None and condition is not None:
            scale, shift = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)
            hidden = hidden * (1 + scale) + shift
        return x + self.second(F.silu(hidden))


class ImageTrunk(nn.Module):
    """forward(picture [B, C, S, S], condition [B, modulation] or None) -> unit embedding [B, E]."""

    def __init__(self, config: ImageEncoderConfig, modulation: int = 0) -> None:
        super().__init__()
        self.patch = config.patch
        self.downsamples = nn.ModuleList()
        self.stages = nn.ModuleList()
        width = config.channels * config.patch**2
        for index, (next_width, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
            # 3x3 at the stem so that patches overlap, 2x2 between stages.
            kernel, stride, padding = (3, 1, 1) if index == 0 else (2, 2, 0)
            self.downsamples.append(nn.Conv2d(width, next_width, kernel, stride, padding))
            self.stages.append(nn.ModuleList([ImageBlock(next_width, modulation) for _ in range(count)]))
            width = next_width
        self.norm = group_norm(width)
        side = config.size // config.patch // 2 ** (len(config.widths) - 1)
        self.layout = nn.Conv2d(width, config.layout, 1)
        self.head = nn.Linear(width + config.layout * side * side, config.embedding)

    def forward(self, picture: Tensor, condition: Tensor | None) -> Tensor:
        x = F.pixel_unshuffle(picture, self.patch)
        for downsample, blocks in zip(self.downsamples, self.stages):
            x = downsample(x)
            for block in blocks:
                x = block(x, condition)
        x = F.silu(self.norm(x))
        features = torch.cat([x.mean(dim=(2, 3)), self.layout(x).flatten(1)], dim=1)
        return F.normalize(self.head(features), dim=-1)


class ImageEncoder(nn.Module):
    """forward(picture [B, C, 64, 64], premultiplied RGBA in [-1, 1]) -> unit embedding [B, E]."""

    def __init__(self, config: ImageEncoderConfig) -> None:
        super().__init__()
        self.trunk = ImageTrunk(config)

    def forward(self, picture: Tensor) -> Tensor:
        return self.trunk(picture, None)

"""The upsampler: a convolutional U-Net that turns a low-resolution picture into one four times as large.

Pixel-unshuffle by the same factor brings the noisy large picture to the resolution of the small one, where all
the work is done; without attention or text it is fully convolutional (Ramesh et al. 2022, section 2.1).
"""

from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.blocks import ResidualBlock, group_norm, silence, timestep_features


@dataclass
class UpsamplerConfig:
    channels: int = 4  # C, premultiplied RGBA
    factor: int = 4
    widths: list[int] = field(default_factory=lambda: [64, 128, 192])  # per level, finest first
    condition: int = 128  # width of the time embedding


def enlarge(low_res: Tensor, factor: int) -> Tensor:
    """Bicubic enlargement, computed in float32; what the network adds its details to."""
    large = F.interpolate(low_res.float(), scale_factor=float(factor), mode="bicubic", align_corners=False)
    return large.to(low_res.dtype)


class Upsampler(nn.Module):
    """forward(x [B, C, fh, fw], t [B] int64, low_res [B, C, h, w]) -> x0 prediction [B, C, fh, fw].

    h and w must be multiples of 2^(levels - 1). Untrained, it gives the bicubic enlargement of low_res.
    """

    def __init__(self, config: UpsamplerConfig) -> None:
        super().__init__()
        self.factor = config.factor
        self.features = config.condition
        widths, condition = config.widths, config.condition
        self.time_mlp = nn.Sequential(
            nn.Linear(condition, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        pixels = config.channels * config.factor**2
        self.stem = nn.Conv2d(pixels + config.channels, widths[0], 3, padding=1)
        self.first = ResidualBlock(widths[0], widths[0], condition)
        pairs = list(pairwise(widths))
        self.shrinks = nn.ModuleList(
            [nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairs]
        )
        self.down_blocks = nn.ModuleList([ResidualBlock(coarse, coarse, condition) for _, coarse in pairs])
        self.grows = nn.ModuleList([nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in reversed(pairs)])
        self.up_blocks = nn.ModuleList(
            [ResidualBlock(2 * fine, fine, condition) for fine, _ in reversed(pairs)]
        )
        self.middle = ResidualBlock(widths[-1], widths[-1], condition)
        self.head_norm = group_norm(widths[0])
        self.head = nn.Conv2d(widths[0], pixels, 3, padding=1)
        silence(self.head)

    def forward(self, x: Tensor, t: Tensor, low_res: Tensor) -> Tensor:
        condition = F.silu(self.time_mlp(timestep_features(t, self.features).to(x.dtype)))
        hidden = self.stem(torch.cat([F.pixel_unshuffle(x, self.factor), low_res], dim=1))
        hidden = self.first(hidden, condition)
        skips: list[Tensor] = []
        for shrink, block in zip(self.shrinks, self.down_blocks):
            skips.append(hidden)
            hidden = block(shrink(hidden), condition)
        hidden = self.middle(hidden, condition)
        for grow, block in zip(self.grows, self.up_blocks):
            hidden = F.pixel_shuffle(grow(hidden), 2)
            hidden = block(torch.cat([hidden, skips.pop()], dim=1), condition)
        details = F.pixel_shuffle(self.head(F.silu(self.head_norm(hidden))), self.factor)
        return enlarge(low_res, self.factor) + details

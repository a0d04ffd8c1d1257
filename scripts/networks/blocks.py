"""Building blocks that the decoder and the upsampler share."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def timestep_features(t: Tensor, width: int) -> Tensor:
    """Sinusoids [B, width] of t [B] (Vaswani et al. 2017, section 3.5)."""
    half = width // 2
    steps = torch.arange(half, device=t.device, dtype=torch.float32)
    angles = t.to(torch.float32)[:, None] * torch.exp(steps * (-math.log(10000.0) / half))[None, :]
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def group_norm(width: int) -> nn.GroupNorm:
    """Groups of 16 channels: narrower ones don't fill a vector register, and backward takes 20 times as long."""
    return nn.GroupNorm(width // 16, width)


def silence(*layers: nn.Module) -> None:
    """Zeroes weights and biases: layers that begin without a say."""
    for layer in layers:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)


class ResidualBlock(nn.Module):
    """x + two convolutions; the condition [B, condition] scales and shifts what the second norm gives
    (Nichol & Dhariwal 2021, adaptive GroupNorm)."""

    def __init__(self, width_in: int, width: int, condition: int) -> None:
        super().__init__()
        self.norm1 = group_norm(width_in)
        self.conv1 = nn.Conv2d(width_in, width, 3, padding=1)
        self.modulation = nn.Linear(condition, 2 * width)
        self.norm2 = group_norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.skip = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()
        silence(self.conv2, self.modulation)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        hidden = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)
        hidden = self.norm2(hidden) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(hidden))

"""Diffusion arithmetic, written once for all trainers and the Python sampler; src/diffusion is its C++ twin.

x_t = alpha x0 + sigma epsilon with alpha = sqrt(alpha_bar_t), sigma = sqrt(1 - alpha_bar_t)
(Ho et al. 2020, eq. 4). Pictures are [B, C, H, W], embeddings [B, E], timesteps t [B] int64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


def squaredcos_cap_v2_betas(num_timesteps: int) -> np.ndarray:
    """Cosine alpha_bar, betas capped at 0.999 (Nichol & Dhariwal 2021, eq. 17)."""

    def alpha_bar(time: float) -> float:
        return math.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2

    ratios = [alpha_bar((i + 1) / num_timesteps) / alpha_bar(i / num_timesteps) for i in range(num_timesteps)]
    return np.minimum(1 - np.array(ratios), 0.999)


def rescale_zero_terminal_snr(alpha_bars: np.ndarray) -> np.ndarray:
    """Shifts and scales sqrt(alpha_bar) to end at 0 and begin unchanged (Lin et al. 2023, algorithm 1)."""
    root = np.sqrt(alpha_bars)
    return ((root - root[-1]) * (root[0] / (root[0] - root[-1]))) ** 2


@dataclass(frozen=True)
class Schedule:
    """alpha and sigma of every timestep, float32 [T] (computed in float64)."""

    alphas: Tensor
    sigmas: Tensor

    @staticmethod
    def squaredcos_cap_v2(num_timesteps: int = 1000, zero_terminal_snr: bool = False) -> Schedule:
        alpha_bars = np.cumprod(1 - squaredcos_cap_v2_betas(num_timesteps))
        if zero_terminal_snr:
            alpha_bars = rescale_zero_terminal_snr(alpha_bars)
        return Schedule(
            torch.from_numpy(np.sqrt(alpha_bars)).float(), torch.from_numpy(np.sqrt(1 - alpha_bars)).float()
        )

    @property
    def num_timesteps(self) -> int:
        return len(self.alphas)

    def level(self, t: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and sigma at t [B], shaped to multiply `like` [B, ...]. t = -1 is the clean sample: (1, 0)."""
        index = t.clamp(min=0).to(self.alphas.device)
        shape = [-1] + [1] * (like.ndim - 1)
        clean = (t < 0).view(shape).to(like.device)
        alpha = self.alphas[index].to(like.device).view(shape)
        sigma = self.sigmas[index].to(like.device).view(shape)
        return alpha.masked_fill(clean, 1.0), sigma.masked_fill(clean, 0.0)

    def snr(self, t: Tensor) -> Tensor:
        """Signal to noise ratio alpha^2 / sigma^2 [B]."""
        index = t.to(self.alphas.device)
        return ((self.alphas[index] / self.sigmas[index]) ** 2).to(t.device)

    def q_sample(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """A draw from q(x_t | x0)."""
        alpha, sigma = self.level(t, x0)
        return alpha * x0 + sigma * noise

    def target(self, kind: str, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """What a network of prediction `kind` should give: x0, epsilon, or v (Salimans & Ho 2022)."""
        if kind == "x0":
            return x0
        if kind == "epsilon":
            return noise
        alpha, sigma = self.level(t, x0)
        return alpha * noise - sigma * x0

    def to_x0_epsilon(self, kind: str, x: Tensor, t: Tensor, prediction: Tensor) -> tuple[Tensor, Tensor]:
        """x0 and epsilon from a network's prediction at x_t = x; in float32 and without 0 / 0 for v and x0."""
        alpha, sigma = self.level(t, x)
        prediction = prediction.to(x.dtype)
        if kind == "v":
            return alpha * x - sigma * prediction, sigma * x + alpha * prediction
        if kind == "x0":
            return prediction, (x - alpha * prediction) / sigma
        return (x - sigma * prediction) / alpha, prediction


def loss_weight(weighting: str, kind: str, snr: Tensor, gamma: float = 5.0) -> Tensor:
    """Weight [B] of the squared error of prediction `kind`.

    As weights of the error of x0: min_snr is min(snr, gamma) (Hang et al. 2023); min_snr_plus_one is
    min(snr + 1, gamma), which keeps timesteps without signal in training, as zero terminal SNR needs;
    uniform_v is snr + 1, the plain v-loss.
    """
    of_x0 = {
        "min_snr": snr.clamp(max=gamma),
        "min_snr_plus_one": (snr + 1).clamp(max=gamma),
        "uniform_v": snr + 1,
    }[weighting]
    per_kind = {"x0": torch.ones_like(snr), "v": 1 / (snr + 1), "epsilon": 1 / snr}[kind]
    return of_x0 * per_kind


def stratified_timesteps(
    count: int, num_timesteps: int, generator: torch.Generator, device: torch.device
) -> Tensor:
    """`count` timesteps [B] int64, uniform but evenly spread over the batch, which lowers the loss's variance."""
    offset = torch.rand(count, generator=generator, device=device)
    even = (torch.arange(count, device=device) + offset) / count
    return (even * num_timesteps).long().clamp(max=num_timesteps - 1)


def lognormal_timesteps(
    count: int,
    schedule: Schedule,
    mean: float,
    spread: float,
    generator: torch.Generator,
    device: torch.device,
) -> Tensor:
    """`count` timesteps [B] int64 whose ln(sigma / alpha) is normal (Karras et al. 2022, table 1), evenly spread."""
    offset = torch.rand(count, generator=generator, device=device)
    even = (torch.arange(count, device=device) + offset) / count
    levels = mean + spread * 2**0.5 * torch.erfinv(2 * even - 1)
    # Rising, to infinity where the SNR ends at 0.
    of_timesteps = (schedule.sigmas / schedule.alphas).log().to(device)
    return torch.searchsorted(of_timesteps, levels).clamp(max=schedule.num_timesteps - 1)


def scattered(embedding: Tensor, largest: float, generator: torch.Generator) -> Tensor:
    """Embeddings [B, E] with noise of a norm of about 0 to `largest` each, as what is sampled or estimated has errors."""
    count, width = embedding.shape
    level = torch.rand(count, 1, generator=generator, device=embedding.device) * largest
    noise = torch.randn(embedding.shape, generator=generator, device=embedding.device) / width**0.5
    return embedding + level * noise


def drop(x: Tensor, dropped: Tensor) -> Tensor:
    """Zeroes (or makes false) the rows of x [B, ...] where dropped [B] is true."""
    return x.masked_fill(dropped.view([-1] + [1] * (x.ndim - 1)), 0)

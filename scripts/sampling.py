"""Reference samplers in Python: what the trainers' sample sheets use, and what src/diffusion is compared with.

A sampler knows only `predict(x, t) -> (x0, epsilon)` for one timestep t of the whole batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from scripts.training.diffusion import Schedule

Predict = Callable[[Tensor, int], tuple[Tensor, Tensor]]


def trailing_timesteps(num_timesteps: int, steps: int) -> list[int]:
    """Descending timesteps that begin at the noisiest one (Lin et al. 2023, table 2); halves round to even."""
    return [round(num_timesteps - k * num_timesteps / steps) - 1 for k in range(steps)]


def decoder_timesteps(num_timesteps: int, steps: int, truncate_at: int | None) -> list[int]:
    """Trailing timesteps; with `truncate_at`, the noisiest one and then steps - 1 that trail from there: for networks
    that know at once, without any signal, what a long way down would give (truncated diffusion, Zheng et al. 2023)."""
    if truncate_at is None:
        return trailing_timesteps(num_timesteps, steps)
    return [num_timesteps - 1] + (trailing_timesteps(truncate_at + 1, steps - 1) if steps > 1 else [])


def tail_timesteps(timesteps: list[int], strength: float) -> list[int]:
    """The last ceil(strength * steps) timesteps, for runs that start from a noised picture."""
    return timesteps[len(timesteps) - math.ceil(strength * len(timesteps)) :]


def network_predict(
    schedule: Schedule, kind: str, network: Callable[[Tensor, Tensor], Tensor], clamp: float | None = 1.0
) -> Predict:
    """Reads a network of prediction `kind`; x0 is clamped to [-clamp, clamp] and epsilon made to agree."""

    def predict(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        steps = torch.full((x.shape[0],), t, dtype=torch.int64, device=x.device)
        x0, epsilon = schedule.to_x0_epsilon(kind, x, steps, network(x, steps).float())
        if clamp is not None:
            x0 = x0.clamp(-clamp, clamp)
            alpha, sigma = schedule.level(steps, x)
            epsilon = (x - alpha * x0) / sigma
        return x0, epsilon

    return predict


def classifier_free(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Guided network output (Ho & Salimans 2022)."""
    return unconditional + scale * (conditional - unconditional)


def ddim(
    predict: Predict, schedule: Schedule, x: Tensor, timesteps: list[int], eta: float = 0.0, noise=None
) -> Tensor:
    """DDIM (Song et al. 2021, eq. 12). `noise()` gives the draws that eta > 0 needs."""
    for t, t_next in zip(timesteps, timesteps[1:] + [-1], strict=True):
        x0, epsilon = predict(x, t)
        alpha, sigma = _level(schedule, t)
        alpha_next, sigma_next = _level(schedule, t_next)
        added = 0.0
        if eta > 0 and t_next >= 0:
            added = eta * sigma_next / sigma * math.sqrt(max(0.0, 1 - (alpha / alpha_next) ** 2))
        x = alpha_next * x0 + math.sqrt(max(0.0, sigma_next**2 - added**2)) * epsilon
        if added > 0:
            x = x + added * noise()
    return x


def dpm_solver_pp_2m(predict: Predict, schedule: Schedule, x: Tensor, timesteps: list[int]) -> Tensor:
    """DPM-Solver++(2M) (Lu et al. 2022, algorithm 2).

    The first step may start without signal (log-SNR of minus infinity): it and the last step are of first
    order, which is DDIM's.
    """
    previous_x0, previous_h = None, math.inf
    for k, (t, t_next) in enumerate(zip(timesteps, timesteps[1:] + [-1], strict=True)):
        x0, _ = predict(x, t)
        alpha, sigma = _level(schedule, t)
        alpha_next, sigma_next = _level(schedule, t_next)
        last = k == len(timesteps) - 1
        h = math.inf if alpha == 0 or last else math.log(alpha_next / sigma_next) - math.log(alpha / sigma)
        guess = x0
        if previous_x0 is not None and math.isfinite(previous_h) and not last:
            guess = x0 + h / (2 * previous_h) * (x0 - previous_x0)
        x = sigma_next / sigma * x + (alpha_next - sigma_next / sigma * alpha) * guess
        previous_x0, previous_h = x0, h
    return x


# Ancestral sampling is DDIM with all noise renewed.
SAMPLERS = {"ddpm": partial(ddim, eta=1.0), "ddim": ddim, "dpm++2m": dpm_solver_pp_2m}


def sample(
    sampler: str,
    predict: Predict,
    schedule: Schedule,
    x: Tensor,
    timesteps: list[int],
    eta: float,
    noise: Callable[[], Tensor],
) -> Tensor:
    """By the sampler of that name, with those of `eta` and `noise()` that it takes."""
    options: dict[str, Any] = {} if sampler == "dpm++2m" else {"noise": noise}
    if sampler == "ddim":
        options["eta"] = eta
    return SAMPLERS[sampler](predict, schedule, x, timesteps, **options)


def guidance_interval(schedule: Schedule, begin: float, end: float) -> Callable[[int], bool]:
    """Whether guidance is on at a timestep: between two fractions of the way from noise to picture."""
    last = schedule.num_timesteps - 1
    return lambda t: begin <= 1 - t / last <= end


def _level(schedule: Schedule, t: int) -> tuple[float, float]:
    return (1.0, 0.0) if t < 0 else (float(schedule.alphas[t]), float(schedule.sigmas[t]))

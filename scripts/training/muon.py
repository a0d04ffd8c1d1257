"""Muon (Jordan et al. 2024): momentum whose matrix updates are made orthogonal, AdamW for everything else.

Update sizes follow Liu et al. 2025 ("Muon is scalable", eq. 4): scaled to the size of AdamW's, so that both kinds of
parameter share one learning rate and weight decay.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn

from scripts.training.precision import has_bf16

# Coefficients of the quintic Newton-Schulz iteration, from the same source.
QUINTIC = (3.4445, -4.7750, 2.0315)
MIN_SIDE = 48  # narrower matrices gain nothing
LONG = 3  # length over height from which by_gram() is the faster


def orthogonalize(matrix: Tensor, steps: int) -> Tensor:
    """About U V^T for matrix = U S V^T [M, N]: singular values come near 1. In bf16 where that is fast; it
    is enough."""
    x = matrix.bfloat16() if has_bf16(matrix.device) else matrix.float()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    long = x.dtype == torch.float32 and x.shape[1] >= LONG * x.shape[0]
    x = by_gram(x, steps) if long else newton_schulz(x, steps)
    return (x if wide else x.T).to(matrix.dtype)


def newton_schulz(x: Tensor, steps: int) -> Tensor:
    a, b, c = QUINTIC
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


def by_gram(x: Tensor, steps: int) -> Tensor:
    """The same of a long matrix [M, N]: what each step multiplies it by follows from x x^T [M, M] alone, so the long
    side is worked on twice and not ten times. Squares lose half of the digits: not for bf16."""
    a, b, c = QUINTIC
    gram, one = x @ x.T, torch.eye(x.shape[0], dtype=x.dtype, device=x.device)
    factor = one
    for _ in range(steps):
        step = torch.addmm(a * one + b * gram, gram, gram, alpha=c)
        factor, gram = step @ factor, step @ gram @ step
    return factor @ x


def hidden_weights(module: nn.Module) -> list[nn.Parameter]:
    """Trained weights of linear and convolution layers that are no narrower than MIN_SIDE as matrices."""
    layers = [part for part in module.modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    weights = [layer.weight for layer in layers if layer.weight.requires_grad]
    return [weight for weight in weights if min(weight.shape[0], weight[0].numel()) >= MIN_SIDE]


class Muon(torch.optim.Optimizer):
    """Step for matrices and kernels (flattened to [out, in * h * w]). Under DDP the processes share the work."""

    def __init__(
        self, params: list, lr: float, momentum: float = 0.95, weight_decay: float = 0.0, steps: int = 5
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "steps": steps}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            for parameter, update in zip(parameters, self._updates(parameters, group), strict=True):
                size = 0.2 * max(parameter.shape[0], parameter[0].numel()) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update.view_as(parameter), alpha=-group["lr"] * size)

    def _updates(self, parameters: list[Tensor], group: dict) -> list[Tensor]:
        shared = dist.is_initialized() and dist.get_world_size() > 1
        rank, world = (dist.get_rank(), dist.get_world_size()) if shared else (0, 1)
        updates = []
        for index, parameter in enumerate(parameters):
            average = self.state[parameter].setdefault("average", torch.zeros_like(parameter))
            average.lerp_(parameter.grad, 1 - group["momentum"])
            ahead = torch.lerp(parameter.grad, average, group["momentum"]).flatten(1)  # Nesterov
            mine = index % world == rank
            updates.append(orthogonalize(ahead, group["steps"]) if mine else torch.zeros_like(ahead))
        if not shared:
            return updates
        flat = torch.cat([update.flatten() for update in updates])
        dist.all_reduce(flat)
        parts = flat.split([update.numel() for update in updates])
        return [part.view_as(update) for part, update in zip(parts, updates, strict=True)]

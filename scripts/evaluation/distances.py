"""Distances between sets of pictures, from their evaluator embeddings [N, E] with unit rows."""

from __future__ import annotations

import torch
from torch import Tensor


def kid(x: Tensor, y: Tensor) -> float:
    """Kernel distance: unbiased squared MMD with the kernel (x.y + 1)^3 (Binkowski et al. 2018, section 4).

    Their kernel divides x.y by the width, as Inception's features have about that squared length; these have
    length one. Without bias: about 0, and as often below it, for two draws from one distribution.
    """
    x, y = x.double(), y.double()
    n, m = len(x), len(y)
    within_x = ((x @ x.T + 1) ** 3).fill_diagonal_(0).sum() / (n * (n - 1))
    within_y = ((y @ y.T + 1) ** 3).fill_diagonal_(0).sum() / (m * (m - 1))
    return float(within_x + within_y - 2 * ((x @ y.T + 1) ** 3).mean())


def recall(real: Tensor, generated: Tensor, k: int = 3) -> float:
    """Share of real pictures within the reach of a generated one; that is the distance to its k-th nearest
    generated neighbour (Kynkaanniemi et al. 2019, eq. 2). The same with swapped arguments is precision.
    """
    reach = torch.cdist(generated, generated).topk(k + 1, largest=False).values[:, -1]
    return float((torch.cdist(real, generated) <= reach).any(1).float().mean())


def first_matches(queries: Tensor, keys: Tensor, same: Tensor | None = None) -> float:
    """R@1: share of queries whose most similar key is the one of their row, or one that `same` [N, N] allows."""
    best = (queries @ keys.T).argmax(1)
    rows = torch.arange(len(queries))
    right = best == rows if same is None else same[rows, best]
    return float(right.float().mean())

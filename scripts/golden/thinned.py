"""Evenly spread values of a tensor, for golden files that stay small; tests/unit/thinned.h compares them."""

import torch
from torch import Tensor


def thinned(tensor: Tensor, samples: int) -> Tensor:
    """At most `samples` values [samples], the first and the last among them."""
    flat = tensor.reshape(-1)
    # In double: fp32 misses the place by one in large tensors.
    index = torch.linspace(0, len(flat) - 1, min(samples, len(flat)), dtype=torch.float64).round().long()
    return flat[index]

"""Attention written as matmul + softmax.

The CPU kernel behind scaled_dot_product_attention is very slow in backward, and plain matmuls script and export
without surprises.
"""

import torch
from torch import Tensor, nn


def key_bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Turns a key mask [B, K] (true = may be attended to) into an additive bias [B, 1, 1, K]."""
    bias = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return bias.masked_fill(~mask, float("-inf"))[:, None, None, :]


def with_leading_keys(mask: Tensor, count: int = 1) -> Tensor:
    """Prepends keys that are always visible, so that a fully masked text never divides by zero."""
    return torch.cat([torch.ones_like(mask[:, :1]).expand(-1, count), mask], dim=1)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[B, N, heads * D] -> [B, heads, N, D]."""
    batch, length, width = x.shape
    return x.view(batch, length, heads, width // heads).transpose(1, 2)


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Softmax attention; query [B, H, N, D], key and value [B, H, K, D] -> [B, N, H * D]."""
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-2, -1))
    if bias is not None:
        scores = scores + bias.to(scores.dtype)
    mixed = torch.matmul(scores.softmax(dim=-1).to(value.dtype), value)
    return mixed.transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    """Multi-head self-attention over [B, N, width]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, dim=-1)
        return self.out(
            attend(
                split_heads(query, self.heads),
                split_heads(key, self.heads),
                split_heads(value, self.heads),
                bias,
            )
        )


class FeedForward(nn.Sequential):
    """Linear, GELU, linear."""

    def __init__(self, width: int, expansion: int = 4) -> None:
        super().__init__(nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width))

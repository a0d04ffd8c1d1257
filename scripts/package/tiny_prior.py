"""The tiny package's prior, whose sample is the image embedding alone, as in packages made of other people's weights."""

import torch
from torch import Tensor, nn

from scripts.networks.attention import FeedForward, attend, key_bias, split_heads, with_leading_keys
from scripts.networks.blocks import silence, timestep_features


class ContextAttention(nn.Module):
    """A few states attend to themselves and to a context that is never updated."""

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.context_kv = nn.Linear(context_width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, dim=-1)
        context_key, context_value = self.context_kv(context).chunk(2, dim=-1)
        keys = split_heads(torch.cat([key, context_key], dim=1), self.heads)
        values = split_heads(torch.cat([value, context_value], dim=1), self.heads)
        return self.out(attend(split_heads(query, self.heads), keys, values, bias))


class Block(nn.Module):
    """The states look at each other and at the text, then think."""

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = ContextAttention(width, context_width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = FeedForward(width)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), context, bias)
        return x + self.mlp(self.mlp_norm(x))


class TinyPrior(nn.Module):
    """forward(x [B, E], t [B] int64, text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 [B, E]."""

    def __init__(self, embedding: int, text_width: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.width = width
        self.noisy = nn.Linear(embedding, width)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.text = nn.Linear(embedding, width)
        self.roles = nn.Parameter(torch.randn(3, width) * 0.02)
        self.blocks = nn.ModuleList([Block(width, text_width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, embedding)
        self.linear = nn.Linear(embedding, embedding)
        silence(self.out)

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        told = text_embedding.to(x.dtype) * text_embedding.shape[-1] ** 0.5  # unit rows to unit variance
        time = self.time(timestep_features(t, self.width).to(x.dtype))
        state = torch.stack([self.noisy(x), time, self.text(told)], dim=1) + self.roles
        bias = key_bias(with_leading_keys(mask, state.shape[1]), x.dtype)
        for block in self.blocks:
            state = block(state, token_states.to(x.dtype), bias)
        return self.linear(told) + self.out(self.norm(state[:, 0]))

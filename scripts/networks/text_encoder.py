"""CLIP text encoder: sentencepiece ids -> unit text embedding and token states."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.attention import FeedForward, SelfAttention, key_bias, with_leading_keys


@dataclass
class TextEncoderConfig:
    vocabulary: int = 16000
    length: int = 32  # tokens; longer texts are cut by the tokenizer
    width: int = 256  # W, also the width of the token states
    layers: int = 6
    heads: int = 4
    embedding: int = 256  # E


class TextBlock(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = FeedForward(width)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), bias)
        return x + self.mlp(self.mlp_norm(x))


class TextEncoder(nn.Module):
    """forward(ids [B, T] int64, mask [B, T] bool) -> (text_embedding [B, E], token_states [B, T, W]).

    A class token is prepended, so an empty text (mask all false) has an embedding too. Masked positions never
    influence the result, therefore padding may be cut or added freely; T is at most `length`.
    """

    def __init__(self, config: TextEncoderConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Parameter(torch.randn(config.length + 1, config.width) * 0.02)
        self.class_token = nn.Parameter(torch.randn(config.width) * 0.02)
        self.blocks = nn.ModuleList([TextBlock(config.width, config.heads) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        self.projection = nn.Linear(config.width, config.embedding, bias=False)
        nn.init.normal_(self.tokens.weight, std=0.02)

    def features(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised class feature [B, W] and token states [B, T, W]."""
        return self.features_of(self.tokens(ids), mask)

    def features_of(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The same of token embeddings [B, T, W]."""
        class_token = self.class_token.expand(tokens.shape[0], 1, -1)
        x = torch.cat([class_token, tokens], dim=1) + self.positions[: tokens.shape[1] + 1]
        bias = key_bias(with_leading_keys(mask), x.dtype)
        for block in self.blocks:
            x = block(x, bias)
        x = self.norm(x)
        return x[:, 0], x[:, 1:]

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        feature, token_states = self.features(ids, mask)
        return F.normalize(self.projection(feature), dim=-1), token_states

"""Diffusion prior: from a text to the image embedding that a picture of it would have."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scripts.networks.attention import (
    ContextAttention,
    FeedForward,
    key_bias,
    make_identity,
    with_leading_key,
)
from scripts.networks.blocks import timestep_features
from scripts.networks.regression import Regression
from scripts.networks.text_encoder import TextBlock


@dataclass
class PriorConfig:
    embedding: int = 256  # E
    text_width: int = 256  # W of the token states
    width: int = 288
    layers: int = 8
    heads: int = 4
    text_layers: int = 2  # over the token states
    regression: int = 0  # width of the regression that it starts from; 0: none


class PriorBlock(nn.Module):
    """The state tokens look at each other and at the text, then think."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width)
        self.attention = ContextAttention(config.width, config.text_width, config.heads)
        self.mlp_norm = nn.LayerNorm(config.width)
        self.mlp = FeedForward(config.width)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), context, bias)
        return x + self.mlp(self.mlp_norm(x))


class Prior(nn.Module):
    """forward(x [B, E], t [B] int64, text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 [B, E].

    x and x0 are image embeddings normalised per dimension. The token states were trained to be pooled, not to say what
    belongs to what, so two layers of the prior's own come first. Then three state tokens (noisy embedding, time, text
    embedding) attend to them, and they stay as they are: a third of a full transformer's cost.
    A linear path from the text embedding lets the network begin at the linear map that it has to beat; with a regression
    it is told that, and how much of it passes straight to the result is learned for every timestep and dimension.
    Without text: text_embedding and token_states zeros, mask all false.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.width = config.width
        self.noisy = nn.Linear(config.embedding, config.width)
        self.time = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.text = nn.Linear(config.embedding, config.width)
        self.roles = nn.Parameter(torch.randn(3, config.width) * 0.02)
        self.text_blocks = nn.ModuleList(
            [TextBlock(config.text_width, config.heads) for _ in range(config.text_layers)]
        )
        for block in self.text_blocks:
            make_identity(block)
        self.blocks = nn.ModuleList([PriorBlock(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.embedding)
        self.linear = nn.Linear(config.embedding, config.embedding)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.regression: Regression | None = None
        if config.regression:
            self.regression = Regression(config.embedding, config.text_width, config.regression)
            self.regressed = nn.Linear(config.embedding, config.width)
            self.trust = nn.Linear(config.width, config.embedding)
            for layer in (self.regressed, self.trust):  # without a say at first
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        text = text_embedding.to(x.dtype) * text_embedding.shape[-1] ** 0.5  # unit rows to unit variance
        time = self.time(timestep_features(t, self.width).to(x.dtype))
        told, start = self.text(text), self.linear(text)
        if self.regression is not None:
            estimate = self.regression(text_embedding.to(x.dtype), token_states.to(x.dtype), mask)
            estimate = estimate * mask.any(1, keepdim=True)
            told, start = told + self.regressed(estimate), start + self.trust(time) * estimate
        state = torch.stack([self.noisy(x), time, told], dim=1) + self.roles
        # Where there is no text, its tokens look at nothing but zeros, and nothing looks at them.
        own_bias = key_bias(mask | ~mask.any(1, keepdim=True), x.dtype)
        # The state's own keys are always visible; of the text's, those of real tokens.
        visible = with_leading_key(with_leading_key(with_leading_key(mask)))
        bias = key_bias(visible, x.dtype)
        context = token_states.to(x.dtype)
        for block in self.text_blocks:
            context = block(context, own_bias)
        for block in self.blocks:
            state = block(state, context, bias)
        return start + self.out(self.norm(state[:, 0]))

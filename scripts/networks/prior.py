"""Diffusion prior: from a text to the image embedding that a picture of it would have."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.attention import (
    ContextAttention,
    FeedForward,
    key_bias,
    make_identity,
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
    things: int = 0  # single things of a scene that are sampled along with it
    regression: int = 768  # width of the regression that it starts from, where there are things


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
    """forward(x [B, (1 + K) E], t [B] int64, text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 like x.

    x and x0 are image embeddings normalised per dimension: of the scene, and of the K things that it shows, each by itself
    (zeros for one that is not there). Things are what is settled by sampling; of the scene, which is nearly the sum of
    its things, a regression knows the rest, and the network adds what that lacks. Without a regression K is 0.

    The token states were trained to be pooled, not to say what belongs to what, so two layers of the prior's own come
    first. Then the state tokens (noisy embeddings, time, text embedding) attend to them, and they stay as they are: a
    third of a full transformer's cost. A linear path from the text embedding lets the network begin at the linear map
    that it has to beat; how much of the regression's estimate passes straight to the result is learned for every timestep
    and dimension.
    Without text: text_embedding and token_states zeros, mask all false. A noisy scene embedding of zeros says nothing.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.width, self.embedding, self.things = config.width, config.embedding, config.things
        self.noisy = nn.Linear(config.embedding, config.width)
        self.time = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.text = nn.Linear(config.embedding, config.width)
        self.roles = nn.Parameter(torch.randn(3 + config.things, config.width) * 0.02)
        self.text_blocks = nn.ModuleList(
            [TextBlock(config.text_width, config.heads) for _ in range(config.text_layers)]
        )
        for block in self.text_blocks:
            make_identity(block)
        self.blocks = nn.ModuleList([PriorBlock(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.embedding)
        self.linear = nn.Linear(config.embedding, max(1, config.things) * config.embedding)
        silent = [self.out]
        self.regression: Regression | None = None
        if config.things:
            self.regression = Regression(
                config.embedding, config.text_width, config.regression, config.things
            )
            self.regressed = nn.Linear(config.embedding, config.width)
            self.trust = nn.Linear(config.width, config.embedding)
            self.scene_out = nn.Linear(config.width, config.embedding)
            silent += [self.regressed, self.trust, self.scene_out]
        for layer in silent:  # without a say at first
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        text = text_embedding.to(x.dtype)
        context = token_states.to(x.dtype)
        told = text * text.shape[-1] ** 0.5  # unit rows to unit variance
        time = self.time(timestep_features(t, self.width).to(x.dtype))
        start = self.linear(told).view(x.shape[0], -1, self.embedding)
        noisy = self.noisy(x.view(x.shape[0], -1, self.embedding))
        features = told
        if self.regression is not None:
            features = self.regression.features(text, context, mask)
            estimates = self.regression(features) * mask.any(1)[:, None, None]
            noisy = noisy + F.pad(self.regressed(estimates), (0, 0, 1, 0))
            start = start + self.trust(time)[:, None] * estimates
        state = torch.cat([noisy, time[:, None], self.text(told)[:, None]], dim=1) + self.roles
        # Where there is no text, its tokens look at nothing but zeros, and nothing looks at them.
        own_bias = key_bias(mask | ~mask.any(1, keepdim=True), x.dtype)
        # The state's own keys are always visible; of the text's, those of real tokens.
        visible = F.pad(mask, (state.shape[1], 0), value=1.0)
        bias = key_bias(visible, x.dtype)
        for block in self.text_blocks:
            context = block(context, own_bias)
        for block in self.blocks:
            state = block(state, context, bias)
        state = self.norm(state)
        if self.regression is None:
            return start[:, 0] + self.out(state[:, 0])
        things = start + self.out(state[:, 1 : 1 + self.things])
        scene = self.regression.compose(things, features) + self.scene_out(state[:, 0])
        return torch.cat([scene, things.flatten(1)], dim=1)

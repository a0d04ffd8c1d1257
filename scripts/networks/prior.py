"""Diffusion prior: from a text to the image embedding that a picture of it would have."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scripts.networks.blocks import silence, timestep_features
from scripts.networks.composition import Composition
from scripts.networks.splitter import Splitter
from scripts.networks.text_encoder import TextBlock


@dataclass
class PriorConfig:
    embedding: int = 256  # E
    text_width: int = 256  # W of the token states
    width: int = 288
    layers: int = 9
    heads: int = 4
    splitter_layers: int = 2
    composition: int = 544  # width
    composition_blocks: int = 2


class ThingPrior(nn.Module):
    """forward(x [N, E], t [N] int64, text_embedding [N, E]) -> x0 [N, E]: of single things, from texts about each.

    x and x0 are image embeddings normalised per dimension. A transformer over three states: noisy embedding, time, text.
    A linear path from the text lets it begin at the linear map that it has to beat. Without text: zeros.
    """

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.width, self.scale = config.width, config.embedding**0.5
        self.noisy = nn.Linear(config.embedding, config.width)
        self.time = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.text = nn.Linear(config.embedding, config.width)
        self.roles = nn.Parameter(torch.randn(3, config.width) * 0.02)
        self.blocks = nn.ModuleList([TextBlock(config.width, config.heads) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.embedding)
        self.linear = nn.Linear(config.embedding, config.embedding)
        silence(self.out)

    def forward(self, x: Tensor, t: Tensor, text_embedding: Tensor) -> Tensor:
        told = text_embedding * self.scale  # unit rows to unit variance
        time = self.time(timestep_features(t, self.width).to(x.dtype))
        state = torch.stack([self.noisy(x), time, self.text(told)], dim=1) + self.roles
        for block in self.blocks:
            state = block(state, None)
        return self.linear(told) + self.out(self.norm(state[:, 0]))


class Prior(nn.Module):
    """forward(x [B, (1 + K) E], t [B] int64, text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 like x.

    x and x0 are image embeddings normalised per dimension: of the scene, and of the K things that it shows, each by itself.
    The splitter finds what the text says of each thing, the thing prior removes the noise from each, and the composition
    makes the scene of them: things are settled one by one, and the scene follows.
    Without text: text_embedding and token_states zeros, mask all false.
    """

    def __init__(self, things: ThingPrior, splitter: Splitter, composition: Composition) -> None:
        super().__init__()
        self.things, self.splitter, self.composition = things, splitter, composition
        self.count = splitter.things

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        text_embedding, token_states = text_embedding.to(x.dtype), token_states.to(x.dtype)
        texts = self.splitter(text_embedding, token_states, mask)
        # A text about nothing is near zero: nothing is there below a norm of 0.25, all of it above 0.75.
        there = (texts.norm(2.0, dim=2, keepdim=True) * 2 - 0.5).clamp(0, 1)
        known = mask.any(1)[:, None, None]
        texts, there = texts * known, torch.where(known, there, torch.ones_like(there))
        of_scene, noisy = x.view(x.shape[0], 1 + self.count, -1).split([1, self.count], dim=1)
        things = self.things(noisy.flatten(0, 1), t.repeat_interleave(self.count), texts.flatten(0, 1)).view(
            noisy.shape
        )
        scene = self.composition(of_scene[:, 0], t, things * there, text_embedding, token_states, mask)
        return torch.cat([scene, things.flatten(1)], dim=1)

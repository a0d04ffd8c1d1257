"""Diffusion prior: from a text to the image embeddings of the parts of a scene, and to where they stand."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scripts.networks.blocks import silence, timestep_features
from scripts.networks.layout import Layout
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
    layout: int = 256  # width
    layout_blocks: int = 2


class PartPrior(nn.Module):
    """forward(x [N, E], t [N] int64, text_embedding [N, E]) -> x0 [N, E]: of single parts of scenes, from texts about each.

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
    """forward(x [B, K E + L], t [B] int64, text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 like x.

    x and x0 are what a scene is made of (compositor.py): the image embeddings of K parts, each by itself, normalised per
    dimension, and the layout. The splitter finds what the text says of each part, the part prior removes the noise from
    each, and the layout network finds where they stand. Parts that the text does not mention are zeros.
    Without text: text_embedding and token_states zeros, mask all false.
    """

    def __init__(
        self, part: PartPrior, splitter: Splitter, layout: Layout, mean: Tensor, std: Tensor
    ) -> None:
        super().__init__()
        self.part, self.splitter, self.layout = part, splitter, layout
        self.parts, self.embedding = splitter.parts, mean.shape[0]
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        text_embedding, token_states = text_embedding.to(x.dtype), token_states.to(x.dtype)
        texts = self.split(text_embedding, token_states, mask)
        noisy, noisy_layout = x[:, : self.parts * self.embedding], x[:, self.parts * self.embedding :]
        # A text about nothing is near zero: nothing is there below a norm of 0.25, all of it above 0.75.
        there = (texts.norm(2.0, dim=2, keepdim=True) * 2 - 0.5).clamp(0, 1)
        asked = ((there > 0).squeeze(2) | ~mask.any(1, keepdim=True)).flatten().nonzero().squeeze(1)
        noisy = noisy.reshape(-1, self.embedding)
        parts = torch.zeros_like(noisy)
        t_of_part = t.repeat_interleave(self.parts)
        parts[asked] = self.part(noisy[asked], t_of_part[asked], texts.flatten(0, 1)[asked])
        embeddings = (parts * self.std + self.mean).view(texts.shape) * there
        layout = self.layout(noisy_layout, t, embeddings, text_embedding, token_states, mask)
        return torch.cat([parts.view(x.shape[0], -1), layout], dim=1)

    def split(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        """What texts say of each part [B, K, E]. Rows in succession that have one text, as the candidates for a picture
        have, are split once."""
        differs = (text_embedding[1:] != text_embedding[:-1]).any(1)
        new = torch.cat([torch.ones_like(mask[:1, 0]), differs])
        first, which = new.nonzero().squeeze(1), torch.cumsum(new.long(), 0) - 1
        texts = self.splitter(text_embedding[first], token_states[first], mask[first])
        return (texts * mask[first].any(1)[:, None, None])[which]

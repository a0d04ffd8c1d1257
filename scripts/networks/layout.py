"""Where the things of a scene stand, as the text says."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.blocks import silence, timestep_features

TIME = 64  # features of the timestep
CONDITION = 256  # width of what text and time say
COSINES = 2  # weightings of the token states: their mean, and beginning against end


def summary(token_states: Tensor, mask: Tensor, cosines: int = COSINES) -> Tensor:
    """Token states [B, T, W] as the lowest frequencies of their discrete cosine transform: [B, cosines * W].

    The first is their mean; the second tells "a cat left of a dog" from "a dog left of a cat".
    """
    real = mask.float()
    length = real.sum(1, keepdim=True).clamp(min=1.0)
    position = (torch.arange(mask.shape[1], device=mask.device) + 0.5) / length
    frequencies = torch.arange(cosines, device=mask.device)[:, None]
    weights = torch.cos(math.pi * frequencies * position[:, None]) * (real / length)[:, None]
    return torch.matmul(weights.to(token_states.dtype), token_states).flatten(1)


class ModulatedBlock(nn.Module):
    """A perceptron on a residual path, whose hidden values the condition scales and shifts."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, width)
        self.modulation = nn.Linear(condition, 2 * width)
        self.second = nn.Linear(width, width)
        silence(self.modulation, self.second)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.modulation(condition).chunk(2, dim=1)
        return x + self.second(F.gelu(self.first(self.norm(x)) * (1 + scale) + shift))


class Layout(nn.Module):
    """forward(x [B, L], t [B] int64, parts [B, K, E], text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 [B, L].

    x and x0 are layouts as networks/places.py has them, parts the image embeddings of what stands there: a crown's place
    on a head depends on both shapes. Of a part that is not there, zeros. The text modulates a few perceptrons; the noisy
    layout settles what the text leaves open, such as whether four things stand in a row or in a square.
    """

    def __init__(
        self, embedding: int, text_width: int, width: int, blocks: int, parts: int, layout: int
    ) -> None:
        super().__init__()
        self.time_features, self.scale = TIME, embedding**0.5
        inputs = embedding + COSINES * text_width
        self.register_buffer("input_mean", torch.zeros(inputs))
        self.register_buffer("input_deviation", torch.ones(inputs))
        self.told = nn.Sequential(nn.Linear(inputs + TIME, CONDITION), nn.SiLU())
        self.enter = nn.Linear(parts * embedding + layout, width)
        self.blocks = nn.ModuleList([ModulatedBlock(width, CONDITION) for _ in range(blocks)])
        self.out = nn.Linear(width, layout)

    def inputs(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([text_embedding, summary(token_states, mask)], dim=1)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        parts: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
    ) -> Tensor:
        inputs = self.inputs(text_embedding, token_states, mask)
        text = (inputs - self.input_mean) / self.input_deviation
        time = timestep_features(t, self.time_features).to(x.dtype)
        condition = self.told(torch.cat([text, time], dim=1))
        hidden = self.enter(torch.cat([parts.flatten(1) * self.scale, x], dim=1))
        for block in self.blocks:
            hidden = block(hidden, condition)
        return self.out(hidden)

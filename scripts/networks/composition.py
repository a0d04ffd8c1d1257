"""The scene of given things, in which the text says how they stand."""

import math

import torch
from torch import Tensor, nn

from scripts.networks.blocks import timestep_features

TIME = 64  # features of the timestep
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


class Composition(nn.Module):
    """forward(x [B, E], t [B] int64, things [B, K, E], text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> x0 [B, E].

    x and x0 are image embeddings of scenes, normalised like those of the things; of one that is not there, zeros. The
    embedding of a scene is nearly the sum of those of its things, so a perceptron will do; the noisy one settles what the
    text leaves open, such as whether four things stand in a row or in a square. Without text: zeros, mask all false.
    """

    def __init__(self, embedding: int, text_width: int, width: int, things: int) -> None:
        super().__init__()
        self.time_features = TIME
        inputs = embedding + COSINES * text_width
        self.register_buffer("input_mean", torch.zeros(inputs))
        self.register_buffer("input_deviation", torch.ones(inputs))
        self.layers = nn.Sequential(
            nn.Linear(things * embedding + inputs + embedding + TIME, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, embedding),
        )

    def inputs(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([text_embedding, summary(token_states, mask)], dim=1)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        things: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
    ) -> Tensor:
        inputs = self.inputs(text_embedding, token_states, mask)
        text = (inputs - self.input_mean) / self.input_deviation * mask.any(1, keepdim=True)
        time = timestep_features(t, self.time_features).to(x.dtype)
        return self.layers(torch.cat([things.flatten(1), text, x, time], dim=1))

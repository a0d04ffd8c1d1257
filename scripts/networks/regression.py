"""What text says on average of a scene's single things, and what they say on average of the scene: where the prior starts
from, and how it puts together what it sampled."""

import math

import torch
from torch import Tensor, nn

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


def perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.GELU(),
        nn.Linear(width, width),
        nn.GELU(),
        nn.Linear(width, outputs),
    )


class Regression(nn.Module):
    """Two perceptrons over the text embedding and a summary of the token states.

    They cost a fortieth of the prior, so in the same time they learn from forty times as many examples. Embeddings are
    normalised; of a thing that a scene lacks, zeros.
    """

    def __init__(self, embedding: int, text_width: int, width: int, things: int) -> None:
        super().__init__()
        self.things, self.embedding = things, embedding
        inputs = embedding + COSINES * text_width
        self.register_buffer("input_mean", torch.zeros(inputs))
        self.register_buffer("input_deviation", torch.ones(inputs))
        self.to_things = perceptron(inputs, width, things * embedding)
        self.to_scene = perceptron(inputs + things * embedding, width, embedding)

    def inputs(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([text_embedding, summary(token_states, mask)], dim=1)

    def features(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        """What both are told of (text_embedding [B, E], token_states [B, T, W], mask [B, T]): zeros without text."""
        inputs = self.inputs(text_embedding, token_states, mask)
        return (inputs - self.input_mean) / self.input_deviation * mask.any(1, keepdim=True)

    def forward(self, features: Tensor) -> Tensor:
        """Mean embeddings of the single things: [B, things, E]."""
        return self.to_things(features).view(-1, self.things, self.embedding)

    def compose(self, things: Tensor, features: Tensor) -> Tensor:
        """The mean embedding of a scene of these things, in which the text says how they stand: [B, E]."""
        return self.to_scene(torch.cat([things.flatten(1), features], dim=1))

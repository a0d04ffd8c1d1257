"""Image embeddings with mean 0 and deviation 1 in every dimension: what the prior gives."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLAMP = 10.0


def normalise(embeddings: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return ((embeddings - mean) / std).clamp(-CLAMP, CLAMP)


class Normalised(nn.Module):
    """A network with the mean and deviation that its embeddings are normalised by, saved with its weights."""

    def __init__(self, network: nn.Module, embedding: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(embedding))
        self.register_buffer("std", torch.ones(embedding))

    def fit(self, embeddings: Tensor) -> None:
        self.mean.copy_(embeddings.mean(0))
        self.std.copy_(embeddings.std(0).clamp(min=1e-4))

    def normalise(self, embeddings: Tensor) -> Tensor:
        return normalise(embeddings, self.mean, self.std)

    def denormalise(self, values: Tensor) -> Tensor:
        return values * self.std + self.mean

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.network(*inputs)


def mean_cosine(predicted: Tensor, truth: Tensor) -> float:
    return float(F.cosine_similarity(predicted.float(), truth.float()).mean())

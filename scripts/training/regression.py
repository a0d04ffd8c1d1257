"""Trains the regression that the prior starts from: text -> mean image embedding.

    python -m scripts.training.regression --work DIR/regression

Squared error of per-dimension normalised embeddings. losses.csv has the cosine of held-out estimates to the true
embeddings, next to that of a linear map.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.regression import COSINES, Regression
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs

SAMPLE = 20_000  # texts that input statistics and the linear map are taken from


@dataclass
class RegressionConfig(PairsConfig):
    steps: int = option(40_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "embeddings in a step")
    lr: float = option(1e-3, "peak learning rate")
    cooldown: float = option(0.5, "last share of the run in which the learning rate falls linearly to 0")
    optimizer: str = option("adamw", "adamw, or muon: slow on CPUs for steps as cheap as these")
    weight_decay: float = option(0.05, "weight decay, for matrices only")
    width: int = option(1024, "width of the network")


def linear_map(text: Tensor, image: Tensor, ridge: float = 1e-3) -> Tensor:
    """Ridge regression with intercept from text [N, E] to image [N, E] embeddings: [E + 1, E]."""
    inputs = torch.cat([text, torch.ones(len(text), 1)], dim=1)
    gram = inputs.T @ inputs + ridge * len(text) * torch.eye(inputs.shape[1]) / inputs.shape[1]
    return torch.linalg.solve(gram, inputs.T @ image)


def linear_baseline(pairs: Pairs, held_out: Pairs) -> float:
    """Held-out cosine of a linear map of the text embedding to the image embedding."""
    rows = sample_rows(pairs)
    weights = linear_map(pairs.text_embeddings(rows), pairs.image_embeddings(rows))
    estimates = held_out.text_embeddings(slice(None)) @ weights[:-1] + weights[-1]
    return mean_cosine(estimates, held_out.image_embeddings(slice(None)))


def sample_rows(pairs: Pairs) -> np.ndarray:
    return np.random.default_rng(1).permutation(len(pairs))[:SAMPLE]


class RegressionTask(Task):
    def __init__(self, config: RegressionConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        network = Regression(pairs.images.shape[1], pairs.states.shape[1], config.width)
        inputs = network.inputs(*pairs.text(sample_rows(pairs)))
        network.input_mean.copy_(inputs.mean(0))
        network.input_deviation.copy_(inputs.std(0).clamp(min=1e-4))
        self.module = Normalised(network, pairs.images.shape[1])
        self.module.fit(pairs.image_embeddings(slice(None)))
        self.baseline = linear_baseline(pairs, held_out)

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        rows = rng.integers(len(self.pairs), size=self.config.batch)
        return (*self.pairs.text(rows), self.pairs.image_embeddings(rows))

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        *text, embedding = batch
        return F.mse_loss(module(*text).float(), unwrapped(module).normalise(embedding)), {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        device = module.mean.device
        text = (part.to(device) for part in self.held_out.text(np.arange(len(self.held_out))))
        estimates = module.denormalise(module(*text))
        truth = self.held_out.image_embeddings(slice(None))
        return {"cosine": mean_cosine(estimates.cpu(), truth), "linear_cosine": self.baseline}


def load_regression(work: Path) -> Normalised:
    """The trained regression with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "regression")
    weights = state["ema"]
    embedding, width = weights["network.layers.4.weight"].shape
    inputs = weights["network.input_mean"].shape[0]
    network = Regression(embedding, (inputs - embedding) // COSINES, width)
    regression = Normalised(network, embedding)
    regression.load_state_dict(weights)
    return regression.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(RegressionConfig, "regression", "Trains the regression that the prior starts from.")
    prepare(config)
    task = RegressionTask(config, *training_pairs(config))
    print(f"held-out cosine of a linear map to the true embedding: {task.baseline:.4f}")
    train(task, config)


if __name__ == "__main__":
    main()

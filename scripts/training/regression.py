"""Trains the regression that the prior starts from: text -> a scene's things, and these -> the scene.

    python -m scripts.training.regression --work DIR/regression

Squared error of per-dimension normalised embeddings. losses.csv has held-out cosines: of the estimated things, of the
scene composed of true things and of estimated ones, and of a linear map from the text to the scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.prior import PriorConfig
from scripts.networks.regression import COSINES, Regression
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.diffusion import drop
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs

SAMPLE = 20_000  # pairs that statistics and the linear map are taken from
VAGUE = 0.15  # deviation of the noise on things that a scene is composed of in training


@dataclass
class RegressionConfig(PairsConfig):
    steps: int = option(40_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "embeddings in a step")
    lr: float = option(1e-3, "peak learning rate")
    cooldown: float = option(0.5, "last share of the run in which the learning rate falls linearly to 0")
    optimizer: str = option("adamw", "adamw, or muon: slow on CPUs for steps as cheap as these")
    weight_decay: float = option(0.05, "weight decay, for matrices only")
    width: int = option(PriorConfig.regression, "width of the network")
    drop_text: float = option(0.1, "share of examples without text, for guidance")


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


class NormalisedRegression(Normalised):
    """forward(things [B, K, E], share [B, 1, 1], text_embedding, token_states, mask) -> estimated things, scene composed
    of the given ones; all normalised. `share`: how far the things are first moved to the estimated ones."""

    def forward(self, things: Tensor, share: Tensor, *text: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(*text)
        estimates = self.network(features)
        return estimates, self.network.compose(torch.lerp(things, estimates.detach(), share), features)

    def normalise_things(self, things: Tensor, present: Tensor) -> Tensor:
        return self.normalise(things) * present[..., None]


class RegressionTask(Task):
    def __init__(self, config: RegressionConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        rows, things = sample_rows(pairs), pairs.things.shape[1]
        network = Regression(pairs.images.shape[1], pairs.states.shape[1], config.width, things)
        inputs = network.inputs(*pairs.text(rows))
        network.input_mean.copy_(inputs.mean(0))
        network.input_deviation.copy_(inputs.std(0).clamp(min=1e-4))
        self.module = NormalisedRegression(network, pairs.images.shape[1])
        self.module.fit(pairs.image_embeddings(rows))
        self.baseline = linear_baseline(pairs, held_out)

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        rows = rng.integers(len(self.pairs), size=self.config.batch)
        return (
            *self.pairs.text(rows),
            self.pairs.image_embeddings(rows),
            *self.pairs.thing_embeddings(rows),
        )

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        *text, embedding, things, present = batch
        count, device, own = len(embedding), embedding.device, unwrapped(module)
        things = own.normalise_things(things, present)
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        text = (drop(part, dropped) for part in text)
        # What sampling gives is vaguer than embeddings of pictures, and nearer to the estimate.
        share = torch.rand(count, 1, 1, generator=generator, device=device) ** 2
        noise = torch.randn(things.shape, generator=generator, device=device)
        estimates, scene = module(things + VAGUE * noise, share, *text)
        losses = {
            "things": F.mse_loss(estimates.float(), things),
            "scene": F.mse_loss(scene.float(), own.normalise(embedding)),
        }
        return losses["things"] + losses["scene"], losses

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        device = module.mean.device
        rows = np.arange(len(self.held_out))
        text = [part.to(device) for part in self.held_out.text(rows)]
        things, present = (part.to(device) for part in self.held_out.thing_embeddings(rows))
        truth = self.held_out.image_embeddings(rows).to(device)

        def composed(share: float) -> tuple[Tensor, Tensor]:
            known = module.normalise_things(things, present)
            estimates, scene = module(known, torch.full_like(known[:, :1, :1], share), *text)
            return module.denormalise(estimates), module.denormalise(scene)

        estimates, of_estimates = composed(1.0)
        return {
            "cosine": mean_cosine(of_estimates, truth),
            "things_cosine": mean_cosine(estimates[present], things[present]),
            "of_true_things_cosine": mean_cosine(composed(0.0)[1], truth),
            "linear_cosine": self.baseline,
        }


def load_regression(work: Path) -> NormalisedRegression:
    """The trained regression with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "regression")
    weights = state["ema"]
    embedding, width = weights["network.to_scene.4.weight"].shape
    things = weights["network.to_things.4.weight"].shape[0] // embedding
    inputs = weights["network.input_mean"].shape[0]
    network = Regression(embedding, (inputs - embedding) // COSINES, width, things)
    regression = NormalisedRegression(network, embedding)
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

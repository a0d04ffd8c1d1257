"""Trains the composition: the things of a scene, each by itself, and a text about them all -> the scene.

    python -m scripts.training.composition --work DIR/composition

x0-prediction of image embeddings, normalised per dimension. losses.csv has the held-out cosine of scenes composed of
their true things, without and with some of the scene, next to that of a linear map from the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.composition import COSINES, Composition
from scripts.networks.prior import PriorConfig
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.diffusion import Schedule, drop, stratified_timesteps
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs

EVALUATED = (999, 600, 300)  # timesteps
SAMPLE = 20_000  # pairs that statistics and the linear map are taken from


@dataclass
class CompositionConfig(PairsConfig):
    steps: int = option(40_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "scenes in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    cooldown: float = option(0.5, "last share of the run in which the learning rate falls linearly to 0")
    optimizer: str = option("adamw", "adamw, or muon: slow on CPUs for steps as cheap as these")
    weight_decay: float = option(0.05, "weight decay, for matrices only")
    width: int = option(PriorConfig.composition, "width of the network")
    blocks: int = option(PriorConfig.composition_blocks, "perceptrons on its residual path")
    noise: float = option(0.7, "deviation of the noise on the things where there is nothing but noise")
    least_noise: float = option(0.3, "the same at the end: sampled things are not exact")
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


class CompositionTask(Task):
    def __init__(self, config: CompositionConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        self.schedule = Schedule.squaredcos_cap_v2()
        rows, embedding = sample_rows(pairs), pairs.images.shape[1]
        things = pairs.things.shape[1]
        network = Composition(embedding, pairs.states.shape[1], config.width, config.blocks, things)
        inputs = network.inputs(*pairs.text(rows))
        network.input_mean.copy_(inputs.mean(0))
        network.input_deviation.copy_(inputs.std(0).clamp(min=1e-4))
        self.module = Normalised(network, embedding)
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
        x0, things = own.normalise(embedding), own.normalise_things(things, present)
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        x = self.schedule.q_sample(x0, t, torch.randn(x0.shape, generator=generator, device=device))
        # While the scene is noisy its things are estimates.
        sigma = self.schedule.sigmas.to(device)[t][:, None, None]
        level = self.config.least_noise + (self.config.noise - self.config.least_noise) * sigma
        level = level * torch.rand(count, 1, 1, generator=generator, device=device)
        noise = torch.randn(things.shape, generator=generator, device=device) * present[..., None]
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        scene = module(x, t, things + level * noise, *(drop(part, dropped) for part in text))
        return F.mse_loss(scene.float(), x0), {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        rows, device = np.arange(len(self.held_out)), module.mean.device
        text = [part.to(device) for part in self.held_out.text(rows)]
        things = module.normalise_things(*(part.to(device) for part in self.held_out.thing_embeddings(rows)))
        truth = self.held_out.image_embeddings(rows)
        x0, measured = module.normalise(truth.to(device)), {"linear_cosine": self.baseline}
        for t in EVALUATED:
            steps = torch.full((len(rows),), t, device=device)
            noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(t)).to(device)
            scene = module(self.schedule.q_sample(x0, steps, noise), steps, things, *text)
            measured[f"cosine_at_{t}"] = mean_cosine(module.denormalise(scene).cpu(), truth)
        return measured


def load_composition(work: Path) -> Normalised:
    """The trained composition with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "composition")
    weights = state["ema"]
    embedding, width = weights["network.out.weight"].shape
    inputs = weights["network.input_mean"].shape[0]
    things = weights["network.enter.weight"].shape[1] // embedding - 1
    blocks = state["config"]["blocks"]
    network = Composition(embedding, (inputs - embedding) // COSINES, width, blocks, things)
    composition = Normalised(network, embedding)
    composition.load_state_dict(weights)
    return composition.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(CompositionConfig, "composition", "Trains the composition of scenes.")
    prepare(config)
    task = CompositionTask(config, *training_pairs(config))
    print(f"held-out cosine of a linear map to the true embedding: {task.baseline:.4f}")
    train(task, config)


if __name__ == "__main__":
    main()

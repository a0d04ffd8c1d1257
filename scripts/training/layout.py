"""Trains the layout network: the parts of a scene and a text about them all -> where they stand.

    python -m scripts.training.layout --work DIR/layout

x0-prediction of layouts (networks/places.py), with noise on the parts, as sampled ones are not exact. losses.csv has, of
held-out scenes and their true parts, how often a sampled layout has the right number of every thing, and how far single
things are then from their places, in shares of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.layout import COSINES, Layout
from scripts.networks.places import BACKGROUND, COPIES, LAYOUT, PARTS, PLACE, PRESENCE, SPREAD, THINGS, X, Y
from scripts.networks.prior import PriorConfig
from scripts.sampling import ddim, network_predict, trailing_timesteps
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.diffusion import Schedule, scattered, stratified_timesteps
from scripts.training.loop import Task, prepare, train
from scripts.training.normalised import CLAMP
from scripts.training.pairs import Pairs, PairsConfig, training_pairs

SAMPLE = 20_000  # pairs that statistics are taken from
STEPS = 8  # of sampling in evaluations


@dataclass
class LayoutConfig(PairsConfig):
    steps: int = option(40_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "scenes in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    cooldown: float = option(0.5, "last share of the run in which the learning rate falls linearly to 0")
    optimizer: str = option("adamw", "adamw, or muon: slow on CPUs for steps as cheap as these")
    weight_decay: float = option(0.05, "weight decay, for matrices only")
    width: int = option(PriorConfig.layout, "width of the network")
    blocks: int = option(PriorConfig.layout_blocks, "perceptrons on its residual path")
    noise: float = option(0.7, "largest norm of the noise on the (unit) embeddings of parts")


class LayoutTask(Task):
    def __init__(self, config: LayoutConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        self.schedule = Schedule.squaredcos_cap_v2()
        embedding, text_width = pairs.alone.shape[1], pairs.states.shape[1]
        network = Layout(embedding, text_width, config.width, config.blocks, PARTS, LAYOUT)
        rows = np.random.default_rng(1).permutation(len(pairs))[:SAMPLE]
        inputs = network.inputs(*pairs.text(rows))
        network.input_mean.copy_(inputs.mean(0))
        network.input_deviation.copy_(inputs.std(0).clamp(min=1e-4))
        self.module = network

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        rows = rng.integers(len(self.pairs), size=self.config.batch)
        return self.pairs.layout_vectors(rows), self.pairs.part_embeddings(rows), *self.pairs.text(rows)

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        x0, parts, *text = batch
        t = stratified_timesteps(len(x0), self.schedule.num_timesteps, generator, x0.device)
        x = self.schedule.q_sample(x0, t, torch.randn(x0.shape, generator=generator, device=x0.device))
        there = parts.any(dim=2, keepdim=True)
        parts = scattered(parts.flatten(0, 1), self.config.noise, generator).view(parts.shape) * there
        return F.mse_loss(module(x, t, parts, *text).float(), x0), {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        rows, device = np.arange(len(self.held_out)), module.input_mean.device
        truth = self.held_out.layout_vectors(rows)
        given = [self.held_out.part_embeddings(rows), *self.held_out.text(rows)]
        sampled = sample_layouts(module, self.schedule, *(part.to(device) for part in given)).cpu()
        return compare(sampled, truth)


def sample_layouts(network: nn.Module, schedule: Schedule, parts: Tensor, *text: Tensor) -> Tensor:
    """Layouts [B, LAYOUT], always the same of the same."""
    generator = torch.Generator(parts.device).manual_seed(0)
    x = torch.randn(len(parts), LAYOUT, generator=generator, device=parts.device)
    predict = network_predict(schedule, "x0", lambda x, t: network(x, t, parts, *text), clamp=CLAMP)
    return ddim(predict, schedule, x, trailing_timesteps(schedule.num_timesteps, STEPS))


def compare(sampled: Tensor, truth: Tensor) -> dict[str, float]:
    """Shares of scenes with the right numbers and backgrounds; the distance of things that are there once."""
    ours, theirs = (x[:, :BACKGROUND].view(-1, THINGS, COPIES, PLACE) for x in (sampled, truth))
    counts = [(x[..., PRESENCE] > 0).sum(2) for x in (ours, theirs)]
    same = counts[0] == counts[1]
    once = same & (counts[1] == 1)
    apart = (ours - theirs)[:, :, 0, X : Y + 1].norm(dim=2) / SPREAD
    return {
        "right_numbers": float(same.all(1).float().mean()),
        "right_background": float(((sampled > 0) == (truth > 0))[:, BACKGROUND].float().mean()),
        "distance": float(apart[once].mean()),
    }


def load_layout(work: Path) -> Layout:
    """The trained network: averaged weights, eval(), frozen."""
    state = load_trained(work, "layout")
    weights, own = state["ema"], state["config"]
    layout, width = weights["out.weight"].shape
    embedding = (weights["enter.weight"].shape[1] - layout) // PARTS
    text_width = (weights["input_mean"].shape[0] - embedding) // COSINES
    network = Layout(embedding, text_width, width, own["blocks"], PARTS, layout)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(LayoutConfig, "layout", "Trains the layout network.")
    prepare(config)
    train(LayoutTask(config, *training_pairs(config)), config)


if __name__ == "__main__":
    main()

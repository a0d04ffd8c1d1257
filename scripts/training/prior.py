"""Trains the diffusion prior: text -> image embedding (Ramesh et al. 2022, section 2.2), of single parts of scenes.

    python -m scripts.training.prior --work DIR/prior

A scene is settled part by part: a splitter finds what the text says of each, this prior samples the embedding of each
by itself, and a layout network says where they stand. It learns from what captions say of single parts and from these,
x0-prediction of per-dimension normalised embeddings, clamped to +-10, as Karlo's.

losses.csv has held-out cosines of parts: sampled, of the one-step estimate, of a linear map of the text embedding, and of
the text embedding itself; a prior that does not beat them is not worth its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.prior import PartPrior, Prior, PriorConfig
from scripts.sampling import ddim, network_predict, trailing_timesteps
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.diffusion import Schedule, drop, scattered, stratified_timesteps
from scripts.training.layout import load_layout
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import CLAMP, Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs
from scripts.training.parts import NOTHING
from scripts.training.splitter import load_splitter

DEFAULTS = PriorConfig()
SAMPLE = 20_000  # parts that statistics and the linear map are taken from


@dataclass
class PriorTrainingConfig(PairsConfig):
    steps: int = option(20_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "embeddings in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    drop_text: float = option(0.15, "share of examples without text, for guidance")
    text_noise: float = option(0.5, "largest norm of the noise on (unit) texts: a splitter's are not exact")
    sample_steps: int = option(8, "sampling steps in evaluations")
    width: int = option(DEFAULTS.width, "width of the network")
    layers: int = option(DEFAULTS.layers, "layers of the network")


def linear_map(text: Tensor, image: Tensor, ridge: float = 1e-3) -> Tensor:
    """Ridge regression with intercept from text [N, E] to image [N, E] embeddings: [E + 1, E]."""
    inputs = torch.cat([text, torch.ones(len(text), 1)], dim=1)
    gram = inputs.T @ inputs + ridge * len(text) * torch.eye(inputs.shape[1]) / inputs.shape[1]
    return torch.linalg.solve(gram, inputs.T @ image)


def mentions(pairs: Pairs) -> np.ndarray:
    """Every part that a text mentions [M], as numbers for single_parts()."""
    return np.flatnonzero(pairs.said != NOTHING)


def single_parts(pairs: Pairs, numbers: np.ndarray) -> tuple[Tensor, Tensor]:
    """What texts say of single parts [B, E], and the parts [B, E]."""
    rows, place = np.divmod(numbers, pairs.said.shape[1])
    said, parts = pairs.said[rows, place], pairs.parts[rows, place]
    return (
        torch.from_numpy(pairs.names[said].astype(np.float32)),
        torch.from_numpy(pairs.alone[parts].astype(np.float32)),
    )


class PriorTask(Task):
    def __init__(self, config: PriorTrainingConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs = config, pairs
        self.held_out = single_parts(held_out, mentions(held_out))
        self.schedule = Schedule.squaredcos_cap_v2()
        self.mentions = mentions(pairs)
        embedding = pairs.alone.shape[1]
        own = PriorConfig(embedding=embedding, width=config.width, layers=config.layers)
        self.module = Normalised(PartPrior(own), embedding)
        self.module.fit(self._sample_of_parts()[1])

    def _sample_of_parts(self) -> tuple[Tensor, Tensor]:
        return single_parts(self.pairs, np.random.default_rng(1).choice(self.mentions, SAMPLE))

    @cached_property
    def baselines(self) -> dict[str, float]:
        weights, (text, truth) = linear_map(*self._sample_of_parts()), self.held_out
        return {
            "linear_cosine": mean_cosine(text @ weights[:-1] + weights[-1], truth),
            "text_itself_cosine": mean_cosine(text, truth),
        }

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        return single_parts(self.pairs, rng.choice(self.mentions, size=self.config.batch))

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        text, part = batch
        count, device = text.shape[0], text.device
        x0 = unwrapped(module).normalise(part)
        text = scattered(text, self.config.text_noise, generator)
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x = self.schedule.q_sample(x0, t, noise)
        return F.mse_loss(module(x, t, drop(text, dropped)).float(), x0), {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        text, truth = self.held_out
        text = text.to(module.mean.device)
        sampled, one_step = (
            sample_parts(module, self.schedule, text, steps).cpu() for steps in (self.config.sample_steps, 1)
        )
        return {
            "cosine": mean_cosine(sampled, truth),
            "one_step_cosine": mean_cosine(one_step, truth),
            # 1 where samples vary as real embeddings do; a regression to the mean is well below.
            "sampled_spread": float(sampled.var(0).sum() / truth.var(0).sum()),
            "one_step_spread": float(one_step.var(0).sum() / truth.var(0).sum()),
            **self.baselines,
        }


def sample_parts(module: Normalised, schedule: Schedule, text: Tensor, steps: int) -> Tensor:
    """Image embeddings [B, E] for what is said of parts [B, E], by DDIM without guidance; always the same of the same."""
    x = torch.randn(text.shape, generator=torch.Generator(text.device).manual_seed(0), device=text.device)
    predict = network_predict(schedule, "x0", lambda x, t: module(x, t, text), clamp=CLAMP)
    return module.denormalise(ddim(predict, schedule, x, trailing_timesteps(schedule.num_timesteps, steps)))


def load_parts(work: Path) -> Normalised:
    """The trained prior of single parts, with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "prior")
    weights, own = state["ema"], state["config"]
    embedding = weights["mean"].shape[0]
    network = PartPrior(PriorConfig(embedding=embedding, width=own["width"], layers=own["layers"]))
    parts = Normalised(network, embedding)
    parts.load_state_dict(weights)
    return parts.eval().requires_grad_(False)


def load_prior(work: Path) -> Prior:
    """The whole prior of a work folder, with the splitter and the layout network beside it."""
    parts = load_parts(work)
    splitter, layout = load_splitter(work.parent / "splitter"), load_layout(work.parent / "layout")
    return Prior(parts.network, splitter, layout, parts.mean, parts.std).eval().requires_grad_(False)


def main() -> None:
    config = parse_config(PriorTrainingConfig, "prior", "Trains the diffusion prior.")
    prepare(config)
    train(PriorTask(config, *training_pairs(config)), config)


if __name__ == "__main__":
    main()

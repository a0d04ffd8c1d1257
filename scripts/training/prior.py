"""Trains the diffusion prior: text -> image embedding (Ramesh et al. 2022, section 2.2), of single things.

    python -m scripts.training.prior --work DIR/prior

A scene is settled thing by thing: a splitter finds what the text says of each, this prior samples the embedding of each
by itself, and a composition makes the scene of them. It learns from what captions say of single things and from these,
x0-prediction of per-dimension normalised embeddings, clamped to +-10, as Karlo's.

losses.csv has held-out cosines of scenes: sampled, of the one-step estimate, and of a linear map of the text embedding; a
prior that beats neither is not worth its steps.
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

from scripts.networks.prior import Prior, PriorConfig, ThingPrior
from scripts.sampling import ddim, network_predict, trailing_timesteps
from scripts.training.checkpoint import load_trained
from scripts.training.composition import linear_baseline, load_composition
from scripts.training.config import option, parse_config
from scripts.training.diffusion import Schedule, drop, scattered, stratified_timesteps
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import CLAMP, Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs
from scripts.training.scenes import NOTHING
from scripts.training.splitter import load_splitter

DEFAULTS = PriorConfig()


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
    splitter: Path = option(None, "work folder of the splitter (default: ../splitter)")
    composition: Path = option(None, "work folder of the composition (default: ../composition)")


class NormalisedPrior(Normalised):
    """The whole prior; forward(x, t, text_embedding, token_states, mask) as its network's."""

    def joint(self, embedding: Tensor, things: Tensor, present: Tensor) -> Tensor:
        """What is diffused [B, (1 + K) E]: the embedding [B, E] of a scene and those of its things [B, K, E], zeros where
        there is none."""
        things = self.normalise_things(things, present)
        return torch.cat([self.normalise(embedding), things.flatten(1)], dim=1)


@torch.no_grad()
def sample_prior(
    prior: NormalisedPrior,
    schedule: Schedule,
    text: tuple[Tensor, Tensor, Tensor],
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """Image embeddings [B, E] for (text_embedding, token_states, mask), by DDIM without guidance."""
    width = prior.mean.shape[0]
    shape = len(text[0]), width * (1 + prior.network.count)
    x = torch.randn(shape, generator=generator, device=text[0].device)

    def network(x: Tensor, t: Tensor) -> Tensor:
        return prior(x, t, *text)

    predict = network_predict(schedule, "x0", network, clamp=CLAMP)
    x = ddim(predict, schedule, x, trailing_timesteps(schedule.num_timesteps, steps))
    return prior.denormalise(x[:, :width])


class PriorTask(Task):
    def __init__(self, config: PriorTrainingConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        self.schedule = Schedule.squaredcos_cap_v2()
        self.mentions = np.flatnonzero(pairs.said != NOTHING)
        composition = load_composition(composition_folder(config))
        embedding = pairs.images.shape[1]
        own = PriorConfig(embedding=embedding, width=config.width, layers=config.layers)
        self.module = Normalised(ThingPrior(own), embedding)
        self.module.mean.copy_(composition.mean)
        self.module.std.copy_(composition.std)

    @cached_property
    def baselines(self) -> dict[str, float]:
        text = self.held_out.text_embeddings(slice(None))
        truth = self.held_out.image_embeddings(slice(None))
        return {
            "linear_cosine": linear_baseline(self.pairs, self.held_out),
            "text_itself_cosine": mean_cosine(text, truth),
        }

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """What texts say of single things [B, E], and the things [B, E]."""
        mentions = rng.choice(self.mentions, size=self.config.batch)
        rows, place = np.divmod(mentions, self.pairs.said.shape[1])
        said, things = self.pairs.said[rows, place], self.pairs.things[rows, place]
        return (
            torch.from_numpy(self.pairs.names[said].astype(np.float32)),
            torch.from_numpy(self.pairs.alone[things].astype(np.float32)),
        )

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        text, thing = batch
        count, device = text.shape[0], text.device
        x0 = unwrapped(module).normalise(thing)
        text = scattered(text, self.config.text_noise, generator)
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x = self.schedule.q_sample(x0, t, noise)
        return F.mse_loss(module(x, t, drop(text, dropped)).float(), x0), {}

    def _sample(self, prior: NormalisedPrior, steps: int) -> Tensor:
        """Sampled embeddings of the held-out scenes."""
        device, sampled = prior.mean.device, []
        for start in range(0, len(self.held_out), 250):
            rows = np.arange(start, min(start + 250, len(self.held_out)))
            text = tuple(part.to(device) for part in self.held_out.text(rows))
            generator = torch.Generator(device).manual_seed(start)
            sampled.append(sample_prior(prior, self.schedule, text, steps, generator))
        return torch.cat(sampled).cpu()

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        prior = assemble(module, splitter_folder(self.config), composition_folder(self.config))
        sampled, one_step = (self._sample(prior, steps) for steps in (self.config.sample_steps, 1))
        truth = self.held_out.image_embeddings(slice(None))
        return {
            "cosine": mean_cosine(sampled, truth),
            "one_step_cosine": mean_cosine(one_step, truth),
            # 1 where samples vary as real embeddings do; a regression to the mean is well below.
            "sampled_spread": float(sampled.var(0).sum() / truth.var(0).sum()),
            "one_step_spread": float(one_step.var(0).sum() / truth.var(0).sum()),
            **self.baselines,
        }


def splitter_folder(config: PriorTrainingConfig) -> Path:
    return config.splitter or config.work.parent / "splitter"


def composition_folder(config: PriorTrainingConfig) -> Path:
    return config.composition or config.work.parent / "composition"


def assemble(things: Normalised, splitter: Path, composition: Path) -> NormalisedPrior:
    """The whole prior, of a prior of things and what the work folders hold."""
    of_scenes = load_composition(composition).to(things.mean.device)
    if not torch.allclose(of_scenes.mean, things.mean) or not torch.allclose(of_scenes.std, things.std):
        raise SystemExit(f"{composition}: trained with other means and deviations than the prior")
    network = Prior(things.network, load_splitter(splitter).to(things.mean.device), of_scenes.network)
    prior = NormalisedPrior(network, things.mean.shape[0])
    prior.mean.copy_(things.mean)
    prior.std.copy_(things.std)
    return prior.to(things.mean.device).eval()


def load_things(work: Path) -> Normalised:
    """The trained prior of single things, with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "prior")
    weights, own = state["ema"], state["config"]
    embedding = weights["mean"].shape[0]
    network = ThingPrior(PriorConfig(embedding=embedding, width=own["width"], layers=own["layers"]))
    things = Normalised(network, embedding)
    things.load_state_dict(weights)
    return things.eval().requires_grad_(False)


def load_prior(work: Path) -> NormalisedPrior:
    """The whole prior of a work folder, with the splitter and the composition beside it."""
    return assemble(load_things(work), work.parent / "splitter", work.parent / "composition")


def main() -> None:
    config = parse_config(PriorTrainingConfig, "prior", "Trains the diffusion prior.")
    prepare(config)
    train(PriorTask(config, *training_pairs(config)), config)


if __name__ == "__main__":
    main()

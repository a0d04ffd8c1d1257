"""Trains the diffusion prior: text -> image embedding (Ramesh et al. 2022, section 2.2).

    python -m scripts.training.prior --work DIR/prior --regression DIR/regression

A sample is the embedding of a scene with those of its single things, so that these are settled before they are put
together. x0-prediction of per-dimension normalised embeddings, clamped to +-10, as Karlo's. losses.csv has, next to the
sampled embedding's cosine to the true one, the cosines of a linear map of the text embedding and of the network's own
one-step estimate, a regression: a prior that beats neither is not worth its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.attention import make_identity
from scripts.networks.prior import Prior, PriorConfig
from scripts.sampling import ddim, network_predict, trailing_timesteps
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.diffusion import Schedule, drop, stratified_timesteps
from scripts.training.loop import Task, prepare, train, unwrapped
from scripts.training.normalised import CLAMP, Normalised, mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs
from scripts.training.regression import (
    NormalisedRegression,
    linear_baseline,
    load_regression,
    sample_rows,
)

PARTS = 4  # of a batch, from short texts to long ones; in one, half of what a step computes would be padding
DEFAULTS = PriorConfig()


@dataclass
class PriorTrainingConfig(PairsConfig):
    steps: int = option(20_000, "stop after this many optimiser steps in all")
    batch: int = option(256, "embeddings in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    drop_text: float = option(0.15, "share of examples without text, for guidance")
    sample_steps: int = option(8, "sampling steps in evaluations")
    width: int = option(DEFAULTS.width, "width of the network")
    layers: int = option(DEFAULTS.layers, "layers of the network")
    text_layers: int = option(DEFAULTS.text_layers, "layers of its own over the token states")
    regression: Path = option(
        None, "work folder of the regression that it starts from (default: none, and no things)"
    )
    blind: float = option(0.3, "share of examples in which the noisy scene embedding is hidden")
    grow_from: Path = option(None, "work folder of a prior with fewer layers, to go on from with more")


class NormalisedPrior(Normalised):
    """The prior; forward(x, t, text_embedding, token_states, mask) as its network's."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__(Prior(config), config.embedding)

    def joint(self, embedding: Tensor, things: Tensor, present: Tensor) -> Tensor:
        """What is diffused [B, (1 + K) E]: the embedding [B, E] and those of the first K things, zeros where there is
        none."""
        things = (self.normalise(things) * present[..., None])[:, : self.network.things]
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
    shape = len(text[0]), width * (1 + prior.network.things)
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
        regression = load_regression(config.regression) if config.regression else None
        self.module = NormalisedPrior(
            PriorConfig(
                embedding=pairs.images.shape[1],
                text_width=pairs.states.shape[1],
                width=config.width,
                layers=config.layers,
                text_layers=config.text_layers,
                things=regression.network.things if regression else 0,
                regression=regression.network.to_scene[0].out_features if regression else 0,
            )
        )
        self.module.fit(pairs.image_embeddings(sample_rows(pairs)))
        if config.grow_from:
            grow(self.module, load_prior(config.grow_from))
        if regression:
            start_at(self.module, regression)
        text, truth = held_out.text(np.arange(len(held_out))), held_out.image_embeddings(slice(None))
        self.baselines = {
            "linear_cosine": linear_baseline(pairs, held_out),
            "text_itself_cosine": mean_cosine(text[0], truth),
        }
        if regression:
            everything = torch.ones(1, 1, 1)
            nothing = torch.zeros(len(truth), regression.network.things, truth.shape[1])
            scene = regression(nothing, everything, *text)[1]
            self.baselines["regression_cosine"] = mean_cosine(regression.denormalise(scene), truth)

    def make_batch(self, rng: np.random.Generator) -> list[tuple[Tensor, ...]]:
        rows = rng.integers(len(self.pairs), size=self.config.batch)
        rows = rows[np.argsort(self.pairs.lengths[rows], kind="stable")]
        parts = np.array_split(rows, min(PARTS, len(rows)))
        return [
            (*self.pairs.text(part), self.pairs.image_embeddings(part), *self.pairs.thing_embeddings(part))
            for part in parts
        ]

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        losses = [self._part_loss(module, part, generator) * len(part[-1]) for part in batch]
        return sum(losses) / self.config.batch, {}

    def _part_loss(self, module: nn.Module, part: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        text_embedding, states, mask, embedding, things, present = part
        count, device = len(mask), mask.device
        x0 = unwrapped(module).joint(embedding, things, present)
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x = self.schedule.q_sample(x0, t, noise)
        if unwrapped(module).network.things:
            hidden = torch.rand(count, generator=generator, device=device) < self.config.blind
            x[:, : embedding.shape[1]] = drop(x[:, : embedding.shape[1]], hidden)
        predicted = module(x, t, drop(text_embedding, dropped), drop(states, dropped), drop(mask, dropped))
        return F.mse_loss(predicted.float(), x0)

    def _sample(self, prior: NormalisedPrior, steps: int) -> tuple[Tensor, Tensor, Tensor]:
        """Sampled embeddings of the held-out scenes, the one-step estimates, and the best of two by text cosine."""
        device = prior.mean.device
        sampled, regressed, best = [], [], []
        for start in range(0, len(self.held_out), 250):
            rows = np.arange(start, min(start + 250, len(self.held_out)))
            text = tuple(part.to(device) for part in self.held_out.text(rows))
            two = [
                sample_prior(prior, self.schedule, text, steps, torch.Generator(device).manual_seed(seed))
                for seed in (start, start + 1)
            ]
            scores = torch.stack([F.cosine_similarity(one, text[0]) for one in two])
            sampled.append(two[0])
            best.append(torch.where((scores[0] >= scores[1])[:, None], *two))
            generator = torch.Generator(device).manual_seed(start)
            regressed.append(sample_prior(prior, self.schedule, text, 1, generator))
        return torch.cat(sampled).cpu(), torch.cat(regressed).cpu(), torch.cat(best).cpu()

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        sampled, regressed, best = self._sample(module, self.config.sample_steps)
        truth = self.held_out.image_embeddings(slice(None))
        return {
            "cosine": mean_cosine(sampled, truth),
            "best_of_2_cosine": mean_cosine(best, truth),
            "one_step_cosine": mean_cosine(regressed, truth),
            # 1 where samples vary as real embeddings do; a regression to the mean is well below.
            "sampled_spread": float(sampled.var(0).sum() / truth.var(0).sum()),
            "one_step_spread": float(regressed.var(0).sum() / truth.var(0).sum()),
            **self.baselines,
        }


def grow(prior: NormalisedPrior, shallow: NormalisedPrior) -> None:
    """Gives `prior` the function of one with fewer layers: the others begin without a say."""
    missing, unexpected = prior.load_state_dict(shallow.state_dict(), strict=False)
    blocks = [
        *prior.network.blocks[len(shallow.network.blocks) :],
        *prior.network.text_blocks[len(shallow.network.text_blocks) :],
    ]
    if unexpected or len(missing) != sum(len(block.state_dict()) for block in blocks):
        raise ValueError("only a prior of the same width and fewer layers can grow into this one")
    for block in blocks:
        make_identity(block)


def start_at(prior: NormalisedPrior, regression: NormalisedRegression) -> None:
    """Makes `regression` the one that the prior is told, in the prior's own units; its estimates of things are frozen."""
    own = prior.network.regression
    own.load_state_dict(regression.network.state_dict())
    scale = regression.std / prior.std
    offset = (regression.mean - prior.mean) / prior.std
    with torch.no_grad():
        for last, parts in ((own.to_things[-1], own.things), (own.to_scene[-1], 1)):
            last.weight.mul_(scale.repeat(parts)[:, None])
            last.bias.mul_(scale.repeat(parts)).add_(offset.repeat(parts))
        # It composes of things in its own units.
        first, things = own.to_scene[0], own.things
        columns = first.weight[:, : things * own.embedding]
        first.bias.sub_(columns @ (offset / scale).repeat(things))
        columns.div_(scale.repeat(things))
    own.to_things.requires_grad_(False)


def load_prior(work: Path) -> NormalisedPrior:
    """The trained prior with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_trained(work, "prior")
    weights = state["ema"]
    embedding, own = weights["mean"].shape[0], state["config"]
    told = "network.regression.to_scene.0.bias" in weights
    config = PriorConfig(
        embedding=embedding,
        text_width=weights["network.blocks.0.attention.context_kv.weight"].shape[1],
        width=own["width"],
        layers=own["layers"],
        text_layers=own.get("text_layers", 0),
        things=weights["network.regression.to_things.4.bias"].shape[0] // embedding if told else 0,
        regression=weights["network.regression.to_scene.0.bias"].shape[0] if told else 0,
    )
    prior = NormalisedPrior(config)
    prior.load_state_dict(weights)
    return prior.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(PriorTrainingConfig, "prior", "Trains the diffusion prior.")
    prepare(config)
    task = PriorTask(config, *training_pairs(config))
    print("held-out cosine to the true embedding:", task.baselines)
    train(task, config)


if __name__ == "__main__":
    main()

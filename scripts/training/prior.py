"""Trains the diffusion prior: text -> image embedding (Ramesh et al. 2022, section 2.2).

    python -m scripts.training.prior --work DIR/prior

x0-prediction of per-dimension normalised embeddings, clamped to +-10, as Karlo's. losses.csv has, next to the
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

from scripts.data.compose import Composer
from scripts.networks.attention import make_identity
from scripts.networks.prior import Prior, PriorConfig
from scripts.sampling import ddim, network_predict, trailing_timesteps
from scripts.training.checkpoint import load_checkpoint
from scripts.training.clip import clip_folder, load_clip
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.diffusion import Schedule, drop, stratified_timesteps
from scripts.training.loop import Task, train, unwrapped
from scripts.training.pairs import Pairs, make_pairs
from scripts.training.scenes import CAPTIONS, Scenes, load_or_make, make_scenes

CLAMP = 10.0
PARTS = 4  # of a batch, from short texts to long ones; in one, half of what a step computes would be padding
DEFAULTS = PriorConfig()


@dataclass
class PriorTrainingConfig(LoopConfig):
    steps: int = option(20_000, "stop after this many optimiser steps in all")
    batch: int = option(256, "embeddings in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    workers: int = option(0, "processes that make batches; pairs are ready in memory")
    clip: Path = option(None, "work folder of CLIP (default: ../clip from the work folder)")
    bank: Path = option(None, "sprite bank (default: ../bank)")
    scenes: Path = option(None, "file of embedded scenes, made where it is missing (default: ../scenes.npz)")
    scene_count: int = option(200_000, "scenes to make")
    captions: int = option(3, f"captions of each that are used, at most {CAPTIONS}: 6 kB each in memory")
    curriculum: float = option(0.25, "share of composed scenes")
    drop_text: float = option(0.15, "share of examples without text, for guidance")
    held_out: int = option(1000, "held-out scenes (concept x style) for evaluation")
    sample_steps: int = option(8, "sampling steps in evaluations")
    width: int = option(DEFAULTS.width, "width of the network")
    layers: int = option(DEFAULTS.layers, "layers of the network")
    text_layers: int = option(DEFAULTS.text_layers, "layers of its own over the token states")
    grow_from: Path = option(None, "work folder of a prior with fewer layers, to go on from with more")


class NormalisedPrior(nn.Module):
    """The network with the mean and deviation that its embeddings are normalised by, saved with its weights."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.network = Prior(config)
        self.register_buffer("mean", torch.zeros(config.embedding))
        self.register_buffer("std", torch.ones(config.embedding))

    def fit(self, embeddings: Tensor) -> None:
        self.mean.copy_(embeddings.mean(0))
        self.std.copy_(embeddings.std(0).clamp(min=1e-4))

    def normalise(self, embeddings: Tensor) -> Tensor:
        return ((embeddings - self.mean) / self.std).clamp(-CLAMP, CLAMP)

    def forward(self, x: Tensor, t: Tensor, text_embedding: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        return self.network(x, t, text_embedding, states, mask)


def linear_map(text: Tensor, image: Tensor, ridge: float = 1e-3) -> Tensor:
    """Ridge regression with intercept from text [N, E] to image [N, E] embeddings: [E + 1, E]."""
    inputs = torch.cat([text, torch.ones(len(text), 1)], dim=1)
    gram = inputs.T @ inputs + ridge * len(text) * torch.eye(inputs.shape[1]) / inputs.shape[1]
    return torch.linalg.solve(gram, inputs.T @ image)


def mean_cosine(predicted: Tensor, truth: Tensor) -> float:
    return float(F.cosine_similarity(predicted.float(), truth.float()).mean())


@torch.no_grad()
def sample_prior(
    prior: NormalisedPrior,
    schedule: Schedule,
    text: tuple[Tensor, Tensor, Tensor],
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """Image embeddings [B, E] for (text_embedding, token_states, mask), by DDIM without guidance."""
    x = torch.randn(text[0].shape, generator=generator, device=text[0].device)

    def network(x: Tensor, t: Tensor) -> Tensor:
        return prior(x, t, *text)

    predict = network_predict(schedule, "x0", network, clamp=CLAMP)
    x = ddim(predict, schedule, x, trailing_timesteps(schedule.num_timesteps, steps))
    return x * prior.std + prior.mean


class PriorTask(Task):
    def __init__(self, config: PriorTrainingConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        self.schedule = Schedule.squaredcos_cap_v2()
        widths = pairs.images.shape[1], pairs.states.shape[1]
        self.module = NormalisedPrior(
            PriorConfig(*widths, config.width, config.layers, text_layers=config.text_layers)
        )
        self.module.fit(pairs.image_embeddings(slice(None)))
        sample = np.random.default_rng(1).permutation(len(pairs))[:20_000]
        weights = linear_map(pairs.text(sample)[0], pairs.image_embeddings(sample))
        rows = np.arange(len(held_out))
        held_out_text = held_out.text(rows)[0]
        truth = held_out.image_embeddings(rows)
        self.baselines = {
            "linear_cosine": mean_cosine(held_out_text @ weights[:-1] + weights[-1], truth),
            "text_itself_cosine": mean_cosine(held_out_text, truth),
        }

    def make_batch(self, rng: np.random.Generator) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
        rows = rng.integers(len(self.pairs), size=self.config.batch)
        rows = rows[np.argsort(self.pairs.lengths[rows], kind="stable")]
        parts = np.array_split(rows, min(PARTS, len(rows)))
        return [(*self.pairs.text(part), self.pairs.image_embeddings(part)) for part in parts]

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        losses = [self._part_loss(module, part, generator) * len(part[-1]) for part in batch]
        return sum(losses) / self.config.batch, {}

    def _part_loss(self, module: nn.Module, part: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        text_embedding, states, mask, embedding = part
        count, device = len(mask), mask.device
        x0 = unwrapped(module).normalise(embedding)
        dropped = torch.rand(count, generator=generator, device=device) < self.config.drop_text
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x = self.schedule.q_sample(x0, t, noise)
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
    """Gives `prior` the function of one with fewer layers: those that it has more begin as the identity."""
    missing, unexpected = prior.load_state_dict(shallow.state_dict(), strict=False)
    added = [
        *prior.network.blocks[len(shallow.network.blocks) :],
        *prior.network.text_blocks[len(shallow.network.text_blocks) :],
    ]
    if unexpected or len(missing) != sum(len(block.state_dict()) for block in added):
        raise ValueError("only a prior of the same width and fewer layers can grow into this one")
    for block in added:
        make_identity(block)


def load_prior(work: Path) -> NormalisedPrior:
    """The trained prior with its mean and deviation: averaged weights, eval(), frozen."""
    state = load_checkpoint(work)
    if state is None:
        raise FileNotFoundError(f"{work}: no prior checkpoint there; run scripts.training.prior first")
    weights = state["ema"]
    embedding, states = (
        weights["mean"].shape[0],
        weights["network.blocks.0.attention.context_kv.weight"].shape[1],
    )
    own = state["config"]
    config = PriorConfig(
        embedding, states, own["width"], own["layers"], text_layers=own.get("text_layers", 0)
    )
    prior = NormalisedPrior(config)
    prior.load_state_dict(weights)
    return prior.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(PriorTrainingConfig, "prior", "Trains the diffusion prior.")
    torch.manual_seed(config.seed)
    if config.threads:
        torch.set_num_threads(config.threads)
    beside = config.work.parent
    bank = config.bank or beside / "bank"
    tokenizer, text_encoder, image_encoder = load_clip(config.clip or clip_folder(beside))

    def scenes(split: str, count: int, captions: int, path: Path | None = None) -> Scenes:
        composer = Composer(bank, split=split, size=64, curriculum=config.curriculum)
        arguments = composer, image_encoder, count, captions, config.seed + 17
        return load_or_make(path, *arguments) if path else make_scenes(*arguments)

    def pairs(of: Scenes, captions: int) -> Pairs:
        return make_pairs(of, tokenizer, text_encoder, captions)

    held_out = pairs(scenes("test", config.held_out, 1), 1)
    if config.dry_run:
        found = pairs(scenes("train", 2048, config.captions), config.captions)
    else:
        path = config.work / "pairs.npz"
        if not path.exists():
            kept = config.scenes or beside / "scenes.npz"
            pairs(scenes("train", config.scene_count, CAPTIONS, kept), config.captions).save(path)
        found = Pairs.load(path)
    task = PriorTask(config, found, held_out)
    if config.grow_from:
        grow(task.module, load_prior(config.grow_from))
    print("held-out cosine to the true embedding:", task.baselines)
    train(task, config)


if __name__ == "__main__":
    main()

"""Trains the splitter: a text -> what it says of each part of the scene.

    python -m scripts.training.splitter --work DIR/splitter

Squared error of text embeddings; the text encoder's of texts about single parts are the answer. losses.csv has the
held-out cosine of what is said of single things, of things that are not alone, and of backgrounds, and how often it is
right which parts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.places import PARTS, THINGS
from scripts.networks.prior import PriorConfig
from scripts.networks.splitter import Splitter
from scripts.training.checkpoint import load_trained
from scripts.training.config import option, parse_config
from scripts.training.loop import Task, prepare, train
from scripts.training.normalised import mean_cosine
from scripts.training.pairs import Pairs, PairsConfig, training_pairs
from scripts.training.parts import NOTHING


@dataclass
class SplitterConfig(PairsConfig):
    steps: int = option(20_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "texts in a step")
    lr: float = option(1.5e-3, "peak learning rate")
    cooldown: float = option(0.4, "last share of the run in which the learning rate falls linearly to 0")
    several: float = option(0.6, "share of texts about several things")
    layers: int = option(PriorConfig.splitter_layers, "layers of the network")


class SplitterTask(Task):
    def __init__(self, config: SplitterConfig, pairs: Pairs, held_out: Pairs) -> None:
        self.config, self.pairs, self.held_out = config, pairs, held_out
        self.several = np.flatnonzero(pairs.said[:, 1] != NOTHING)
        heads = PriorConfig.heads
        self.module = Splitter(pairs.names.shape[1], pairs.states.shape[1], config.layers, heads, PARTS)

    def make_batch(self, rng: np.random.Generator) -> list[tuple[Tensor, ...]]:
        several = rng.choice(self.several, size=round(self.config.several * self.config.batch))
        rows = np.concatenate([several, rng.integers(len(self.pairs), size=self.config.batch - len(several))])
        return [
            (*self.pairs.text(part), self.pairs.part_texts(part)) for part in self.pairs.of_like_length(rows)
        ]

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        errors = [
            F.mse_loss(module(*text).float(), truth) * len(truth) * truth.shape[-1] for *text, truth in batch
        ]
        return sum(errors) / self.config.batch, {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        rows = np.arange(len(self.held_out))
        device = next(module.parameters()).device
        said = module(*(part.to(device) for part in self.held_out.text(rows))).float().cpu()
        truth = self.held_out.part_texts(rows)
        present = torch.from_numpy(self.held_out.said[rows] != NOTHING)
        things = present[:, :THINGS] & present[:, 1:2]
        single, backdrop = ~present[:, 1], present[:, THINGS]
        return {
            "cosine_of_one": mean_cosine(said[single, 0], truth[single, 0]),
            "cosine_of_several": mean_cosine(said[:, :THINGS][things], truth[:, :THINGS][things]),
            "cosine_of_backgrounds": mean_cosine(said[backdrop, THINGS], truth[backdrop, THINGS]),
            "right_parts": float(((said.norm(dim=2) > 0.5) == present).all(1).float().mean()),
        }


def load_splitter(work: Path) -> Splitter:
    """The trained splitter: averaged weights, eval(), frozen."""
    state = load_trained(work, "splitter")
    weights = state["ema"]
    embedding, text_width = weights["out.weight"].shape
    parts = weights["roles"].shape[0]
    splitter = Splitter(embedding, text_width, state["config"]["layers"], PriorConfig.heads, parts)
    splitter.load_state_dict(weights)
    return splitter.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(SplitterConfig, "splitter", "Trains the splitter of texts.")
    prepare(config)
    train(SplitterTask(config, *training_pairs(config)), config)


if __name__ == "__main__":
    main()

"""Teaches the text encoder what words mean, before it sees pictures: distillation from a multilingual teacher.

    python -m scripts.training.text --work DIR/text --bank DIR

The lessons (texts and targets) are made once and kept in the work folder. Token embeddings start at the teacher's
embedding of each piece, so that training begins near a sum of words instead of at noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.data.bank import Bank
from scripts.data.wordnet import DEFAULT_FOLDER
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.loop import Task, train
from scripts.training.teacher import LessonBook, Teacher, build_book
from scripts.training.tokenizer import Tokenizer, pad_rows

LESSONS = "lessons.npz"
POOL = 16  # batches sorted by length together


@dataclass
class TextConfig(LoopConfig):
    steps: int = option(6000, "stop after this many optimiser steps in all")
    batch: int = option(512, "texts in a step")
    lr: float = option(1e-3, "peak learning rate")
    workers: int = option(0, "processes that make batches; tokens are ready in memory")
    evaluate_every: int = option(200, "steps between held-out evaluations")
    sample_every: int = option(400, "steps between printed nearest words")
    tokenizer: Path = option(
        None, "tokenizer.model (default: ../tokenizer/tokenizer.model from the work folder)"
    )
    bank: Path = option(None, "sprite bank, for the concepts' names (default: ../bank)")
    wordnet: Path = option(DEFAULT_FOLDER, "WordNet's data files")
    width: int = option(TextEncoderConfig.width, "width of the network")
    layers: int = option(TextEncoderConfig.layers, "layers of the network")
    held_out: int = option(2000, "lessons kept for evaluation")


class Student(nn.Module):
    """Text encoder with a head into the teacher's space."""

    def __init__(self, config: TextEncoderConfig, target_width: int) -> None:
        super().__init__()
        self.encoder = TextEncoder(config)
        self.head = nn.Linear(config.width, target_width)
        nn.init.eye_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        feature, _ = self.encoder.features(ids, mask)
        return F.normalize(self.head(feature).float(), dim=-1)


def distillation_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """One minus cosine; both are unit rows."""
    return (1 - (predicted * target).sum(-1)).mean()


@torch.no_grad()
def start_at_teacher(encoder: TextEncoder, tokenizer: Tokenizer, teacher: Teacher, book: LessonBook) -> None:
    """Sets the embedding of every printable piece to the teacher's principal components for it."""
    pieces = [tokenizer.pieces.id_to_piece(index) for index in range(len(tokenizer))]
    texts = [piece.replace("\u2581", " ").strip() for piece in pieces]
    rows = [
        index
        for index, text in enumerate(texts)
        if text and not (tokenizer.pieces.is_byte(index) or tokenizer.pieces.is_control(index))
    ]
    targets = torch.from_numpy(book.project(teacher([texts[row] for row in rows])))
    width = min(targets.shape[1], encoder.tokens.weight.shape[1])
    encoder.tokens.weight[rows, :width] = targets[:, :width]


class LessonSampler:
    """Draws weighted batches of lessons of similar length."""

    def __init__(self, book: LessonBook, tokenizer: Tokenizer, keep: np.ndarray) -> None:
        self.rows = tokenizer.rows(book.texts)
        self.lengths = np.array([len(row) for row in self.rows])
        self.book = book
        self.keep = keep
        weights = book.weights[keep].astype(np.float64)
        self.cumulative = np.cumsum(weights / weights.sum())

    def draw(self, rng: np.random.Generator, batch: int) -> np.ndarray:
        """Indices of lessons; batches are slices of a pool sorted by length, so that little is padded."""
        positions = np.searchsorted(self.cumulative, rng.random(batch * POOL)).clip(max=len(self.keep) - 1)
        pool = self.keep[positions]
        pool = pool[np.argsort(self.lengths[pool], kind="stable")]
        start = rng.integers(POOL) * batch
        return pool[start : start + batch]

    def tokens(self, indices: np.ndarray) -> tuple[Tensor, Tensor]:
        return pad_rows([self.rows[index] for index in indices])

    def targets(self, indices: np.ndarray) -> Tensor:
        return torch.from_numpy(self.book.targets[indices].astype(np.float32))


class TextTask(Task):
    def __init__(self, config: TextConfig, book: LessonBook, tokenizer: Tokenizer) -> None:
        self.config = config
        self.book = book
        order = np.random.default_rng(config.seed).permutation(len(book.texts))
        self.held_out = np.sort(order[: config.held_out])
        self.sampler = LessonSampler(book, tokenizer, np.sort(order[config.held_out :]))
        encoder = TextEncoderConfig(vocabulary=len(tokenizer), width=config.width, layers=config.layers)
        self.module = Student(encoder, book.targets.shape[1])

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        indices = self.sampler.draw(rng, self.config.batch)
        return *self.sampler.tokens(indices), self.sampler.targets(indices)

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        ids, mask, target = batch
        loss = distillation_loss(module(ids, mask), target)
        return loss, {"cosine": 1 - loss.detach()}

    def embed(self, module: nn.Module, indices: np.ndarray) -> Tensor:
        device = next(module.parameters()).device
        parts = []
        for start in range(0, len(indices), 512):
            ids, mask = self.sampler.tokens(indices[start : start + 512])
            parts.append(module(ids.to(device), mask.to(device)).float().cpu())
        return torch.cat(parts)

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Held-out cosine, and how often a held-out text is nearest to its partner among 4,000 others."""
        held_out = self.embed(module, self.held_out)
        cosine = (held_out * self.sampler.targets(self.held_out)).sum(-1).mean()
        paired = self.held_out[self.book.partners[self.held_out] >= 0]
        partners = self.book.partners[paired]
        others = np.setdiff1d(np.unique(self.book.partners)[1:], partners)[:4000]
        candidates = np.concatenate([partners, others])
        queries, keys = self.embed(module, paired), self.embed(module, candidates)
        nearest = candidates[(queries @ keys.T).argmax(-1).numpy()]
        return {"held_out_cosine": float(cosine), "held_out_partner": float((nearest == partners).mean())}

    def sample(self, module: nn.Module, step: int) -> None:
        rng = np.random.default_rng(step)
        paired = self.held_out[self.book.partners[self.held_out] >= 0]
        queries = rng.choice(paired, 8, replace=False)
        candidates = np.unique(self.book.partners)[1:]
        nearest = (self.embed(module, queries) @ self.embed(module, candidates).T).argmax(-1)
        pairs = [
            f"{self.book.texts[q]} -> {self.book.texts[candidates[n]]}" for q, n in zip(queries, nearest)
        ]
        print(f"\nstep {step}: " + "; ".join(pairs))


def main() -> None:
    config = parse_config(TextConfig, "text", "Distils a multilingual teacher into the text encoder.")
    torch.manual_seed(config.seed)
    beside = config.work.parent
    tokenizer = Tokenizer(config.tokenizer or beside / "tokenizer" / "tokenizer.model")
    lessons = config.work / LESSONS
    if not lessons.exists():
        if config.dry_run:
            print(f"no {lessons} yet: a run would first ask the teacher for about 90,000 embeddings")
            return
        concepts = list(Bank(config.bank or beside / "bank").concepts.values())
        build_book(concepts, config.wordnet, dimensions=config.width).save(lessons)
    book = LessonBook.load(lessons)
    print(f"{len(book.texts):,} lessons, {(book.partners >= 0).sum():,} with a partner")
    task = TextTask(config, book, tokenizer)
    if not (config.work / "checkpoint.pt").exists():
        start_at_teacher(task.module.encoder, tokenizer, Teacher(), book)
    train(task, config)


if __name__ == "__main__":
    main()

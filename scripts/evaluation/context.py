"""What measurements share: the package, the judge, real scenes, and pictures made once for all of them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from scripts.data.bank import Sprite
from scripts.data.compose import Composer, Scene
from scripts.data.sampling import PICTURABLE, is_object
from scripts.data.styles import EMOJI_STYLES
from scripts.evaluation.detector import Detector
from scripts.evaluation.evaluator import Evaluator
from scripts.evaluation.painters import Painter
from scripts.evaluation.recogniser import Recogniser
from scripts.package.pipeline import Pipeline
from scripts.package.settings import Settings


@dataclass(frozen=True)
class Scale:
    """How many pictures each measurement takes."""

    prompts: int = 100  # a composition task
    each: int = 4  # pictures of such a prompt
    retrieval: int = 1000  # scenes
    cells: int = 300  # of concept x style, seen and held out
    scenes: int = 2000  # for distances between distributions
    prior: int = 1000  # scenes whose embeddings are sampled
    ablation: int = 250  # pictures of each ablation
    edges: int = 64  # pictures at 256 px whose edges are measured
    upsampled: int = 64  # scenes; the mean of a few says little
    sweep: int = 64  # prompts of each point of a plot
    steps: tuple[int, ...] = (4, 8, 16, 32, 64)
    guidance: tuple[float, ...] = (1.0, 2.0, 3.0, 5.0)
    classifier: tuple[float, ...] = (0.0, 1.0, 3.0, 8.0)


FULL = Scale()
QUICK = Scale(
    prompts=16, each=2, retrieval=1000, cells=48, scenes=256, prior=250, ablation=48, edges=12, sweep=16,
    steps=(4, 8, 16, 32), guidance=(1.0, 2.0, 4.0), classifier=(0.0, 2.0, 6.0),
)  # fmt: skip


@dataclass
class Context:
    pipeline: Pipeline
    painter: Painter
    evaluator: Evaluator
    bank_dir: Path
    cache: Path  # of this package, evaluator and scale
    shared_cache: Path  # of this evaluator and bank
    scale: Scale = FULL
    curriculum: float = 0.4  # share of composed scenes among "real scenes"
    split_file: Path | None = None  # default: the committed one
    _composers: dict[tuple[str, str, int], Composer] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.pipeline.settings

    def composer(self, split: str = "train", held_out: str = "cells", size: int = 64) -> Composer:
        key = (split, held_out, size)
        if key not in self._composers:
            self._composers[key] = Composer(
                self.bank_dir, split, size, self.curriculum, held_out, self.split_file
            )
        return self._composers[key]

    @cached_property
    def recogniser(self) -> Recogniser:
        bank = self.composer().bank
        return Recogniser(self.evaluator, bank, candidates(bank.sprites), self.shared_cache / "drawings.pt")

    @cached_property
    def detector(self) -> Detector:
        return Detector(self.recogniser)

    def scenes(self, count: int, seed: int, split: str = "train", held_out: str = "cells") -> list[Scene]:
        composer, rng = self.composer(split, held_out), np.random.default_rng(seed)
        return [composer.sample(rng) for _ in range(count)]

    def paint(
        self, title: str, prompts: list[str], each: int = 1, settings: Settings | None = None, size: int = 64
    ) -> np.ndarray:
        """Pictures of prompts, kept on disk; the same call, also of another measurement, gets the same pictures."""
        settings = settings or self.settings
        key = hashlib.sha256(repr((prompts, each, asdict(settings), size)).encode()).hexdigest()[:16]
        path = self.cache / "pictures" / f"{key}.npy"
        if path.is_file():
            return np.load(path)
        pictures = self.painter.paint(prompts, each, settings, size, title)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, pictures)
        partial.replace(path)
        return pictures


def candidates(sprites: list[Sprite]) -> list[Sprite]:
    """Drawings of all that the detector may call a thing: animals, food, plants, vehicles, everyday objects."""
    return [
        sprite
        for sprite in sprites
        if sprite.style in EMOJI_STYLES and is_object(sprite) and sprite.group.startswith(PICTURABLE)
    ]

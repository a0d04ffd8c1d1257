"""Makes pictures for the measurements: in Python in batches, or with the C++ binary."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from scripts.evaluation.pictures import premultiplied, to_uint8
from scripts.package.pipeline import Pipeline
from scripts.package.settings import Settings

BATCHES = {64: 50, 256: 10}


class Painter(Protocol):
    name: str

    def paint(self, prompts: list[str], each: int, settings: Settings, size: int, title: str) -> np.ndarray:
        """`each` pictures of every prompt, prompt by prompt: uint8 [N * each, size, size, 4], premultiplied."""


def seeds_of(prompt: int, each: int) -> list[int]:
    """The seeds of a prompt's pictures: its own, and one after another as the binary counts them."""
    return list(range(1000 * (prompt + 1), 1000 * (prompt + 1) + each))


class PythonPainter:
    name = "python"

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def paint(self, prompts: list[str], each: int, settings: Settings, size: int, title: str) -> np.ndarray:
        rows = [(prompt, seed) for i, prompt in enumerate(prompts) for seed in seeds_of(i, each)]
        return np.concatenate(list(self._batches(rows, settings, size, title)))

    def _batches(
        self, rows: list[tuple[str, int]], settings: Settings, size: int, title: str
    ) -> Iterator[np.ndarray]:
        batch = BATCHES[size]
        with tqdm(total=len(rows), desc=title, unit="picture", leave=False) as bar:
            for start in range(0, len(rows), batch):
                texts, seeds = map(list, zip(*rows[start : start + batch]))
                yield to_uint8(self.pipeline.generate(texts, seeds, replace(settings, size=size)))
                bar.update(len(texts))


class BinaryPainter:
    """Runs `BINARY generate` once a prompt: slow, but what users get."""

    name = "binary"

    def __init__(self, binary: Path, model: Path) -> None:
        if not binary.is_file():
            raise FileNotFoundError(f"--binary {binary}: no such file")
        self.binary, self.model = binary, model

    def paint(self, prompts: list[str], each: int, settings: Settings, size: int, title: str) -> np.ndarray:
        return np.stack([picture for i, prompt in enumerate(tqdm(prompts, desc=title, unit="prompt", leave=False))
                         for picture in self._one(prompt, seeds_of(i, each), settings, size)])  # fmt: skip

    def _one(self, prompt: str, seeds: list[int], settings: Settings, size: int) -> list[np.ndarray]:
        with tempfile.TemporaryDirectory() as folder:
            command = [str(self.binary), "generate", prompt, "--model", str(self.model), "--trust", "-q",
                       "-n", str(len(seeds)), "--seed", str(seeds[0]), "--size", str(size), "-o", f"{folder}/",
                       "--prior-steps", str(settings.prior_steps), "--prior-guidance", str(settings.prior_guidance),
                       "--sampler", settings.sampler, "--steps", str(settings.steps), "--eta", str(settings.eta),
                       "--guidance", str(settings.guidance), "--classifier-scale", str(settings.classifier_scale),
                       "--guidance-from", str(settings.interval[0]), "--guidance-until", str(settings.interval[1]),
                       "--prior-candidates", str(settings.prior_candidates)]  # fmt: skip
            if settings.upsampler_steps:
                command += ["--upsampler-steps", str(settings.upsampler_steps)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(
                    f"{' '.join(command)}\nended with {done.returncode}: {done.stderr.strip()}"
                )
            return [premultiplied(Path(line)) for line in done.stdout.splitlines()]

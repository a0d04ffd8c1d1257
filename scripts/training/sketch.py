"""Trains the fine sketch: an image embedding -> the picture that it is of, as far as 256 numbers tell.

    python -m scripts.training.sketch --work DIR/sketch

CLIP's own sketch, with which the image encoder was trained, knows less than its embeddings hold. From it this one goes on
alone, the encoder frozen, by squared error. Pictures are of the parts that scenes are put together from, and some of
whole scenes; they are drawn and embedded once. losses.csv has the error of held-out pictures (values in [-1, 1]).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.data.tensors import channels_first, to_signed
from scripts.networks.sketch import FineSketch, Sketch
from scripts.training.arrays import ArrayFolder
from scripts.training.checkpoint import load_trained
from scripts.training.clip import TARGET_WIDTH, clip_folder, load_clip, load_sketch
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.loop import Task, prepare, train
from scripts.training.parts import parts_of
from scripts.training.scenes import CHUNK, embed_pictures
from scripts.training.sheets import save_sheet

AGAIN = 0.02  # share of the parts drawn before that are taken once more
SHEET_COLUMNS = 12


@dataclass
class SketchConfig(LoopConfig):
    batch: int = option(128, "pictures in a step")
    lr: float = option(2e-3, "peak learning rate")
    cooldown: float = option(0.5, "last share of the run in which the learning rate falls linearly to 0")
    workers: int = option(0, "processes that make batches; pictures are ready in memory")
    evaluate_every: int = option(100, "steps between held-out evaluations (0: never)")
    sample_every: int = option(500, "steps between sample sheets (0: never)")
    clip: Path = option(None, "work folder of CLIP (default: ../clip from the work folder)")
    bank: Path = option(None, "sprite bank (default: ../bank)")
    drawings: Path = option(None, "folder of pictures, made where it is missing (default: ../drawings)")
    count: int = option(140_000, "pictures to draw: 16 kB each")
    whole: float = option(0.15, "whole scenes for each scene whose parts are drawn")
    held_out: int = option(1000, "held-out pictures (concept x style) for evaluation")


@dataclass
class Drawings(ArrayFolder):
    pictures: np.ndarray  # [N, 64, 64, 4] uint8
    embeddings: np.ndarray  # [N, E] float16, unit rows

    def batch(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Pictures [B, 4, 64, 64] uint8 and unit embeddings [B, E]."""
        rows = np.sort(rows)  # neighbours on disk
        embeddings = torch.from_numpy(self.embeddings[rows].astype(np.float32))
        return channels_first(np.ascontiguousarray(self.pictures[rows])), F.normalize(embeddings, dim=1)


def make_drawings(
    composer: Composer, image_encoder: nn.Module, count: int, whole: float, seed: int, device: str = "cpu"
) -> Drawings:
    """Parts of scenes by themselves, each once but for a few, and whole scenes."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    seen: set[Hashable] = set()
    pictures: list[np.ndarray] = []
    with tqdm(total=count, desc="drawings", unit="picture", mininterval=5) as progress:
        while len(pictures) < count:
            scene = composer.sample(rng, painted=False)
            before = len(pictures)
            for part in filter(None, parts_of(composer, scene, scene.caption)[0]):
                if part.drawn not in seen or rng.random() < AGAIN:
                    seen.add(part.drawn)
                    pictures.append(composer.render_alone(part.drawn))
            if rng.random() < whole:
                pictures.append(composer.render(scene.spec))
            progress.update(len(pictures) - before)
    pictures = pictures[:count]
    embeddings = [
        embed_pictures(image_encoder, pictures[start : start + CHUNK], device)
        for start in tqdm(range(0, count, CHUNK), desc="embeddings", unit="batch", mininterval=5)
    ]
    return Drawings(np.stack(pictures), np.concatenate(embeddings))


class SketchTask(Task):
    def __init__(self, config: SketchConfig, sketch: Sketch, drawings: Drawings, held_out: Drawings) -> None:
        self.config, self.drawings, self.held_out = config, drawings, held_out
        self.module = FineSketch(sketch.train().requires_grad_(True))

    def make_batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        return self.drawings.batch(rng.integers(len(self.drawings.pictures), size=self.config.batch))

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        return _error(module, batch), {}

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        rows = np.arange(len(self.held_out.pictures))
        device = next(module.parameters()).device
        batches = [
            [part.to(device) for part in self.held_out.batch(part)]
            for part in np.array_split(rows, max(1, len(rows) // CHUNK))
        ]
        return {"held_out": float(np.mean([_error(module, batch).item() for batch in batches]))}

    def sample(self, module: nn.Module, step: int) -> None:
        pictures, embeddings = self.held_out.batch(np.arange(SHEET_COLUMNS))
        device = next(module.parameters()).device
        drawn = draw(module, embeddings.to(device)).float().cpu()
        path = self.config.work / "sheets" / f"sketches_{step:07d}.png"
        save_sheet(path, [("real", to_signed(pictures)), ("sketch", drawn)], [""] * SHEET_COLUMNS, scale=2)


def draw(sketch: nn.Module, embeddings: Tensor) -> Tensor:
    """Of unit embeddings [B, E]."""
    return sketch(embeddings * embeddings.shape[1] ** 0.5)


def _error(sketch: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    pictures, embeddings = batch
    return F.mse_loss(draw(sketch, embeddings).float(), to_signed(pictures))


def load_fine_sketch(work: Path) -> FineSketch:
    """The trained network: averaged weights, eval(), frozen."""
    sketch = FineSketch(Sketch(TARGET_WIDTH))
    sketch.load_state_dict(load_trained(work, "sketch")["ema"])
    return sketch.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(SketchConfig, "sketch", "Trains the fine sketch.")
    prepare(config)
    beside = config.work.parent
    clip = config.clip or clip_folder(beside)
    bank, folder = config.bank or beside / "bank", config.drawings or beside / "drawings"
    _, _, image_encoder = load_clip(clip)

    def drawn(split: str, count: int, seed: int) -> Drawings:
        composer = Composer(bank, split=split, size=64, curriculum=0.7, staged=0.25)
        return make_drawings(composer, image_encoder, count, config.whole, seed)

    if not folder.exists():
        drawn("train", config.count, config.seed).save(folder)
    train(
        SketchTask(config, load_sketch(clip), Drawings.load(folder), drawn("test", config.held_out, 1)),
        config,
    )


if __name__ == "__main__":
    main()

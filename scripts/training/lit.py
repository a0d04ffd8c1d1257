"""Teaches the text encoder to find pictures for an image encoder that stays as it is (locked-image tuning, LiT: Zhai et
al. 2022).

    python -m scripts.training.lit --work DIR/lit --clip DIR/clip

Pictures are embedded once, so a step costs the text encoder only, and whatever was trained on image embeddings stays
valid. The result is a work folder of CLIP as scripts.training.clip makes it. The lessons go on here too, and more of the
captions are in other languages, which the first training has rarely.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.data.compose import Composer
from scripts.training.checkpoint import load_checkpoint, save_checkpoint
from scripts.training.clip import Clip, ClipConfig, ClipTask, equal_rows, load_clip, siglip_loss
from scripts.training.config import option, parse_config
from scripts.training.loop import prepare, train
from scripts.training.scenes import Scenes, load_or_make
from scripts.training.teacher import LessonBook
from scripts.training.text import LESSONS
from scripts.training.tokenizer import Tokenizer

FIT = 4096  # lessons from which the distillation head is found again


@dataclass
class LitConfig(ClipConfig):
    steps: int = option(20_000, "stop after this many optimiser steps in all")
    batch: int = option(512, "pairs in a step")
    workers: int = option(0, "processes that make batches; scenes are ready in memory")
    clip: Path = option(None, "work folder of the CLIP to go on from (default: ../clip)")
    scenes: Path = option(None, "file of embedded scenes, made where it is missing (default: ../scenes.npz)")
    scene_count: int = option(200_000, "scenes to make")
    captions: int = option(6, "captions of each")
    lessons: int = option(192, "pairs of lessons in a step")
    names: int = option(2000, "concept names in other languages, for evaluation")


class LitTask(ClipTask):
    """CLIP's task on scenes that are embedded already."""

    def __init__(
        self,
        config: LitConfig,
        tokenizer: Tokenizer,
        book: LessonBook,
        composer: Composer,
        unseen: Composer,
        scenes: Scenes,
    ) -> None:
        super().__init__(config, tokenizer, book, composer, unseen)
        self.scenes = scenes
        self.module.image.requires_grad_(False)
        self.module.sketch.requires_grad_(False)
        self.drawings = self._drawings()
        names = [
            (name, concept)
            for concept in self.drawings
            for code, name in composer.bank.concepts[concept].names.items()
            if not code.startswith("en")
        ]
        order = np.random.default_rng(3).permutation(len(names))
        self.names = [names[row] for row in order[: config.names]]

    def _drawings(self) -> dict[str, Tensor]:
        """Of every concept, the centred mean embedding of the scenes that show it alone."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, subject in enumerate(self.scenes.subjects):
            if subject in self.composer.bank.concepts:
                rows[subject].append(row)
        means = {
            concept: self.scenes.image_embeddings(np.array(own)).mean(0) for concept, own in rows.items()
        }
        centre = torch.stack(list(means.values())).mean(0)
        return {concept: F.normalize(mean - centre, dim=0) for concept, mean in means.items()}

    def make_batch(self, rng: np.random.Generator) -> dict[str, Any]:
        rows = rng.integers(len(self.scenes), size=self.config.batch)
        captions = [own[rng.integers(len(own))] for own in (self.scenes.captions[row] for row in rows)]
        order, texts = self.text_parts(captions)
        return {
            "pictures": self.scenes.image_embeddings(rows[order]),
            "texts": texts,
            "same": equal_rows([captions[index] for index in order]),
            "ignored": equal_rows([self.scenes.subjects[row] for row in rows[order]]),
            **self.lesson_batch(rng),
        }

    def evaluate(self, module: Clip) -> dict[str, float]:
        """As CLIP's; and how many names in other languages are nearer to their own concept's drawings than to others'."""
        concepts, drawings = list(self.drawings), torch.stack(list(self.drawings.values()))
        texts = self.embed_texts(module, [name for name, _ in self.names])
        nearest = (texts @ drawings.T).argmax(1).tolist()
        right = [concepts[guess] == concept for guess, (_, concept) in zip(nearest, self.names, strict=True)]
        return super().evaluate(module) | {"foreign_names": float(np.mean(right))}

    @torch.no_grad()
    def begin(self, clip: dict[str, Tensor]) -> None:
        """Starts at trained weights. What an exported package has not is solved for: distillation head, scale and bias."""
        self.module.load_state_dict(clip)
        rng = np.random.default_rng(7)
        encoder, head = self.module.text.encoder, self.module.text.head
        draws = [self.sampler.draw(rng, 256) for _ in range(FIT // 256)]  # of one length each
        features = torch.cat([encoder.features(*self.sampler.tokens(rows))[0] for rows in draws])
        targets = self.sampler.targets(np.concatenate(draws))
        centre = features.mean(0)
        inputs = features - centre
        gram = inputs.T @ inputs
        ridge = 1e-3 * gram.diagonal().mean() * torch.eye(len(gram))
        head.weight.copy_(torch.linalg.solve(gram + ridge, inputs.T @ (targets - targets.mean(0))).T)
        head.bias.copy_(targets.mean(0) - head.weight @ centre)
        self._fit_scale(self.make_batch(rng))

    @torch.enable_grad()
    def _fit_scale(self, batch: dict[str, Any]) -> None:
        module, same, ignored = self.module, batch["same"], batch["ignored"]
        with torch.no_grad():
            texts = torch.cat([module.text.encoder(ids, mask)[0] for ids, mask in batch["texts"]])
        similarity = batch["pictures"] @ texts.T
        optimizer = torch.optim.Adam([module.log_scale, module.bias], lr=0.05)
        for _ in range(300):
            optimizer.zero_grad()
            siglip_loss(similarity, same, ignored, module.log_scale.exp(), module.bias).backward()
            optimizer.step()


def main() -> None:
    config = parse_config(LitConfig, "lit", "Tunes the text encoder to a locked image encoder.")
    beside = config.work.parent
    config.seed = max(config.seed, 0)
    config.bank, config.text = config.bank or beside / "bank", config.text or beside / "text"
    clip = config.clip or beside / "clip"
    prepare(config)
    tokenizer, _, image_encoder = load_clip(clip)
    train_composer, test_composer = (
        Composer(config.bank, split=split, size=64, curriculum=config.curriculum)
        for split in ("train", "test")
    )
    scenes = load_or_make(
        config.scenes or beside / "scenes.npz", train_composer, image_encoder, config.scene_count,
        config.captions, seed=config.seed + 17,
    )  # fmt: skip
    book = LessonBook.load(config.text / LESSONS)
    task = LitTask(config, tokenizer, book, train_composer, test_composer, scenes)
    state = load_checkpoint(config.work)
    if state is None:
        task.begin(load_checkpoint(clip)["ema"])
        if not config.dry_run:
            config.work.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tokenizer.path, config.work / "tokenizer.model")
    elif "optimizers" not in state and not config.dry_run:  # of scripts.training.from_package
        task.begin(state["ema"])
        weights = task.module.state_dict()
        save_checkpoint(config.work, state | {"weights": weights, "ema": weights})
    train(task, config)


if __name__ == "__main__":
    main()

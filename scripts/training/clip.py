"""Trains text and image encoder to agree on which caption is of which picture (CLIP with the sigmoid loss).

    python -m scripts.training.clip --work DIR/clip --bank DIR
    python -m scripts.training.clip --work DIR/evaluator --bank DIR --role evaluator

The loss is SigLIP's (Zhai et al. 2023): every picture-caption pair of the batch is a yes-no question, so captions that
happen to fit several pictures do no harm. The lessons of scripts.training.text go on in every step: words that no
caption has keep their meaning, and texts that mean the same are drawn together in the joint space too.

The generator's image encoder must also let a coarse picture be drawn from its embedding (scripts.networks.sketch),
so that the decoder learns sooner what to draw where.

The evaluator has other sizes, another seed and its own text encoder; nothing that it judges may be made with it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.data.compose import Composer
from scripts.data.tensors import stacked, to_signed
from scripts.networks.image_encoder import ImageEncoder, ImageEncoderConfig
from scripts.networks.sketch import Sketch, sketch_target
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.checkpoint import NEWEST, load_checkpoint, load_trained, under
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.loop import Task, train
from scripts.training.sheets import save_sheet
from scripts.training.teacher import LessonBook, Teacher
from scripts.training.text import LESSONS, LessonSampler, Student, distillation_loss, start_at_teacher
from scripts.training.tokenizer import Tokenizer, pad_rows

TARGET_WIDTH = 256
SHEET_COLUMNS = 10
TEXT_CHUNKS = 4  # captions of a batch, sorted by length, are encoded in this many parts that pad little


@dataclass
class Role:
    text_width: int
    text_layers: int
    image_widths: list[int]
    image_blocks: list[int]
    seed: int
    sketch: bool = False


ROLES = {
    "generator": Role(256, 6, [64, 144, 288], [1, 2, 2], seed=0, sketch=True),
    "evaluator": Role(192, 4, [48, 128, 320], [1, 1, 2], seed=101),
}


TUNED = ("nouns", "lit")  # work folders of CLIP that scripts.training.nouns and .lit make, the last first


@dataclass
class ClipConfig(LoopConfig):
    steps: int = option(4000, "stop after this many optimiser steps in all")
    batch: int = option(256, "pairs in a step")
    lr: float = option(1e-3, "peak learning rate")
    evaluate_every: int = option(200, "steps between held-out evaluations")
    sample_every: int = option(400, "steps between printed retrievals")
    seed: int = option(-1, "seed of everything (default: the role's)")
    role: str = option("generator", f"one of {', '.join(ROLES)}")
    bank: Path = option(None, "sprite bank (default: ../bank from the work folder)")
    tokenizer: Path = option(None, "tokenizer.model (default: ../tokenizer/tokenizer.model)")
    text: Path = option(None, "work folder of scripts.training.text (default: ../text)")
    curriculum: float = option(0.25, "share of composed scenes")
    lessons: int = option(64, "pairs of lessons in a step")
    lesson_weight: float = option(1.0, "weight of distillation")
    held_out: int = option(1024, "scenes of known combinations, and of held-out ones, for evaluation")
    sketch_weight: float = option(20.0, "weight of the squared error of sketches, for roles that sketch")
    pair_weight: float = option(0.5, "weight of the contrastive loss between texts of the same meaning")


def siglip_loss(similarity: Tensor, same: Tensor, ignored: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Sum over pairs of -log sigmoid(+-(scale * similarity + bias)) per row; `same` says which pairs belong together."""
    sign = same.float() * 2 - 1
    losses = -F.logsigmoid(sign * (scale * similarity.float() + bias))
    return losses.masked_fill(ignored & ~same, 0.0).sum() / len(similarity)


def image_config(role: Role) -> ImageEncoderConfig:
    return ImageEncoderConfig(widths=role.image_widths, blocks=role.image_blocks)


class Clip(nn.Module):
    """forward(pictures, texts, lesson_ids, lesson_mask) -> image, text, lesson embeddings and teacher guesses.

    pictures: [B, 4, 64, 64], or their embeddings [B, E]; texts: (ids, mask) of consecutive parts of the batch.
    """

    def __init__(self, role: Role, vocabulary: int) -> None:
        super().__init__()
        text = TextEncoderConfig(vocabulary=vocabulary, width=role.text_width, layers=role.text_layers)
        self.text = Student(text, TARGET_WIDTH)
        images = image_config(role)
        self.image = ImageEncoder(images)
        self.sketch = Sketch(images.embedding) if role.sketch else None
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(
        self, pictures: Tensor, texts: list[list[Tensor]], lesson_ids: Tensor, lesson_mask: Tensor
    ) -> dict[str, Tensor | None]:
        lesson_feature, _ = self.text.encoder.features(lesson_ids, lesson_mask)
        embedded = pictures.dim() == 2
        image = pictures if embedded else self.image(pictures)
        return {
            "image": image,
            "sketch": None if embedded or self.sketch is None else self.draw(image),
            "text": torch.cat([self.text.encoder(ids, mask)[0] for ids, mask in texts]),
            "lesson": F.normalize(self.text.encoder.projection(lesson_feature), dim=-1),
            "teacher": F.normalize(self.text.head(lesson_feature).float(), dim=-1),
            "scale": self.log_scale.clamp(max=4.6).exp(),
            "bias": self.bias,
        }

    def draw(self, image_embedding: Tensor) -> Tensor:
        return self.sketch(image_embedding * image_embedding.shape[1] ** 0.5)


def equal_rows(keys: list[Any]) -> Tensor:
    """[B, B] bool: which entries are equal."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    row = torch.tensor([numbers[key] for key in keys])
    return row[:, None] == row[None, :]


def hits(similarity: Tensor, same: Tensor) -> Tensor:
    """[N] 1 where the most similar caption of a row is the right one."""
    return same.gather(1, similarity.argmax(-1, keepdim=True)).float().squeeze(1)


class ClipTask(Task):
    def __init__(
        self,
        config: ClipConfig,
        tokenizer: Tokenizer,
        book: LessonBook,
        composer: Composer,
        unseen: Composer,
    ) -> None:
        self.config, self.tokenizer, self.book, self.composer = config, tokenizer, book, composer
        self.sampler = LessonSampler(book, tokenizer, np.arange(len(book.texts)))
        self.module = Clip(ROLES[config.role], len(tokenizer))
        self.seen_scenes = self._scenes(composer, config.held_out)
        self.unseen_scenes = self._scenes(unseen, config.held_out)

    def _scenes(self, composer: Composer, count: int) -> tuple[Tensor, list[str]]:
        rng = np.random.default_rng(987_654_321)
        scenes = [composer.sample(rng) for _ in range(count)]
        return stacked(scenes), [scene.caption for scene in scenes]

    def make_batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        scenes = [self.composer.sample(rng) for _ in range(self.config.batch)]
        order, texts = self.text_parts([scene.caption for scene in scenes])
        scenes = [scenes[index] for index in order]
        return {
            "pictures": stacked(scenes),
            "texts": texts,
            "same": equal_rows([scene.caption for scene in scenes]),
            # A caption without the style fits another picture of the same things: neither yes nor no.
            "ignored": equal_rows([tuple(sorted(scene.concepts)) for scene in scenes]),
            **self.lesson_batch(rng),
        }

    def text_parts(self, captions: list[str]) -> tuple[list[int], list[list[Tensor]]]:
        """The order that sorts captions by length, and their (ids, mask) in that order, in parts that pad little."""
        rows = self.tokenizer.rows(captions)
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        size = -(-len(rows) // TEXT_CHUNKS)
        parts = [
            [rows[index] for index in order[start : start + size]] for start in range(0, len(rows), size)
        ]
        return order, [list(pad_rows(part)) for part in parts]

    def lesson_batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        lessons = self.sampler.draw(rng, self.config.lessons)
        partners = np.where(self.book.partners[lessons] >= 0, self.book.partners[lessons], lessons)
        both = np.concatenate([lessons, partners])
        lesson_ids, lesson_mask = self.sampler.tokens(both)
        return {
            "lesson_ids": lesson_ids,
            "lesson_mask": lesson_mask,
            "lesson_target": self.sampler.targets(both),
            "lesson_same": equal_rows(partners.tolist()),
        }

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        pictures = batch["pictures"]
        if pictures.dim() == 4:
            pictures = to_signed(pictures)
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        out = module(pictures, batch["texts"], batch["lesson_ids"], batch["lesson_mask"])
        similarity = out["image"].float() @ out["text"].float().T
        pairs = siglip_loss(similarity, batch["same"], batch["ignored"], out["scale"], out["bias"])
        first, second = out["lesson"].float().chunk(2)
        never = torch.zeros_like(batch["lesson_same"])
        synonyms = siglip_loss(first @ second.T, batch["lesson_same"], never, out["scale"], out["bias"])
        meaning = distillation_loss(out["teacher"], batch["lesson_target"])
        extras = {
            "contrastive": pairs.detach(),
            "synonyms": synonyms.detach(),
            "meaning": meaning.detach(),
            "top1": hits(similarity.detach(), batch["same"]).mean(),
            "scale": out["scale"].detach(),
        }
        loss = pairs + self.config.pair_weight * synonyms + self.config.lesson_weight * meaning
        if out["sketch"] is not None:
            error = F.mse_loss(out["sketch"].float(), sketch_target(pictures))
            extras["sketch"] = error.detach()
            loss = loss + self.config.sketch_weight * error
        return loss, extras

    def describe(self, batch: Any) -> str:
        return "; ".join(self.tokenizer.pieces.decode(row.tolist()) for row in batch["texts"][0][0][:8])

    def _retrieval(self, module: Clip, scenes: tuple[Tensor, list[str]]) -> tuple[Tensor, Tensor]:
        """(image-to-text similarity [N, N], which captions are equal [N, N])."""
        pictures, captions = scenes
        device = next(module.parameters()).device
        parts = [module.image(to_signed(part).to(device)).float().cpu() for part in pictures.split(250)]
        return torch.cat(parts) @ self.embed_texts(module, captions).T, equal_rows(captions)

    def embed_texts(self, module: Clip, texts: list[str]) -> Tensor:
        """[N, E] on the CPU."""
        device, parts = next(module.parameters()).device, []
        for start in range(0, len(texts), 250):
            ids, mask = self.tokenizer(texts[start : start + 250])
            parts.append(module.text.encoder(ids.to(device), mask.to(device))[0].float().cpu())
        return torch.cat(parts)

    def evaluate(self, module: Clip) -> dict[str, float]:
        """Image-to-text accuracy among 256 new scenes of known combinations, and among all held-out scenes."""
        similarity, same = self._retrieval(module, self.seen_scenes)
        parts = [slice(start, start + 256) for start in range(0, len(same), 256)]
        known = torch.cat([hits(similarity[part, part], same[part, part]) for part in parts])
        return {
            "top1_of_256": float(known.mean()),
            f"recall1_of_{self.config.held_out}": float(
                hits(*self._retrieval(module, self.unseen_scenes)).mean()
            ),
        }

    def sample(self, module: Clip, step: int) -> None:
        similarity, _ = self._retrieval(module, self.unseen_scenes)
        captions = self.unseen_scenes[1]
        print(f"\nstep {step}: captions of held-out scenes  <-  the nearest to the picture")
        for row in np.random.default_rng(step).integers(len(captions), size=6):
            print(f"  {captions[row]}  <-  {captions[int(similarity[row].argmax())]}")
        if module.sketch is not None:
            self._save_sketches(module, step)

    def _save_sketches(self, module: Clip, step: int) -> None:
        pictures, captions = self.unseen_scenes
        real = to_signed(pictures[:SHEET_COLUMNS]).to(next(module.parameters()).device)
        rows = [("real", sketch_target(real)), ("sketch", module.draw(module.image(real)))]
        path = self.config.work / "sheets" / f"sketches_{step:07d}.png"
        save_sheet(path, rows, captions[:SHEET_COLUMNS], scale=3)


def clip_folder(works: Path, tuned: tuple[str, ...] = TUNED) -> Path:
    """Of the work folders in `works` the one of CLIP: the first of `tuned` that is there, else as it was first trained."""
    return next((works / name for name in tuned if (works / name / NEWEST).exists()), works / "clip")


def load_clip(work: Path) -> tuple[Tokenizer, TextEncoder, ImageEncoder]:
    """Frozen tokenizer, text and image encoder (averaged weights) of a CLIP work folder."""
    state = load_trained(work, "CLIP")
    tokenizer = Tokenizer(work / "tokenizer.model")
    clip = Clip(ROLES[state["config"]["role"]], len(tokenizer))
    clip.load_state_dict(state["ema"])
    clip.eval().requires_grad_(False)
    return tokenizer, clip.text.encoder, clip.image


def load_sketch(work: Path) -> Sketch:
    """The frozen sketch of a CLIP work folder (averaged weights)."""
    state = load_trained(work, "CLIP")
    weights = under("sketch.", state["ema"])
    sketch = Sketch(TARGET_WIDTH)
    sketch.load_state_dict(weights)
    return sketch.eval().requires_grad_(False)


def start_clip(module: Clip, config: ClipConfig, tokenizer: Tokenizer, book: LessonBook) -> None:
    """The generator goes on from the distilled text encoder, the evaluator from its own."""
    if config.role == "generator":
        state = load_checkpoint(config.text)
        if state is None:
            raise FileNotFoundError(
                f"--text {config.text}: no checkpoint there; run scripts.training.text first"
            )
        module.text.load_state_dict(state["ema"])
    else:
        start_at_teacher(module.text.encoder, tokenizer, Teacher(), book)


def main() -> None:
    config = parse_config(ClipConfig, "clip", "Trains the CLIP text and image encoders.")
    if config.role not in ROLES:
        raise SystemExit(f"--role {config.role}: must be one of {', '.join(ROLES)}")
    beside = config.work.parent
    config.seed = ROLES[config.role].seed if config.seed < 0 else config.seed
    config.bank = config.bank or beside / "bank"
    config.text = config.text or beside / "text"
    torch.manual_seed(config.seed)
    own_tokenizer = config.work / "tokenizer.model"  # a copy, because ids must never change under the weights
    trained = beside / "tokenizer" / "tokenizer.model"
    tokenizer = Tokenizer(own_tokenizer if own_tokenizer.exists() else config.tokenizer or trained)
    book = LessonBook.load(config.text / LESSONS)
    composers = [
        Composer(config.bank, split=split, size=64, curriculum=config.curriculum)
        for split in ("train", "test")
    ]
    task = ClipTask(config, tokenizer, book, *composers)
    if not (config.work / "checkpoint.pt").exists():
        start_clip(task.module, config, tokenizer, book)
        if not config.dry_run:
            config.work.mkdir(parents=True, exist_ok=True)
            if not own_tokenizer.exists():
                shutil.copyfile(tokenizer.path, own_tokenizer)
    train(task, config)


if __name__ == "__main__":
    main()

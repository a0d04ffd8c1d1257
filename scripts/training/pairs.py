"""What the frozen text encoder makes of the captions of many scenes, with the image embeddings of what is in them and
where it stands: what splitter, prior and layout learn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.training.arrays import ArrayFolder
from scripts.training.clip import clip_folder, load_clip
from scripts.training.config import LoopConfig, option
from scripts.training.parts import NOTHING, SceneParts, make_parts
from scripts.training.precision import autocast
from scripts.training.scenes import half
from scripts.training.tokenizer import Tokenizer, pad_rows

CHUNK = 256  # texts encoded in one call
DRY_RUN_SCENES = 2048
LENGTHS = 4  # parts of a batch, from short texts to long ones


@dataclass
class PairsConfig(LoopConfig):
    workers: int = option(0, "processes that make batches; pairs are ready in memory")
    clip: Path = option(None, "work folder of CLIP (default: ../clip from the work folder)")
    bank: Path = option(None, "sprite bank (default: ../bank)")
    pairs: Path = option(None, "folder of pairs, made where it is missing (default: ../pairs)")
    scene_count: int = option(200_000, "scenes to make")
    captions: int = option(3, "captions of each: 6 kB each on disk")
    curriculum: float = option(0.7, "share of composed scenes")
    staged: float = option(0.25, "share of scenes staged as one of the six tasks, before that")
    held_out: int = option(1000, "held-out scenes (concept x style) for evaluation")


@dataclass
class Pairs(ArrayFolder):
    """Embeddings (unit rows), and the token states of the texts, all float16.

    States of different lengths lie one after the other: those of text k are rows starts[k] to starts[k + 1].
    """

    texts: np.ndarray  # [N, E]
    states: np.ndarray  # [all tokens, W]
    starts: np.ndarray  # [N + 1] int64
    parts: np.ndarray  # [N, PARTS]: rows of `alone`, NOTHING where a scene has fewer
    alone: np.ndarray  # [M, E]: parts by themselves
    said: np.ndarray  # [N, PARTS]: rows of `names`, NOTHING like `parts`
    names: np.ndarray  # [L, E]: embeddings of what the texts say of the parts, each by itself
    layouts: np.ndarray  # [N, LAYOUT], see networks/places.py

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each text."""
        return np.diff(self.starts)

    def text(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """(text_embedding [B, E], token_states [B, T, W], mask [B, T]) as the text encoder gives them."""
        starts, lengths = self.starts[rows], self.lengths[rows]
        mask = np.arange(max(1, lengths.max())) < lengths[:, None]
        states = np.zeros((*mask.shape, self.states.shape[1]), np.float32)
        states[mask] = self.states[
            np.concatenate([np.arange(s, s + n) for s, n in zip(starts, lengths, strict=True)])
        ]
        return (
            self.text_embeddings(rows),
            torch.from_numpy(states),
            torch.from_numpy(mask),
        )

    def text_embeddings(self, rows: np.ndarray | slice) -> Tensor:
        return torch.from_numpy(self.texts[rows].astype(np.float32))

    def part_embeddings(self, rows: np.ndarray) -> Tensor:
        """[B, PARTS, E] of pictures of single parts; zeros where there is none."""
        return self._where_there_is(self.parts[rows], self.alone)

    def part_texts(self, rows: np.ndarray) -> Tensor:
        """[B, PARTS, E] of what the texts say of single parts; zeros where there is none."""
        return self._where_there_is(self.said[rows], self.names)

    @staticmethod
    def _where_there_is(rows: np.ndarray, embeddings: np.ndarray) -> Tensor:
        return torch.from_numpy(embeddings[rows].astype(np.float32) * (rows != NOTHING)[..., None])

    def layout_vectors(self, rows: np.ndarray) -> Tensor:
        """[B, LAYOUT]."""
        return torch.from_numpy(self.layouts[rows].astype(np.float32))

    def of_like_length(self, rows: np.ndarray) -> list[np.ndarray]:
        """The rows in LENGTHS parts of like length; in one, half of what a step computes would be padding."""
        rows = rows[np.argsort(self.lengths[rows], kind="stable")]
        return np.array_split(rows, min(LENGTHS, len(rows)))


@torch.no_grad()
def make_pairs(
    scenes: SceneParts, tokenizer: Tokenizer, text_encoder: nn.Module, captions: int, device: str = "cpu"
) -> Pairs:
    """Pairs of every scene with each of its first `captions` captions, scene by scene. Texts of about one length are
    encoded together, so that next to nothing is padding."""
    text_encoder.to(device)
    caption_of, texts, caption = [], [], 0
    for own in scenes.captions:
        first: dict[str, int] = {}
        for k, text in enumerate(own[:captions]):
            first.setdefault(text, caption + k)
        caption += len(own)
        texts += first
        caption_of += first.values()
    embeddings, states, starts = encode(texts, tokenizer, text_encoder, device)
    return Pairs(
        embeddings,
        states,
        starts,
        scenes.parts[caption_of],
        scenes.alone,
        scenes.said[caption_of],
        encode(scenes.names, tokenizer, text_encoder, device)[0],
        scenes.layouts[caption_of],
    )


def encode(
    texts: list[str], tokenizer: Tokenizer, text_encoder: nn.Module, device: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings [N, E], states of all tokens and where those of each text start, as in Pairs."""
    rows = tokenizer.rows(texts)
    lengths = np.array([len(row) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    found = []
    for chunk in tqdm(chunks_of_like_length(lengths), desc="texts", unit="batch", mininterval=5):
        ids, mask = pad_rows([rows[row] for row in chunk])
        with autocast(device):
            text, states = text_encoder(ids.to(device), mask.to(device))
        found.append((chunk, half(text), half(states)))
    embeddings = np.empty((len(rows), found[0][1].shape[1]), np.float16)
    all_states = np.empty((starts[-1], found[0][2].shape[2]), np.float16)
    for chunk, text, states in found:
        embeddings[chunk] = text
        for row, own_states in zip(chunk, states, strict=True):
            all_states[starts[row] : starts[row + 1]] = own_states[: lengths[row]]
    return embeddings, all_states, starts


def chunks_of_like_length(lengths: np.ndarray) -> list[np.ndarray]:
    """Rows in parts of at most CHUNK, shortest first."""
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + CHUNK] for start in range(0, len(order), CHUNK)]


def training_pairs(config: PairsConfig) -> tuple[Pairs, Pairs]:
    """Pairs to train with, made and kept where there are none yet, and held-out ones."""
    beside = config.work.parent
    tokenizer, text_encoder, image_encoder = load_clip(config.clip or clip_folder(beside))

    def pairs(split: str, count: int, captions: int) -> Pairs:
        composer = Composer(
            config.bank or beside / "bank",
            split=split,
            size=64,
            curriculum=config.curriculum,
            staged=config.staged,
        )
        scenes = make_parts(composer, image_encoder, count, captions, config.seed + 17)
        return make_pairs(scenes, tokenizer, text_encoder, captions)

    held_out = pairs("test", config.held_out, 1)
    if config.dry_run:
        return pairs("train", DRY_RUN_SCENES, config.captions), held_out
    path = config.pairs or beside / "pairs"
    if not path.exists():
        pairs("train", config.scene_count, config.captions).save(path)
    return Pairs.load(path), held_out

"""Image embeddings of many scenes with what the frozen text encoder makes of their captions: the prior's training data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.training.precision import autocast
from scripts.training.scenes import Scenes, half
from scripts.training.tokenizer import Tokenizer, pad_rows

CHUNK = 256  # texts encoded in one call


@dataclass
class Pairs:
    """Embeddings [N, E] of pictures and texts (unit rows), and the token states of the texts, all float16.

    States of different lengths lie one after the other: those of text k are rows starts[k] to starts[k + 1].
    """

    images: np.ndarray  # [N, E]
    texts: np.ndarray  # [N, E]
    states: np.ndarray  # [all tokens, W]
    starts: np.ndarray  # [N + 1] int64

    def __len__(self) -> int:
        return len(self.images)

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
            torch.from_numpy(self.texts[rows].astype(np.float32)),
            torch.from_numpy(states),
            torch.from_numpy(mask),
        )

    def image_embeddings(self, rows: np.ndarray | slice) -> Tensor:
        return torch.from_numpy(self.images[rows].astype(np.float32))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, images=self.images, texts=self.texts, states=self.states, starts=self.starts)
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> Pairs:
        with np.load(path) as arrays:
            return Pairs(**arrays)


@torch.no_grad()
def make_pairs(
    scenes: Scenes, tokenizer: Tokenizer, text_encoder: nn.Module, captions: int, device: str = "cpu"
) -> Pairs:
    """Pairs of every scene with each of its first `captions` captions, scene by scene. Texts of about one length are
    encoded together, so that next to nothing is padding."""
    text_encoder.to(device)
    own = [list(dict.fromkeys(texts[:captions])) for texts in scenes.captions]
    scene_of = np.repeat(np.arange(len(scenes)), [len(texts) for texts in own])
    rows = tokenizer.rows([text for texts in own for text in texts])
    lengths = np.array([len(row) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    found = []
    for chunk in tqdm(chunks_of_like_length(lengths), desc="texts", unit="batch", mininterval=5):
        ids, mask = pad_rows([rows[row] for row in chunk])
        with autocast(device):
            text, states = text_encoder(ids.to(device), mask.to(device))
        found.append((chunk, half(text), half(states)))
    texts = np.empty((len(rows), found[0][1].shape[1]), np.float16)
    all_states = np.empty((starts[-1], found[0][2].shape[2]), np.float16)
    for chunk, text, states in found:
        texts[chunk] = text
        for row, own_states in zip(chunk, states, strict=True):
            all_states[starts[row] : starts[row + 1]] = own_states[: lengths[row]]
    return Pairs(scenes.images[scene_of], texts, all_states, starts)


def chunks_of_like_length(lengths: np.ndarray) -> list[np.ndarray]:
    """Rows in parts of at most CHUNK, shortest first."""
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + CHUNK] for start in range(0, len(order), CHUNK)]

"""Image embeddings of many scenes with what the frozen text encoder makes of their captions: the prior's training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.training.precision import autocast
from scripts.training.scenes import Scenes, half
from scripts.training.tokenizer import Tokenizer

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

    def text(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """(text_embedding [B, E], token_states [B, T, W], mask [B, T]) as the text encoder gives them."""
        starts, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
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
        np.savez(partial, **vars(self))
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> Pairs:
        with np.load(path) as arrays:
            return Pairs(**arrays)


@torch.no_grad()
def make_pairs(
    scenes: Scenes, tokenizer: Tokenizer, text_encoder: nn.Module, captions: int, device: str = "cpu"
) -> Pairs:
    """Pairs of every scene with each of its first `captions` captions, scene by scene."""
    text_encoder.to(device)
    own = [list(dict.fromkeys(texts[:captions])) for texts in scenes.captions]
    scene_of = np.repeat(np.arange(len(scenes)), [len(texts) for texts in own])
    flat = [text for texts in own for text in texts]
    texts, states, lengths = [], [], []
    for start in tqdm(range(0, len(flat), CHUNK), desc="texts", unit="batch", mininterval=5):
        with autocast(device):
            ids, mask = tokenizer(flat[start : start + CHUNK], trim=True)
            text, token_states = text_encoder(ids.to(device), mask.to(device))
        texts.append(half(text))
        states.append(half(token_states)[mask.numpy()])
        lengths.append(mask.sum(1).numpy())
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return Pairs(scenes.images[scene_of], np.concatenate(texts), np.concatenate(states), starts)

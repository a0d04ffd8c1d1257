"""What the frozen CLIP makes of many scenes and their captions, once: the prior's training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.training.tokenizer import Tokenizer

CHUNK = 256  # scenes embedded in one call


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
    composer: Composer,
    tokenizer: Tokenizer,
    text_encoder: nn.Module,
    image_encoder: nn.Module,
    count: int,
    seed: int,
    device: str = "cpu",
) -> Pairs:
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    text_encoder.to(device)
    images, texts, states, lengths = [], [], [], []
    for start in tqdm(range(0, count, CHUNK), desc="pairs", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(CHUNK, count - start))]
        pictures = (
            torch.from_numpy(np.stack([scene.picture for scene in scenes])).permute(0, 3, 1, 2).to(device)
        )
        with torch.autocast(device, torch.bfloat16):
            images.append(half(image_encoder(pictures.float() / 127.5 - 1)))
            ids, mask = tokenizer([scene.caption for scene in scenes], trim=True)
            text, token_states = text_encoder(ids.to(device), mask.to(device))
        texts.append(half(text))
        states.append(half(token_states)[mask.numpy()])
        lengths.append(mask.sum(1).numpy())
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return Pairs(np.concatenate(images), np.concatenate(texts), np.concatenate(states), starts)


def half(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy().astype(np.float16)

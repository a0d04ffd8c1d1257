"""Caption and image embedding of many scenes, made once with the frozen CLIP: the prior's training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.training.tokenizer import Tokenizer


@dataclass
class Pairs:
    ids: np.ndarray  # [N, T] int16, padded with 0
    embeddings: np.ndarray  # [N, E] float16, unit rows

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """(ids, mask), cut to the longest row."""
        ids = self.ids[rows]
        length = max(1, int((ids != 0).sum(1).max()))
        ids = torch.from_numpy(ids[:, :length].astype(np.int64))
        return ids, ids != 0

    def image_embeddings(self, rows: np.ndarray | slice) -> Tensor:
        return torch.from_numpy(self.embeddings[rows].astype(np.float32))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, ids=self.ids, embeddings=self.embeddings)
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> Pairs:
        with np.load(path) as arrays:
            return Pairs(arrays["ids"], arrays["embeddings"])


@torch.no_grad()
def make_pairs(
    composer: Composer,
    tokenizer: Tokenizer,
    image_encoder: nn.Module,
    count: int,
    seed: int,
    device: str = "cpu",
) -> Pairs:
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    ids, embeddings = [], []
    for start in tqdm(range(0, count, 256), desc="pairs", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(256, count - start))]
        pictures = (
            torch.from_numpy(np.stack([scene.picture for scene in scenes])).permute(0, 3, 1, 2).to(device)
        )
        with torch.autocast(device, torch.bfloat16):
            embedding = image_encoder(pictures.float() / 127.5 - 1)
        embeddings.append(embedding.float().cpu().numpy().astype(np.float16))
        ids.append(tokenizer([scene.caption for scene in scenes])[0].numpy().astype(np.int16))
    return Pairs(np.concatenate(ids), np.concatenate(embeddings))

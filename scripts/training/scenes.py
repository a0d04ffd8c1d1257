"""Scenes as the frozen image encoder sees them, each with several captions: whatever learns from text alone needs no
pictures any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.data.tensors import stacked, to_signed
from scripts.training.precision import autocast

CHUNK = 256  # scenes embedded in one call
CAPTIONS = 6  # of a scene, in files that several trainers share


@dataclass
class Scenes:
    """images: unit embeddings [N, E] float16; captions: true ones of each scene; subjects: what each shows."""

    images: np.ndarray
    captions: list[list[str]]
    subjects: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def image_embeddings(self, rows: np.ndarray | slice) -> Tensor:
        return torch.from_numpy(self.images[rows].astype(np.float32))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        words = json.dumps([self.captions, self.subjects], ensure_ascii=False).encode()
        np.savez(partial, images=self.images, words=np.frombuffer(words, np.uint8))
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> Scenes:
        with np.load(path) as arrays:
            return Scenes(arrays["images"], *json.loads(arrays["words"].tobytes()))


def half(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy().astype(np.float16)


@torch.no_grad()
def make_scenes(
    composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int, device: str = "cpu"
) -> Scenes:
    """captions: of each scene, in the composer's mix, but the second is in another language and the third has another
    word for the subject, where that can be said."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    images, texts, subjects = [], [], []
    for start in tqdm(range(0, count, CHUNK), desc="scenes", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(CHUNK, count - start))]
        pictures = to_signed(stacked(scenes))
        with autocast(device):
            images.append(half(image_encoder(pictures.to(device))))
        for scene in scenes:
            own = [scene.caption, *(composer.caption(scene.spec, rng) for _ in range(captions - 1))]
            if captions > 1 and (foreign := composer.captioner.foreign(scene.spec, rng)):
                own[1] = foreign
            if captions > 2 and (otherwise := composer.captioner.otherwise(scene.spec, rng)):
                own[2] = otherwise
            texts.append(own)
            subjects.append(", ".join(sorted(scene.concepts)))
    return Scenes(np.concatenate(images), texts, subjects)


def load_or_make(
    path: Path, composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int
) -> Scenes:
    """The scenes kept in `path`; made and kept there where there are none yet."""
    if not path.exists():
        make_scenes(composer, image_encoder, count, captions, seed).save(path)
    return Scenes.load(path)

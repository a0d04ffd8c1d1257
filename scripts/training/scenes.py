"""Scenes as the frozen image encoder sees them, each with several captions: a text encoder that learns from them needs no
pictures any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer, Scene
from scripts.data.tensors import channels_first, to_signed
from scripts.training.precision import autocast

CHUNK = 256  # scenes embedded in one call


@dataclass
class Scenes:
    """images: unit embeddings [N, E] float16; captions: true ones of each scene; subjects: what each shows."""

    images: np.ndarray
    captions: list[list[str]]
    subjects: list[str]

    def __len__(self) -> int:
        return len(self.captions)

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


def captions_of(composer: Composer, scene: Scene, count: int, rng: np.random.Generator) -> list[str]:
    """In the composer's mix, but the second is in another language and the third has another word for the subject, where
    that can be said."""
    own = [scene.caption, *(composer.caption(scene.spec, rng) for _ in range(count - 1))]
    if count > 1 and (foreign := composer.captioner.foreign(scene.spec, rng)):
        own[1] = foreign
    if count > 2 and (otherwise := composer.captioner.otherwise(scene.spec, rng)):
        own[2] = otherwise
    return own


@torch.no_grad()
def embed_pictures(image_encoder: nn.Module, pictures: list[np.ndarray], device: str) -> np.ndarray:
    """[N, E] float16 of RGBA pictures [H, W, 4] uint8."""
    with autocast(device):
        return half(image_encoder(to_signed(channels_first(np.stack(pictures))).to(device)))


def make_scenes(
    composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int, device: str = "cpu"
) -> Scenes:
    """captions: of each scene, see captions_of()."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    images, texts, subjects = [], [], []
    for start in tqdm(range(0, count, CHUNK), desc="scenes", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(CHUNK, count - start))]
        images.append(embed_pictures(image_encoder, [scene.picture for scene in scenes], device))
        texts += [captions_of(composer, scene, captions, rng) for scene in scenes]
        subjects += [", ".join(sorted(scene.concepts)) for scene in scenes]
    return Scenes(np.concatenate(images), texts, subjects)


def load_or_make(
    path: Path, composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int
) -> Scenes:
    """The scenes kept in `path`; made and kept there where there are none yet."""
    if not path.exists():
        make_scenes(composer, image_encoder, count, captions, seed).save(path)
    return Scenes.load(path)

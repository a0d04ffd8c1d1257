"""Scenes as the frozen image encoder sees them, each with several captions and with its single things: whatever learns
from text alone needs no pictures any more."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.data.tensors import channels_first, to_signed
from scripts.training.precision import autocast

CHUNK = 256  # scenes embedded in one call
CAPTIONS = 6  # of a scene, in files that several trainers share
THINGS = 2  # of a scene that are known by themselves
NOTHING = -1  # row of a thing that a scene lacks
ARRAYS = ("images", "things", "alone", "said")


@dataclass
class Scenes:
    """images: unit embeddings [N, E] float16; captions: true ones of each scene; subjects: what each shows.

    Of every caption, one after the other: the first THINGS that it mentions, as rows of `alone` (unit embeddings [M, E]
    float16 of pictures of one thing) and of `names` (what it says of the thing); NOTHING where it mentions fewer.
    """

    images: np.ndarray
    captions: list[list[str]]
    subjects: list[str]
    things: np.ndarray
    alone: np.ndarray
    said: np.ndarray
    names: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def image_embeddings(self, rows: np.ndarray | slice) -> Tensor:
        return torch.from_numpy(self.images[rows].astype(np.float32))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        words = json.dumps([self.captions, self.subjects, self.names], ensure_ascii=False).encode()
        arrays = {name: getattr(self, name) for name in ARRAYS}
        np.savez(partial, words=np.frombuffer(words, np.uint8), **arrays)
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> Scenes:
        with np.load(path) as arrays:
            captions, subjects, names = json.loads(arrays["words"].tobytes())
            return Scenes(
                captions=captions,
                subjects=subjects,
                names=names,
                **{name: arrays[name] for name in ARRAYS},
            )


def half(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy().astype(np.float16)


class Alone:
    """Embeddings of things by themselves, each drawn once."""

    def __init__(self, composer: Composer, embed: Callable[[list[np.ndarray]], np.ndarray]) -> None:
        self.composer, self.embed = composer, embed
        self.row_of: dict[Hashable, int] = {}
        self.waiting: list[np.ndarray] = []
        self.embedded: list[np.ndarray] = []

    def row(self, thing: Hashable) -> int:
        if thing not in self.row_of:
            self.row_of[thing] = len(self.row_of)
            self.waiting.append(self.composer.render_alone(thing))
            if len(self.waiting) == CHUNK:
                self._embed_waiting()
        return self.row_of[thing]

    def _embed_waiting(self) -> None:
        if self.waiting:
            self.embedded.append(self.embed(self.waiting))
            self.waiting = []

    def embeddings(self) -> np.ndarray:
        self._embed_waiting()
        return np.concatenate(self.embedded)


def filled_up(rows: list[int]) -> list[int]:
    return rows + [NOTHING] * (THINGS - len(rows))


@torch.no_grad()
def make_scenes(
    composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int, device: str = "cpu"
) -> Scenes:
    """captions: of each scene, in the composer's mix, but the second is in another language and the third has another
    word for the subject, where that can be said."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)

    def embed(pictures: list[np.ndarray]) -> np.ndarray:
        with autocast(device):
            return half(image_encoder(to_signed(channels_first(np.stack(pictures))).to(device)))

    alone, names = Alone(composer, embed), {}
    images, texts, subjects, things, said = [], [], [], [], []
    for start in tqdm(range(0, count, CHUNK), desc="scenes", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(CHUNK, count - start))]
        images.append(embed([scene.picture for scene in scenes]))
        for scene in scenes:
            own = [scene.caption, *(composer.caption(scene.spec, rng) for _ in range(captions - 1))]
            if captions > 1 and (foreign := composer.captioner.foreign(scene.spec, rng)):
                own[1] = foreign
            if captions > 2 and (otherwise := composer.captioner.otherwise(scene.spec, rng)):
                own[2] = otherwise
            texts.append(own)
            subjects.append(", ".join(sorted(scene.concepts)))
            for text in own:
                mentioned = composer.mentioned(scene, text)[:THINGS]
                things.append(filled_up([alone.row(thing) for thing, _ in mentioned]))
                said.append(filled_up([names.setdefault(words, len(names)) for _, words in mentioned]))
    return Scenes(
        np.concatenate(images),
        texts,
        subjects,
        np.array(things),
        alone.embeddings(),
        np.array(said),
        list(names),
    )


def load_or_make(
    path: Path, composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int
) -> Scenes:
    """The scenes kept in `path`; made and kept there where there are none yet."""
    if not path.exists():
        make_scenes(composer, image_encoder, count, captions, seed).save(path)
    return Scenes.load(path)

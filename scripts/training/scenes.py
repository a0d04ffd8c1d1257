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

from scripts.data.compose import Composer, Part, Scene
from scripts.data.tensors import channels_first, to_signed
from scripts.networks.places import THINGS, to_vector
from scripts.training.precision import autocast

CHUNK = 256  # scenes embedded in one call
NOTHING = -1  # row of a part that a scene lacks
ARRAYS = ("images", "parts", "alone", "said", "layouts")


@dataclass
class Scenes:
    """images: unit embeddings [N, E] float16, [0, E] if not painted; captions: true ones of each scene; subjects: what
    each shows.

    Of every caption, one after the other: its PARTS, which are the first THINGS that it mentions and the background, as
    rows of `alone` (unit embeddings [M, E] float16 of pictures of one part) and of `names` (what it says of the part);
    NOTHING for those that it does not mention. layouts [captions, LAYOUT] float16 say where they stand.
    """

    images: np.ndarray
    captions: list[list[str]]
    subjects: list[str]
    parts: np.ndarray
    alone: np.ndarray
    said: np.ndarray
    names: list[str]
    layouts: np.ndarray

    def __len__(self) -> int:
        return len(self.captions)

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
    """Embeddings of parts by themselves, each drawn once."""

    def __init__(self, composer: Composer, embed: Callable[[list[np.ndarray]], np.ndarray]) -> None:
        self.composer, self.embed = composer, embed
        self.row_of: dict[Hashable, int] = {}
        self.waiting: list[np.ndarray] = []
        self.embedded: list[np.ndarray] = []

    def row(self, drawn: Hashable) -> int:
        if drawn not in self.row_of:
            self.row_of[drawn] = len(self.row_of)
            self.waiting.append(self.composer.render_alone(drawn))
            if len(self.waiting) == CHUNK:
                self._embed_waiting()
        return self.row_of[drawn]

    def _embed_waiting(self) -> None:
        if self.waiting:
            self.embedded.append(self.embed(self.waiting))
            self.waiting = []

    def embeddings(self) -> np.ndarray:
        self._embed_waiting()
        return np.concatenate(self.embedded)


def parts_of(composer: Composer, scene: Scene, text: str) -> tuple[list[Part | None], np.ndarray]:
    """What a caption says there is, PARTS or None, and where, as a vector [LAYOUT]."""
    things, backdrop = composer.mentioned(scene, text)[:THINGS], composer.backdrop(scene, text)
    layout = to_vector([thing.places for thing in things], backdrop is not None)
    return [*things, *[None] * (THINGS - len(things)), backdrop], layout


@torch.no_grad()
def make_scenes(
    composer: Composer,
    image_encoder: nn.Module,
    count: int,
    captions: int,
    seed: int,
    device: str = "cpu",
    painted: bool = True,
) -> Scenes:
    """captions: of each scene, in the composer's mix, but the second is in another language and the third has another
    word for the subject, where that can be said."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)

    def embed(pictures: list[np.ndarray]) -> np.ndarray:
        with autocast(device):
            return half(image_encoder(to_signed(channels_first(np.stack(pictures))).to(device)))

    alone, names = Alone(composer, embed), {}
    images, texts, subjects, parts, said, layouts = [], [], [], [], [], []
    for start in tqdm(range(0, count, CHUNK), desc="scenes", unit="batch", mininterval=5):
        scenes = [composer.sample(rng, painted) for _ in range(min(CHUNK, count - start))]
        if painted:
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
                found, layout = parts_of(composer, scene, text)
                parts.append([alone.row(part.drawn) if part else NOTHING for part in found])
                said.append([names.setdefault(part.said, len(names)) if part else NOTHING for part in found])
                layouts.append(layout.astype(np.float16))
    embeddings = alone.embeddings()
    return Scenes(
        np.concatenate(images) if painted else embeddings[:0],
        texts,
        subjects,
        np.array(parts),
        embeddings,
        np.array(said),
        list(names),
        np.array(layouts),
    )


def load_or_make(
    path: Path, composer: Composer, image_encoder: nn.Module, count: int, captions: int, seed: int
) -> Scenes:
    """The scenes kept in `path`; made and kept there where there are none yet."""
    if not path.exists():
        make_scenes(composer, image_encoder, count, captions, seed).save(path)
    return Scenes.load(path)

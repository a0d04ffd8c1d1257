"""Scenes in parts: captions, what each says there is and where, and every part drawn by itself. The scenes themselves are
not painted: what learns from parts never sees them whole."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from scripts.data.compose import Composer, Part, Scene
from scripts.networks.places import THINGS, to_vector
from scripts.training.scenes import CHUNK, captions_of, embed_pictures

NOTHING = -1  # row of a part that a scene lacks


@dataclass
class SceneParts:
    """Of every caption, one after the other: its PARTS, which are the first THINGS that it mentions and the background, as
    rows of `alone` (unit embeddings [M, E] float16 of pictures of one part) and of `names` (what it says of the part);
    NOTHING for those that it does not mention. layouts [captions, LAYOUT] float16 say where they stand.
    """

    captions: list[list[str]]  # of each scene
    parts: np.ndarray
    alone: np.ndarray
    said: np.ndarray
    names: list[str]
    layouts: np.ndarray


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
def make_parts(
    composer: Composer,
    image_encoder: nn.Module,
    count: int,
    captions: int,
    seed: int,
    device: str = "cpu",
) -> SceneParts:
    """captions: of each scene, see captions_of()."""
    rng = np.random.default_rng(seed)
    image_encoder.to(device)
    alone = Alone(composer, lambda pictures: embed_pictures(image_encoder, pictures, device))
    names: dict[str, int] = {}
    texts, parts, said, layouts = [], [], [], []
    for _ in tqdm(range(count), desc="scenes", unit="scene", mininterval=5):
        scene = composer.sample(rng, painted=False)
        own = captions_of(composer, scene, captions, rng)
        for text in own:
            found, layout = parts_of(composer, scene, text)
            parts.append([alone.row(part.drawn) if part else NOTHING for part in found])
            said.append([names.setdefault(part.said, len(names)) if part else NOTHING for part in found])
            layouts.append(layout.astype(np.float16))
        texts.append(own)
    return SceneParts(
        texts, np.array(parts), alone.embeddings(), np.array(said), list(names), np.array(layouts)
    )

"""Says which concept a cut-out thing shows: the nearest of all candidates' drawings, in any style.

Nearness has two halves: the evaluator's embedding, and a blurred thumbnail of outline and shading that no training
could have bent. Things that were painted are compared without their colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from scripts.data.bank import Bank, Sprite
from scripts.evaluation.evaluator import Evaluator
from scripts.evaluation.segments import foreground, framed

THUMBNAIL = 16
THUMBNAIL_WEIGHT = 0.5  # of the similarity


def without_colour(pictures: np.ndarray) -> np.ndarray:
    """Gray pictures [N, S, S, 4] whose lightness spans the same range in each."""
    out = np.empty_like(pictures)
    for index, picture in enumerate(pictures):
        alpha = picture[..., 3].astype(np.float32)
        visible = alpha > 128
        gray = picture[..., :3].astype(np.float32).mean(-1) / np.maximum(alpha, 1)
        if visible.any():
            low, high = np.percentile(gray[visible], (5, 95))
            gray = 0.15 + 0.75 * (gray - low) / max(high - low, 0.1)
        out[index, ..., :3] = (gray.clip(0, 1) * alpha)[..., None]
        out[index, ..., 3] = picture[..., 3]
    return out


def thumbnails(pictures: np.ndarray) -> Tensor:
    """Outline and shading [N, 2 * THUMBNAIL^2]."""
    gray = torch.from_numpy(np.ascontiguousarray(without_colour(pictures)[..., 2:])).permute(0, 3, 1, 2)
    small = F.adaptive_avg_pool2d(gray.float() / 255, THUMBNAIL)
    return small.flatten(1)


@dataclass
class View:
    """Centred unit features of every drawing, and the centres."""

    embedding: Tensor
    embedding_mean: Tensor
    thumbnail: Tensor
    thumbnail_mean: Tensor

    @staticmethod
    def of(embedding: Tensor, thumbnail: Tensor) -> View:
        means = embedding.mean(0), thumbnail.mean(0)
        return View(_centred(embedding, means[0]), means[0], _centred(thumbnail, means[1]), means[1])

    def similarity(self, embedding: Tensor, thumbnail: Tensor) -> Tensor:
        """[N, drawings]."""
        seen = _centred(embedding, self.embedding_mean) @ self.embedding.T
        shaped = _centred(thumbnail, self.thumbnail_mean) @ self.thumbnail.T
        return (1 - THUMBNAIL_WEIGHT) * seen + THUMBNAIL_WEIGHT * shaped


def _centred(x: Tensor, mean: Tensor) -> Tensor:
    return F.normalize(x - mean, dim=-1)


class Recogniser:
    """Similarity of cut-outs to concepts; `sprites` are all drawings of all candidates."""

    def __init__(
        self, evaluator: Evaluator, bank: Bank, sprites: list[Sprite], cache: Path | None = None
    ) -> None:
        self.evaluator = evaluator
        self.concepts = list(dict.fromkeys(sprite.concept for sprite in sprites))
        self.index = {concept: number for number, concept in enumerate(self.concepts)}
        self.sprites = sprites + [sprite for sprite in sprites if not sprite.fixed]  # flipped ones at the end
        self._owner = torch.tensor([self.index[sprite.concept] for sprite in self.sprites])
        self._coloured, self._gray = self._views(bank, sprites, cache)

    def _views(self, bank: Bank, sprites: list[Sprite], cache: Path | None) -> tuple[View, View]:
        if cache is not None and cache.is_file():
            stored = torch.load(cache, weights_only=True)
        else:
            stored = self._features(bank, sprites)
            if cache is not None:
                cache.parent.mkdir(parents=True, exist_ok=True)
                torch.save(stored, cache)
        return View.of(stored["coloured"], stored["shape"]), View.of(stored["gray"], stored["shape"])

    def _features(self, bank: Bank, sprites: list[Sprite]) -> dict[str, Tensor]:
        parts: dict[str, list[Tensor]] = {"coloured": [], "gray": [], "shape": []}
        pixels = bank.pixels(64)
        for start in tqdm(range(0, len(self.sprites), 500), desc="drawings", unit="batch", leave=False):
            pictures = []
            for number in range(start, min(start + 500, len(self.sprites))):
                picture = np.asarray(pixels[self.sprites[number].index])
                picture = picture[:, ::-1] if number >= len(sprites) else picture
                pictures.append(framed(picture, foreground(picture)))
            stack = np.stack(pictures)
            parts["coloured"].append(self.evaluator.pictures(stack))
            parts["gray"].append(self.evaluator.pictures(without_colour(stack)))
            parts["shape"].append(thumbnails(stack))
        return {name: torch.cat(tensors) for name, tensors in parts.items()}

    def drawings(self, cutouts: np.ndarray, painted: bool = False) -> Tensor:
        """Similarity [N, drawings] of cut-outs [N, 64, 64, 4], as scripts.evaluation.segments.framed makes them."""
        view = self._gray if painted else self._coloured
        seen = without_colour(cutouts) if painted else cutouts
        return view.similarity(self.evaluator.pictures(seen), thumbnails(cutouts))

    def similarity(self, cutouts: np.ndarray, painted: bool = False) -> Tensor:
        """[N, concepts]: of the most similar drawing of each concept."""
        drawings = self.drawings(cutouts, painted)
        best = torch.full((len(drawings), len(self.concepts)), -2.0)
        owner = self._owner.expand(len(drawings), -1)
        return best.scatter_reduce(1, owner, drawings, "amax")

    def ranks(self, similarity: Tensor) -> Tensor:
        """[N, concepts] int: 0 for the most similar concept of a row."""
        return similarity.argsort(1, descending=True).argsort(1)

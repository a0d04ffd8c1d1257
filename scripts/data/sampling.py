"""Which sprites scenes are made of, and how often: what people ask for comes up more than flags and families."""

import re

import numpy as np

from scripts.data.bank import Bank, Sprite
from scripts.data.concepts import Concept
from scripts.data.styles import EMOJI_STYLES, STYLES

GROUP_WEIGHTS = {
    "country-flag": 0.2, "subdivision-flag": 0.2, "flag": 0.5, "family": 0.12, "alphanum": 0.25, "keycap": 0.4,
    "time": 0.35, "arrow": 0.35, "av-symbol": 0.35, "other-symbol": 0.5, "zodiac": 0.5, "transport-sign": 0.5,
    "person-role": 0.5, "person-activity": 0.4, "person-sport": 0.4, "person-gesture": 0.4, "person-fantasy": 0.6,
    "person-resting": 0.5, "currency": 0.5, "math": 0.5, "punctuation": 0.4,
    "animal-mammal": 1.8, "animal-bird": 1.8, "animal-marine": 1.8, "animal-bug": 1.6, "animal-reptile": 1.8,
    "animal-amphibian": 1.8, "food-fruit": 1.8, "food-vegetable": 1.6, "food-prepared": 1.5, "food-sweet": 1.5,
    "transport-ground": 1.4, "transport-air": 1.4, "transport-water": 1.4, "plant-flower": 1.5, "plant-other": 1.4,
    "face-smiling": 1.4, "cat-face": 1.4, "heart": 1.3, "sport": 1.3, "musical-instrument": 1.4, "clothing": 1.3,
}  # fmt: skip
# Emoji subgroups, by their beginnings, of things that a picture shows and a word names.
PICTURABLE = ("animal", "food", "transport-ground", "transport-air", "transport-water", "plant", "clothing", "sport", "musical", "tool", "household", "drink", "sky",
              "light", "place-building", "science", "game", "dishware", "other-object", "arts")  # fmt: skip
SHAPES = ("heart", "geometric")  # no objects, but people count them and put them on backgrounds
SHAPES_SHARE = 0.12  # of everyday things
UNUSED_GROUPS = {"skin-tone", "hair-style"}  # colour swatches, not things
TONED_WEIGHT = 0.12  # six skin tones of one hand are not six subjects
_NO_OBJECT = re.compile(r"^(person|family|hand|arrow|alphanum|keycap|.*flag|transport-sign|av-symbol|math|punctuation|"
                        r"other-symbol|zodiac|gender|time|currency|religion|warning|emotion|body|geometric|heart)")  # fmt: skip


class Shelf:
    """Sprites with their weights, to draw from by style."""

    def __init__(self, bank: Bank, allowed: list[Sprite]) -> None:
        self.bank = bank
        self.by_style: dict[str, list[Sprite]] = {}
        allowed = [sprite for sprite in allowed if sprite.group not in UNUSED_GROUPS]
        for sprite in allowed:
            self.by_style.setdefault(sprite.style, []).append(sprite)
        self.styles = [style for style in STYLES if style in self.by_style]
        weights = np.array([STYLES[style].weight for style in self.styles])
        self._style_steps = np.cumsum(weights / weights.sum())
        self._steps = {style: _steps([weight(s) for s in rows]) for style, rows in self.by_style.items()}
        self._objects = {style: [s for s in rows if is_object(s)] for style, rows in self.by_style.items()}
        common = {
            style: [s for s in self._objects.get(style, []) if s.group.startswith(PICTURABLE)]
            for style in EMOJI_STYLES
        }
        self._common = {style: rows for style, rows in common.items() if rows}
        shapes = {
            style: [s for s in by_style if s.group.startswith(SHAPES)]
            for style, by_style in self.by_style.items()
        }
        self._shapes = {style: rows for style, rows in shapes.items() if rows and style in self._common}
        self.by_cell: dict[tuple[str, str], list[Sprite]] = {}
        for sprite in allowed:
            self.by_cell.setdefault((sprite.concept, sprite.style), []).append(sprite)

    def style(self, rng: np.random.Generator) -> str:
        return self.styles[int(np.searchsorted(self._style_steps, rng.random() * self._style_steps[-1]))]

    def any(self, rng: np.random.Generator, style: str) -> Sprite:
        steps = self._steps[style]
        return self.by_style[style][int(np.searchsorted(steps, rng.random() * steps[-1]))]

    def object(self, rng: np.random.Generator, style: str) -> Sprite:
        """A thing or animal that can stand beside others, be counted or held."""
        return _any_of(rng, self._objects[style] or self.by_style[style])

    def common(self, rng: np.random.Generator, style: str | None = None) -> Sprite:
        """An animal, food, plant, vehicle or everyday thing in an emoji style, for evaluation."""
        styles = list(self._common)
        return _any_of(rng, self._common[style or styles[int(rng.integers(len(styles)))]])

    def everyday(self, rng: np.random.Generator, style: str | None = None) -> Sprite:
        """The same, and hearts and shapes, for training."""
        styles = list(self._common)
        style = style or styles[int(rng.integers(len(styles)))]
        if style in self._shapes and rng.random() < SHAPES_SHARE:
            return _any_of(rng, self._shapes[style])
        return self.common(rng, style)

    def cell(self, rng: np.random.Generator, concept: str, style: str) -> Sprite | None:
        rows = self.by_cell.get((concept, style))
        return _any_of(rng, rows) if rows else None


def _any_of(rng: np.random.Generator, sprites: list[Sprite]) -> Sprite:
    return sprites[int(rng.integers(len(sprites)))]


def _steps(weights: list[float]) -> np.ndarray:
    return np.cumsum(np.array(weights) / sum(weights))


def is_pictured(concept: Concept) -> bool:
    """An emoji, which has names in several languages, of PICTURABLE."""
    return len(concept.names) > 1 and concept.group.startswith(PICTURABLE)


def weight(sprite: Sprite) -> float:
    return GROUP_WEIGHTS.get(sprite.group, 1.0) * (TONED_WEIGHT if sprite.tone else 1.0)


def is_object(sprite: Sprite) -> bool:
    return not _NO_OBJECT.match(sprite.group) and not sprite.tone

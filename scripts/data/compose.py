"""Scenes for training, composed on the fly: a plan, the picture painted from it, the caption from the same plan."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.data.backgrounds import KINDS, paint_background
from scripts.data.bank import Bank
from scripts.data.captions import Captioner
from scripts.data.casting import (
    EVERYDAY,
    FREE,
    Casting,
    Colouring,
    Familiar,
    Wish,
    held_out_wishes,
    own_colour,
)
from scripts.data.errors import ArtError
from scripts.data.layouts import LAYOUTS, RELATIONS, Actor, alone
from scripts.data.paint import paint
from scripts.data.palette import BASIC_COLOURS, COLOURS
from scripts.data.places import Place, places
from scripts.data.sampling import Shelf
from scripts.data.spec import Background, Group, SceneSpec
from scripts.data.split import KINDS as HELD_OUT_KINDS
from scripts.data.split import Split

Rng = np.random.Generator
TRANSPARENT_SHARE = 0.5  # of scenes: stickers
EVERYDAY_SHARE = 0.5  # of composed scenes: animals, food, vehicles and the like, which people combine most
VARIANTS = 8  # of a background that is drawn by itself
TRIES = 200  # plans before a scene counts as impossible
DARK = {"black", "dark gray", "dark blue", "navy", "maroon", "dark green"}


@dataclass(frozen=True)
class Task:
    """One of the six tasks of composition (Ghosh et al. 2023), as this composer can stage it."""

    layout: str
    colouring: Colouring
    relations: tuple[str, ...] = ()


PLAIN = Colouring(0.0, 0.0)
TASKS = {
    "single": Task("single", PLAIN),
    "two": Task("pair", PLAIN, ("next to",)),
    "count": Task("counted", PLAIN),
    "colour": Task("single", Colouring(1.0, 0.0, strict=True)),
    "position": Task("pair", PLAIN, ("left of", "right of", "above", "below")),
    "binding": Task("pair", Colouring(1.0, 1.0, strict=True), ("next to",)),
}
# What is staged in training besides; nothing judges these.
MORE_TASKS = {layout: Task(layout, EVERYDAY) for layout in ("trio", "held", "worn")}


class Thing(NamedTuple):
    """What a scene shows, whatever else is there: a sprite, and the colour that was put on it."""

    sprite: int
    colour: str | None = None


class Part(NamedTuple):
    """A thing of a scene or its background, as a caption mentions it."""

    drawn: Thing | Background  # see render_alone()
    said: str  # what the caption says of it, as one about it alone would
    places: tuple[Place, ...]  # of its copies; a background has none


@dataclass(frozen=True)
class Scene:
    picture: np.ndarray | None  # uint8 [H, W, 4], premultiplied RGBA
    caption: str
    spec: SceneSpec

    @property
    def sprite_ids(self) -> list[int]:
        return self.spec.sprite_ids

    @property
    def concepts(self) -> list[str]:
        return [group.concept for group in self.spec.groups]

    @property
    def styles(self) -> list[str]:
        return [group.style for group in self.spec.groups]


@lru_cache(maxsize=2)
def open_bank(folder: Path) -> Bank:
    return Bank(folder)


class Composer:
    """Samples scenes. split "train": nothing held out; "test": always something held out; "all": both.

    curriculum: share of composed scenes; the rest are single subjects that fill the frame.
    staged: share of scenes that are staged as one of TASKS or MORE_TASKS, half of them on a background; the rest are as
    `curriculum` says.
    held_out: what a test scene must show, one of split.KINDS.
    """

    def __init__(
        self,
        bank_dir: Path | str,
        split: str = "train",
        size: int = 64,
        curriculum: float = 0.15,
        held_out: str = "cells",
        split_file: Path | None = None,
        staged: float = 0.0,
    ) -> None:
        if split not in ("train", "test", "all"):
            raise ArtError(f"split '{split}': must be train, test or all.")
        if held_out not in HELD_OUT_KINDS:
            raise ArtError(f"held_out '{held_out}': must be one of {', '.join(HELD_OUT_KINDS)}.")
        self.bank = open_bank(Path(bank_dir))
        self.split = Split.load(split_file) if split_file else Split.load()
        self.mode, self.size, self.curriculum, self.held_out = split, size, curriculum, held_out
        self.staged = staged
        self.captioner = Captioner(self.bank.concepts)
        seen = [sprite for sprite in self.bank.sprites if split == "all" or self.split.allows(sprite)]
        self.shelf = Shelf(self.bank, seen)
        self._casting = Casting(self.bank, self.shelf)
        self._wishes = held_out_wishes(self.bank, self.split, held_out) if split == "test" else [Wish()]
        if not self._wishes:
            raise ArtError(f"{self.bank.folder}: shows nothing of the split's held-out {held_out}.")

    def sample(self, rng: Rng, painted: bool = True) -> Scene:
        staged = self.staged and rng.random() < self.staged
        spec = self.stage(rng) if staged else self.plan(rng)
        return Scene(self.render(spec) if painted else None, self.caption(spec, rng), spec)

    def render(self, spec: SceneSpec, size: int | None = None) -> np.ndarray:
        return paint(spec, self.bank, size or self.size)

    def mentioned(self, scene: Scene, text: str) -> list[Part]:
        """The things of a scene in the order in which one of its captions mentions them."""
        spec = scene.spec
        return [
            Part(_thing(spec.groups[k]), words, places(spec, k, self.bank))
            for k, words in self.captioner.mentioned(spec, text)
        ]

    def backdrop(self, scene: Scene, text: str) -> Part | None:
        """What is behind the things, if there is anything and the caption says so; one of VARIANTS that differ by chance."""
        background = scene.spec.background
        said = self.captioner.backdrop(background, text)
        return Part(replace(background, seed=background.seed % VARIANTS), said, ()) if said else None

    def render_alone(self, part: Thing | Background) -> np.ndarray:
        """A thing by itself, as large as fits, or a background; always the same."""
        if isinstance(part, Background):
            return paint_background(part, self.size)
        sprite = self.bank.sprites[part.sprite]
        return self.render(alone(Actor(sprite, sprite.concept, part.colour, part.colour is not None)))

    def caption(self, spec: SceneSpec, rng: Rng) -> str:
        return self.captioner.caption(spec, rng)

    def plan(self, rng: Rng, task: str | None = None) -> SceneSpec:
        """A scene that the split allows; task: one of TASKS, for evaluation (always transparent)."""
        if task is not None and task not in TASKS:
            raise ArtError(f"task '{task}': must be one of {', '.join(TASKS)}.")
        if spec := self._plan(rng, TASKS[task] if task else None, self.shelf.common):
            return spec
        raise ArtError(
            f"{self.bank.folder}: no scene found for split '{self.mode}', task {task}. Is the bank complete?"
        )

    def stage(self, rng: Rng) -> SceneSpec:
        """A scene of some task, for training: hearts and shapes take part, and it may have a background."""
        tasks = [*TASKS.values(), *MORE_TASKS.values()]
        for k in rng.permutation(len(tasks)):  # a small bank has nothing for some
            if spec := self._plan(rng, tasks[k], self.shelf.everyday):
                break
        else:
            raise ArtError(f"{self.bank.folder}: no scene found for any task. Is the bank complete?")
        sprites = [self.bank.sprites[group.placements[0].sprite] for group in spec.groups]
        shown = [group.colour or own_colour(own) for group, own in zip(spec.groups, sprites, strict=True)]
        background = self._background(rng, shown)
        return replace(spec, background=background) if background else spec

    def _plan(self, rng: Rng, task: Task | None, familiar: Familiar) -> SceneSpec | None:
        proposals = (self._propose(rng, task, familiar) for _ in range(TRIES))
        return next((spec for spec in proposals if spec and self._fits(spec)), None)

    def _fits(self, spec: SceneSpec) -> bool:
        if self.mode == "all":
            return True
        found = self.split.held_out(spec)
        return self.held_out in found if self.mode == "test" else not found

    def _propose(self, rng: Rng, task: Task | None, familiar: Familiar) -> SceneSpec | None:
        wish = self._wishes[int(rng.integers(len(self._wishes)))]
        layout = task.layout if task else self._layout(rng, wish)
        common = task is not None or (LAYOUTS[layout].of_things and rng.random() < EVERYDAY_SHARE)
        colouring = task.colouring if task else EVERYDAY if common else FREE
        actors = self._casting.cast(rng, layout, wish, colouring, familiar if common else None)
        if actors is None:
            return None
        if task:
            if not task.relations:
                return LAYOUTS[layout].plan(rng, actors)
            relation = task.relations[int(rng.integers(len(task.relations)))]
            return RELATIONS[relation](rng, actors, relation)
        background = self._background(rng, [actor.colour or own_colour(actor.sprite) for actor in actors])
        return replace(LAYOUTS[layout].plan(rng, actors), background=background) if background else None

    def _layout(self, rng: Rng, wish: Wish) -> str:
        if wish.other:
            return "pair"
        if rng.random() >= self.curriculum:
            return "single"
        return _weighted(rng, {name: layout.weight for name, layout in LAYOUTS.items()})

    def _background(self, rng: Rng, shown: list[str | None]) -> Background | None:
        """None where a thing of one of these colours could not be seen on it."""
        if rng.random() < TRANSPARENT_SHARE:
            return Background("transparent")
        kind = _weighted(rng, {name: kind.weight for name, kind in KINDS.items()})
        names = BASIC_COLOURS if rng.random() < 0.65 else tuple(COLOURS)
        colours = tuple(names[i] for i in rng.choice(len(names), KINDS[kind].colours, replace=False))
        for own in filter(None, shown):
            if any(own in colour.split() or own == "black" and colour in DARK for colour in colours):
                return None
            if own == "black" and kind in ("night", "space"):
                return None
        return Background(kind, colours, int(rng.integers(2**31)))


def _thing(group: Group) -> Thing:
    return Thing(group.placements[0].sprite, group.colour if group.recoloured else None)


def _weighted(rng: Rng, weights: dict[str, float]) -> str:
    """A key, by weight."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return next(reversed(weights))

"""Scenes for training, composed on the fly: a plan, the picture painted from it, the caption written from it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from scripts.data.backgrounds import KINDS
from scripts.data.bank import Bank, Sprite
from scripts.data.captions import Captioner
from scripts.data.errors import ArtError
from scripts.data.layouts import ACCESSORIES, LAYOUTS, RELATIONS, Actor
from scripts.data.paint import paint
from scripts.data.palette import BASIC_COLOURS, COLOURS, RECOLOURABLE
from scripts.data.sampling import Shelf
from scripts.data.spec import Background, SceneSpec
from scripts.data.split import KINDS as HELD_OUT_KINDS
from scripts.data.split import Split
from scripts.data.words import is_countable

Rng = np.random.Generator
HOLDERS = ("animal", "person", "face", "cat-face", "monkey-face")
HEADS = ("face-", "cat-face", "monkey-face")
HEAD_ANIMALS = {
    "fox",
    "bear",
    "panda",
    "koala",
    "polar bear",
    "lion",
    "frog",
    "hamster",
    "raccoon",
    "wolf",
    "unicorn",
}
UNPAINTED = ("person", "family", "hand", "body-parts", "flag", "country-flag", "subdivision-flag", "keycap")
MIXED_STYLES = 0.15  # share of scenes of several things that mix styles
TRIES = 200  # plans before a wish counts as impossible
DARK = {"black", "dark gray", "dark blue", "navy", "maroon", "dark green"}

# The six tasks of composition (Ghosh et al. 2023): layout, and colour as "none", "first" or "all".
TASKS = {
    "single": ("single", "none"), "two": ("pair", "none"), "count": ("counted", "none"),
    "colour": ("single", "first"), "position": ("pair", "none"), "binding": ("pair", "all"),
}  # fmt: skip
TASK_RELATIONS = {
    "two": ("next to",),
    "position": ("left of", "right of", "above", "below"),
    "binding": ("next to",),
}


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
    """Samples scenes. split "train" shows nothing held out, "test" only scenes with something held out, "all" both.

    curriculum: share of composed scenes; the rest are single subjects that fill the frame.
    """

    def __init__(
        self,
        bank_dir: Path | str,
        split: str = "train",
        size: int = 64,
        curriculum: float = 0.15,
        held_out: str = "cells",
        split_file: Path | None = None,
    ) -> None:
        if split not in ("train", "test", "all") or held_out not in HELD_OUT_KINDS:
            raise ArtError(
                f"split '{split}' / held_out '{held_out}': splits are train, test, all; kinds {HELD_OUT_KINDS}."
            )
        self.bank = open_bank(Path(bank_dir))
        self.split = Split.load(split_file) if split_file else Split.load()
        self.mode, self.size, self.curriculum, self.held_out = split, size, curriculum, held_out
        self.captioner = Captioner(self.bank.concepts)
        seen = [sprite for sprite in self.bank.sprites if split == "all" or self.split.allows(sprite)]
        self.shelf = Shelf(self.bank, seen)
        layouts = [name for name, layout in LAYOUTS.items() if layout.weight]
        weights = np.array([LAYOUTS[name].weight for name in layouts])
        self._layouts, self._layout_steps = layouts, np.cumsum(weights / weights.sum())
        self._backgrounds = list(KINDS)
        self._background_steps = np.cumsum([kind.weight for kind in KINDS.values()])
        if split == "test":
            self._wishes = self._held_out_wishes()

    def sample(self, rng: Rng) -> Scene:
        spec = self.plan(rng)
        return Scene(self.render(spec), self.caption(spec, rng), spec)

    def render(self, spec: SceneSpec, size: int | None = None) -> np.ndarray:
        return paint(spec, self.bank, size or self.size)

    def caption(self, spec: SceneSpec, rng: Rng) -> str:
        return self.captioner.caption(spec, rng)

    def plan(self, rng: Rng, task: str | None = None) -> SceneSpec:
        """A scene that the split allows; task: one of TASKS, for evaluation."""
        if task is not None and task not in TASKS:
            raise ArtError(f"task '{task}': tasks are {', '.join(TASKS)}.")
        for _ in range(TRIES):
            spec = self._propose(rng, task)
            if spec and self._fits(spec):
                return spec
        raise ArtError(
            f"{self.bank.folder}: no scene found for split '{self.mode}', task {task}; is the bank complete?"
        )

    def _fits(self, spec: SceneSpec) -> bool:
        if self.mode == "all":
            return True
        found = self.split.held_out(spec)
        return self.held_out in found if self.mode == "test" else not found

    def _propose(self, rng: Rng, task: str | None) -> SceneSpec | None:
        wish = self._wishes[int(rng.integers(len(self._wishes)))] if self.mode == "test" else Wish()
        layout, colouring = TASKS[task] if task else (self._layout(rng, wish), "some")
        sprites = self._cast(rng, layout, wish, only_objects=task is not None)
        if sprites is None:
            return None
        actors = [self._actor(rng, sprite, colouring if number == 0 or colouring != "first" else "none")
                  for number, sprite in enumerate(sprites)]  # fmt: skip
        if wish.colour:
            if not can_recolour(sprites[0]):
                return None
            actors[0] = replace(actors[0], colour=wish.colour, recoloured=True)
        if colouring in ("first", "all") and not all(a.colour for a in actors):
            return None
        if colouring == "all" and len({actor.colour for actor in actors}) < len(actors):
            return None
        if task in TASK_RELATIONS:
            options = TASK_RELATIONS[task]
            relation = options[int(rng.integers(len(options)))]
            spec = RELATIONS[relation](rng, actors, relation)
        else:
            spec = LAYOUTS[layout].plan(rng, actors)
        background = Background("transparent") if task else self._background(rng, actors)
        return replace(spec, background=background) if background else None

    def _layout(self, rng: Rng, wish: "Wish") -> str:
        if wish.other:
            return "pair"
        if rng.random() >= self.curriculum:
            return "single"
        return self._layouts[int(np.searchsorted(self._layout_steps, rng.random()))]

    def _cast(self, rng: Rng, layout: str, wish: "Wish", only_objects: bool) -> list[Sprite] | None:
        style = wish.sprite.style if wish.sprite else self.shelf.style(rng)
        objects = only_objects or layout in ("counted", "pair", "trio")
        first = wish.sprite or (self.shelf.object(rng, style) if objects else self.shelf.any(rng, style))
        if layout == "turned" and first.fixed:
            return None
        if layout == "counted" and not is_countable(self.bank.concepts[first.concept].name):
            return None
        if layout == "held" and not first.group.startswith(HOLDERS):
            return None
        if layout == "worn":
            name = self.bank.concepts[first.concept].name
            if not (first.group.startswith(HEADS) or name.endswith(" face") or name in HEAD_ANIMALS):
                return None
            concept = list(ACCESSORIES)[int(rng.integers(len(ACCESSORIES)))]
            thing = self.shelf.cell(rng, concept, style)
            return [first, thing] if thing else None
        rest = []
        for _ in range(LAYOUTS[layout].actors - 1):
            other = style if rng.random() >= MIXED_STYLES else self.shelf.style(rng)
            rest.append(wish.other or self.shelf.object(rng, other))
        cast = [first, *rest]
        return cast if len({sprite.concept for sprite in cast}) == len(cast) else None

    def _actor(self, rng: Rng, sprite: Sprite, colouring: str) -> Actor:
        name = self._name(rng, sprite)
        if can_recolour(sprite) and not _says_colour(name):
            chance = {"none": 0.0, "some": 0.5 if sprite.mono else 0.2, "first": 1.0, "all": 1.0}[colouring]
            if rng.random() < chance:
                return Actor(sprite, name, BASIC_COLOURS[int(rng.integers(len(BASIC_COLOURS)))], True)
        own = "black" if sprite.mono else sprite.colour
        told = colouring == "some" and rng.random() < 0.35 or sprite.mono and colouring in ("first", "all")
        return Actor(sprite, name, own if told and not _says_colour(name) else None)

    def _name(self, rng: Rng, sprite: Sprite) -> str:
        concept = self.bank.concepts[sprite.concept]
        chance = rng.random()
        if concept.aliases and chance < 0.12:
            return concept.aliases[int(rng.integers(len(concept.aliases)))]
        if chance < 0.3 and concept.name.endswith(" face") and concept.group.startswith("animal"):
            return concept.name.removesuffix(" face")
        return concept.name

    def _background(self, rng: Rng, actors: list[Actor]) -> Background | None:
        """Half of all scenes are stickers; None where the subject could not be seen."""
        if rng.random() < 0.5:
            return Background("transparent")
        steps = self._background_steps
        kind = self._backgrounds[int(np.searchsorted(steps, rng.random() * steps[-1]))]
        names = list(COLOURS)[: len(BASIC_COLOURS)] if rng.random() < 0.65 else list(COLOURS)
        colours = tuple(names[i] for i in rng.choice(len(names), KINDS[kind].colours, replace=False))
        for actor in actors:
            shown = actor.colour or ("black" if actor.sprite.mono else actor.sprite.colour)
            if shown and any(
                shown in colour.split() or shown == "black" and colour in DARK for colour in colours
            ):
                return None
            if shown == "black" and kind in ("night", "space"):
                return None
        return Background(kind, colours, int(rng.integers(2**31)))

    def _held_out_wishes(self) -> list["Wish"]:
        split, by_concept = self.split, self.bank.by_concept
        if self.held_out == "cells":
            wishes = [Wish(s) for s in self.bank.sprites if (s.concept, s.style) in split.cells]
        elif self.held_out == "concepts":
            wishes = [Wish(s) for s in self.bank.sprites if s.concept in split.concepts]
        elif self.held_out == "colours":
            wishes = [Wish(s, colour=colour) for colour, concept in sorted(split.colours)
                      for s in by_concept.get(concept, []) if split.allows(s) and can_recolour(s)]  # fmt: skip
        else:
            wishes = [Wish(a, other=b) for two in sorted(map(sorted, split.pairs))
                      for a in by_concept.get(two[0], []) for b in by_concept.get(two[1], [])
                      if a.style == b.style and split.allows(a) and split.allows(b)]  # fmt: skip
        if not wishes:
            raise ArtError(f"{self.bank.folder}: holds nothing of the split's held-out {self.held_out}.")
        return wishes


@dataclass(frozen=True)
class Wish:
    """What a scene must contain, when it is to show something held out."""

    sprite: Sprite | None = None
    colour: str | None = None
    other: Sprite | None = None


def can_recolour(sprite: Sprite) -> bool:
    if sprite.group.startswith(UNPAINTED) or sprite.tone:
        return False
    return sprite.mono or sprite.hue_share >= RECOLOURABLE


def _says_colour(name: str) -> bool:
    return any(
        word in BASIC_COLOURS or word in ("golden", "dark", "light", "blond") for word in name.lower().split()
    )

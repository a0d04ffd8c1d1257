"""Who plays in a scene: sprites that fit its layout, what captions call them, and the colours they get."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scripts.data.bank import Bank, Sprite
from scripts.data.layouts import ACCESSORIES, LAYOUTS, Actor
from scripts.data.palette import BASIC_COLOURS, RECOLOURABLE
from scripts.data.sampling import Shelf
from scripts.data.split import Split
from scripts.data.words import is_countable

Rng = np.random.Generator
Familiar = Callable[[Rng, str | None], Sprite]  # of a style, or of any
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


@dataclass(frozen=True)
class Wish:
    """What a scene must contain, when it is to show something held out."""

    sprite: Sprite | None = None
    colour: str | None = None
    other: Sprite | None = None


@dataclass(frozen=True)
class Colouring:
    """How likely a subject is painted, by its place in the cast; strict: every painted place must have a colour."""

    first: float
    others: float
    strict: bool = False


FREE = Colouring(0.2, 0.2)
EVERYDAY = Colouring(0.4, 0.4)  # of things that people combine they also say the colours
DRAWS = 60  # sprites to try for the first part, so that rare parts do not make a layout rare
MONO_CHANCE = 0.5  # one-colour drawings take colours best


class Casting:
    def __init__(self, bank: Bank, shelf: Shelf) -> None:
        self.bank, self.shelf = bank, shelf

    def cast(
        self, rng: Rng, layout: str, wish: Wish, colouring: Colouring, familiar: Familiar | None
    ) -> list[Actor] | None:
        """Actors for a layout; None where this draw does not work out. familiar: draws those that everybody knows."""
        sprites = self._sprites(rng, layout, wish, familiar)
        if sprites is None or len({sprite.concept for sprite in sprites}) < len(sprites):
            return None
        chances = [colouring.first] + [colouring.others] * (len(sprites) - 1)
        actors = [self._actor(rng, *row, colouring) for row in zip(sprites, chances, strict=True)]
        if wish.colour:
            actors[0] = replace(actors[0], colour=wish.colour, recoloured=True)
        if colouring.strict:
            painted = [actor.colour for actor, chance in zip(actors, chances, strict=True) if chance]
            if None in painted or len(set(painted)) < len(painted):
                return None
        return actors

    def _sprites(self, rng: Rng, layout: str, wish: Wish, familiar: Familiar | None) -> list[Sprite] | None:
        draws = [wish.sprite] if wish.sprite else (self._first(rng, layout, familiar) for _ in range(DRAWS))
        first = next((sprite for sprite in draws if self._suits(sprite, layout)), None)
        if first is None:
            return None
        if layout == "worn":
            concept = list(ACCESSORIES)[int(rng.integers(len(ACCESSORIES)))]
            thing = self.shelf.cell(rng, concept, first.style)
            return [first, thing] if thing else None
        rest = []
        for _ in range(LAYOUTS[layout].actors - 1):
            if familiar:
                rest.append(wish.other or familiar(rng, first.style))
            else:
                style = first.style if rng.random() >= MIXED_STYLES else self.shelf.style(rng)
                rest.append(wish.other or self.shelf.object(rng, style))
        return [first, *rest]

    def _first(self, rng: Rng, layout: str, familiar: Familiar | None) -> Sprite:
        if familiar:
            return familiar(rng, None)
        style = self.shelf.style(rng)
        return (
            self.shelf.object(rng, style)
            if layout in ("counted", "pair", "trio")
            else self.shelf.any(rng, style)
        )

    def _suits(self, sprite: Sprite, layout: str) -> bool:
        name = self.bank.concepts[sprite.concept].name
        if layout == "turned":
            return not sprite.fixed
        if layout == "counted":
            return is_countable(name)
        if layout == "held":
            return sprite.group.startswith(HOLDERS)
        if layout == "worn":
            return sprite.group.startswith(HEADS) or name.endswith(" face") or name in HEAD_ANIMALS
        return True

    def _actor(self, rng: Rng, sprite: Sprite, chance: float, colouring: Colouring) -> Actor:
        name = self._name(rng, sprite)
        says_colour = says_a_colour(name)
        if sprite.mono and not colouring.strict:
            chance = MONO_CHANCE
        if can_recolour(sprite) and not says_colour and rng.random() < chance:
            return Actor(sprite, name, BASIC_COLOURS[int(rng.integers(len(BASIC_COLOURS)))], True)
        told = not colouring.strict and not says_colour and rng.random() < 0.35
        return Actor(sprite, name, own_colour(sprite) if told else None)

    def _name(self, rng: Rng, sprite: Sprite) -> str:
        concept = self.bank.concepts[sprite.concept]
        chance = rng.random()
        if concept.aliases and chance < 0.12:
            return concept.aliases[int(rng.integers(len(concept.aliases)))]
        if chance < 0.3 and concept.name.endswith(" face") and concept.group.startswith("animal"):
            return concept.name.removesuffix(" face")
        return concept.name


def held_out_wishes(bank: Bank, split: Split, kind: str) -> list[Wish]:
    """Everything of one held-out kind that the bank can show."""
    by_concept = bank.by_concept
    if kind == "cells":
        return [Wish(s) for s in bank.sprites if (s.concept, s.style) in split.cells]
    if kind == "concepts":
        return [Wish(s) for s in bank.sprites if s.concept in split.concepts]
    if kind == "colours":
        return [
            Wish(sprite, colour=colour)
            for colour, concept in sorted(split.colours)
            for sprite in by_concept.get(concept, [])
            if split.allows(sprite) and can_recolour(sprite)
        ]
    return [
        Wish(one, other=two)
        for pair in sorted(map(sorted, split.pairs))
        for one in by_concept.get(pair[0], [])
        for two in by_concept.get(pair[1], [])
        if one.style == two.style and split.allows(one) and split.allows(two)
    ]


def can_recolour(sprite: Sprite) -> bool:
    if sprite.group.startswith(UNPAINTED) or sprite.tone:
        return False
    return sprite.mono or sprite.hue_share >= RECOLOURABLE


def own_colour(sprite: Sprite) -> str | None:
    """The colour that a caption may claim; not of people and flags, whose colour is not what one would say."""
    if sprite.group.startswith(UNPAINTED):
        return None
    return "black" if sprite.mono else sprite.colour


def says_a_colour(name: str) -> bool:
    return any(
        word in BASIC_COLOURS or word in ("golden", "dark", "light", "blond") for word in name.lower().split()
    )

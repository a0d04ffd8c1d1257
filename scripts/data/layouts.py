"""Where things stand: one planner a kind of scene, each returns groups and relation, no background yet."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scripts.data.bank import Sprite
from scripts.data.paint import turned_size
from scripts.data.spec import GRID, Background, Group, Placement, SceneSpec

Rng = np.random.Generator
TRANSPARENT = Background("transparent")
MIDDLE = GRID / 2
ALONE = 55  # longest side of a thing by itself
JUST_TWO = 0.3  # of pairs: "a cat and a dog", the plainest way to ask for two things
POSITIONS = {
    "top left": (0.0, 0.0), "top": (0.5, 0.0), "top right": (1.0, 0.0), "left": (0.0, 0.5), "center": (0.5, 0.5),
    "right": (1.0, 0.5), "bottom left": (0.0, 1.0), "bottom": (0.5, 1.0), "bottom right": (1.0, 1.0),
}  # fmt: skip
TURNS = {
    "tilted to the left": (18, 42),
    "tilted to the right": (-42, -18),
    "upside down": (180, 181),
    "lying on its side": (90, 91),
}
SIZES = {"tiny": (10, 15), "small": (16, 24), "large": (57, 62)}


@dataclass(frozen=True)
class Actor:
    """A sprite cast for a scene: with its name, and the colour that it is given or may be said to have."""

    sprite: Sprite
    name: str
    colour: str | None = None
    recoloured: bool = False

    def group(self, *placements: Placement) -> Group:
        sprite = self.sprite
        return Group(
            sprite.concept, sprite.style, self.name, placements, self.colour, self.recoloured, sprite.tone
        )


def whole(rng: Rng, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(rng.integers(low, high + 1))


def fit(actor: Actor, x: float, y: float, longest: float, tilt: int = 0, flip: bool = False) -> Placement:
    """The sprite centred at x, y with its longest visible side `longest`; all in 64ths of the frame."""
    width, height = turned_size(actor.sprite, tilt)
    scale = longest / max(width, height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    return Placement(actor.sprite.index, round(x - across / 2), round(y - down / 2), across, down, tilt, flip)


def fit_inside(
    actor: Actor, x: float, y: float, width: float, height: float, flip: bool = False
) -> Placement:
    """The largest placement around x, y within width x height."""
    own_width, own_height = turned_size(actor.sprite, 0)
    return fit(actor, x, y, max(own_width, own_height) * min(width / own_width, height / own_height), 0, flip)


def maybe_flip(rng: Rng, actor: Actor) -> bool:
    return not actor.sprite.fixed and rng.random() < 0.2


def frame_filling(sprite: Sprite, longest: float) -> float:
    """The longest side of a subject that fills the frame; symbols that their set draws small stay smaller."""
    return longest * min(1.0, max(turned_size(sprite, 0)) / 0.8)


def single(rng: Rng, actors: list[Actor]) -> SceneSpec:
    """One subject that fills the frame."""
    actor = actors[0]
    longest = frame_filling(actor.sprite, whole(rng, 51, 59))
    loose = (GRID - longest) * 0.15
    x, y = MIDDLE + rng.uniform(-loose, loose), MIDDLE + rng.uniform(-loose, loose)
    return SceneSpec(
        "single", (actor.group(fit(actor, x, y, longest, 0, maybe_flip(rng, actor))),), TRANSPARENT
    )


def alone(actor: Actor) -> SceneSpec:
    """What `single` gives on average, without its chances."""
    place = fit(actor, MIDDLE, MIDDLE, frame_filling(actor.sprite, ALONE))
    return SceneSpec("single", (actor.group(place),), TRANSPARENT)


def placed(rng: Rng, actors: list[Actor]) -> SceneSpec:
    position = list(POSITIONS)[rng.integers(len(POSITIONS))]
    across, down = POSITIONS[position]
    longest = whole(rng, 20, 30)
    margin = longest / 2 + 1
    x, y = (margin + part * (GRID - 2 * margin) + rng.uniform(-1, 1) for part in (across, down))
    group = actors[0].group(fit(actors[0], x, y, longest, 0, maybe_flip(rng, actors[0])))
    return SceneSpec("placed", (group,), TRANSPARENT, position=position)


def sized(rng: Rng, actors: list[Actor]) -> SceneSpec:
    size = list(SIZES)[rng.integers(len(SIZES))]
    group = actors[0].group(fit(actors[0], MIDDLE, MIDDLE, whole(rng, *SIZES[size])))
    return SceneSpec("sized", (group,), TRANSPARENT, size=size)


def turned(rng: Rng, actors: list[Actor]) -> SceneSpec:
    turn = list(TURNS)[rng.integers(len(TURNS))]
    tilt = int(rng.integers(*TURNS[turn]))
    if turn == "lying on its side" and rng.random() < 0.5:
        tilt = -tilt
    group = actors[0].group(fit(actors[0], MIDDLE, MIDDLE, whole(rng, 46, 58), tilt))
    return SceneSpec("turned", (group,), TRANSPARENT, turned=turn)


# Centres and cell sizes of 2, 3 and 4 copies, in shares of the frame.
ARRANGEMENTS: dict[int, tuple[tuple[tuple[tuple[float, float], ...], float, float], ...]] = {
    2: ((((0.26, 0.5), (0.74, 0.5)), 0.45, 0.8), (((0.28, 0.3), (0.72, 0.7)), 0.46, 0.46), (((0.5, 0.26), (0.5, 0.74)), 0.8, 0.45)),
    3: ((((0.18, 0.5), (0.5, 0.5), (0.82, 0.5)), 0.3, 0.6), (((0.5, 0.27), (0.26, 0.73), (0.74, 0.73)), 0.44, 0.44),
        (((0.26, 0.27), (0.74, 0.27), (0.5, 0.73)), 0.44, 0.44)),
    4: ((((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)), 0.43, 0.43),
        (((0.135, 0.5), (0.378, 0.5), (0.622, 0.5), (0.865, 0.5)), 0.225, 0.5)),
}  # fmt: skip


def counted(rng: Rng, actors: list[Actor]) -> SceneSpec:
    """Two to four copies of one thing; never touching, so that the number can be seen."""
    count = whole(rng, 2, 4)
    arrangements = ARRANGEMENTS[count]
    centres, width, height = arrangements[rng.integers(len(arrangements))]
    scale = rng.uniform(0.8, 0.94)
    flip = maybe_flip(rng, actors[0])
    placements = []
    for x, y in centres:
        x, y = x * GRID + rng.uniform(-0.4, 0.4), y * GRID + rng.uniform(-0.4, 0.4)
        placements.append(fit_inside(actors[0], x, y, width * GRID * scale, height * GRID * scale, flip))
    return SceneSpec("counted", (actors[0].group(*placements),), TRANSPARENT)


def pair(rng: Rng, actors: list[Actor]) -> SceneSpec:
    side_by_side = rng.random() < JUST_TWO
    relation = "next to" if side_by_side else RELATION_NAMES[rng.integers(len(RELATION_NAMES))]
    return RELATIONS[relation](rng, actors, relation)


def _beside(rng: Rng, actors: list[Actor], relation: str) -> SceneSpec:
    first_left = {"left of": True, "right of": False}.get(relation, rng.random() < 0.5)
    xs = (0.26, 0.74) if first_left else (0.74, 0.26)
    y = MIDDLE + rng.uniform(-3, 3)
    groups = []
    for actor, x in zip(actors, xs, strict=False):
        size = rng.uniform(0.38, 0.46) * GRID
        place = fit_inside(actor, x * GRID, y + rng.uniform(-3, 3), size, size * 1.4, maybe_flip(rng, actor))
        groups.append(actor.group(place))
    return SceneSpec("pair", tuple(groups), TRANSPARENT, relation)


def _stacked(rng: Rng, actors: list[Actor], relation: str) -> SceneSpec:
    ys = (0.26, 0.74) if relation == "above" else (0.74, 0.26)
    x = MIDDLE + rng.uniform(-3, 3)
    groups = []
    for actor, y in zip(actors, ys, strict=False):
        size = rng.uniform(0.38, 0.46) * GRID
        place = fit_inside(actor, x + rng.uniform(-3, 3), y * GRID, size * 1.4, size, maybe_flip(rng, actor))
        groups.append(actor.group(place))
    return SceneSpec("pair", tuple(groups), TRANSPARENT, relation)


def _on_top(rng: Rng, actors: list[Actor], relation: str) -> SceneSpec:
    base = fit_inside(actors[1], MIDDLE, 0, GRID * 0.8, GRID * 0.5)
    base = replace(base, top=GRID - base.height - whole(rng, 1, 4))
    above = fit_inside(
        actors[0], MIDDLE + rng.uniform(-3, 3), 0, GRID * 0.6, base.top * 0.95, maybe_flip(rng, actors[0])
    )
    above = replace(above, top=base.top - above.height + 2)
    return SceneSpec(
        "pair", (actors[0].group(above), actors[1].group(base)), TRANSPARENT, relation, order=(1, 0)
    )


def _depth(rng: Rng, actors: list[Actor], relation: str) -> SceneSpec:
    front, back = actors[:2] if relation == "in front of" else actors[1::-1]
    far = fit(back, MIDDLE + rng.uniform(-3, 3), MIDDLE - 5, whole(rng, 44, 52), 0, maybe_flip(rng, back))
    near = fit(front, MIDDLE + rng.uniform(-12, 12), 0, whole(rng, 25, 31), 0, maybe_flip(rng, front))
    near = replace(near, top=GRID - near.height - whole(rng, 1, 4))
    groups = {id(front): front.group(near), id(back): back.group(far)}
    ordered = tuple(groups[id(actor)] for actor in actors[:2])
    order = (1, 0) if relation == "in front of" else (0, 1)
    return SceneSpec("pair", ordered, TRANSPARENT, relation, order=order)


def trio(rng: Rng, actors: list[Actor]) -> SceneSpec:
    """Three different things in a row."""
    groups = []
    for actor, x in zip(actors, (0.18, 0.5, 0.82), strict=False):
        place = fit_inside(
            actor, x * GRID, MIDDLE + rng.uniform(-8, 8), GRID * 0.3, GRID * 0.5, maybe_flip(rng, actor)
        )
        groups.append(actor.group(place))
    return SceneSpec("trio", tuple(groups), TRANSPARENT, "and")


def held(rng: Rng, actors: list[Actor]) -> SceneSpec:
    holder = fit(actors[0], MIDDLE - 4, MIDDLE - 2, whole(rng, 46, 54))
    size = whole(rng, 20, 25)
    thing = fit(actors[1], holder.left + holder.width * 0.86, holder.top + holder.height * 0.72, size)
    thing = replace(thing, left=min(thing.left, GRID - thing.width), top=min(thing.top, GRID - thing.height))
    return SceneSpec("held", (actors[0].group(holder), actors[1].group(thing)), TRANSPARENT, "holding")


@dataclass(frozen=True)
class Wear:
    """Where an accessory sits on a head, in shares of the head's box."""

    width: float
    x: float
    y: float  # of the accessory's bottom edge for hats, of its middle otherwise
    is_hat: bool


ACCESSORIES = {
    "1f3a9": Wear(0.74, 0.5, 0.2, True),  # top hat
    "1f451": Wear(0.7, 0.5, 0.16, True),  # crown
    "1f393": Wear(0.92, 0.5, 0.24, True),  # graduation cap
    "1f9e2": Wear(0.8, 0.52, 0.24, True),  # billed cap
    "1f452": Wear(0.86, 0.5, 0.24, True),  # hat with a bow
    "26d1": Wear(0.84, 0.5, 0.28, True),  # helmet
    "1fa96": Wear(0.84, 0.5, 0.28, True),  # military helmet
    "1f576": Wear(0.82, 0.5, 0.44, False),  # sunglasses
    "1f453": Wear(0.82, 0.5, 0.44, False),  # glasses
    "1f97d": Wear(0.84, 0.5, 0.44, False),  # goggles
    "1f380": Wear(0.42, 0.74, 0.12, False),  # ribbon
}


def worn(rng: Rng, actors: list[Actor]) -> SceneSpec:
    wear = ACCESSORIES[actors[1].sprite.concept]
    own_width, own_height = turned_size(actors[0].sprite, 0)
    width, height = turned_size(actors[1].sprite, 0)
    scale = whole(rng, 48, 55) / max(own_width, own_height)
    if wear.is_hat:  # head and hat together stay inside the frame
        total = own_height * (1 - wear.y) + own_width * wear.width * height / width
        scale = min(scale, whole(rng, 55, 61) / total)
    head = fit(actors[0], MIDDLE, MIDDLE, scale * max(own_width, own_height))
    if wear.is_hat:
        head = replace(head, top=GRID - head.height - whole(rng, 1, 2))
    across = max(1, round(wear.width * head.width))
    down = max(1, round(across * height / width))
    x = round(head.left + wear.x * head.width - across / 2)
    y = head.top + wear.y * head.height - (down if wear.is_hat else down / 2)
    thing = Placement(actors[1].sprite.index, x, round(y), across, down)
    return SceneSpec("worn", (actors[0].group(head), actors[1].group(thing)), TRANSPARENT, "wearing")


RELATIONS = {
    "left of": _beside, "right of": _beside, "next to": _beside, "above": _stacked, "below": _stacked,
    "on top of": _on_top, "in front of": _depth, "behind": _depth,
}  # fmt: skip
RELATION_NAMES = tuple(RELATIONS)


@dataclass(frozen=True)
class Layout:
    plan: Callable[[Rng, list[Actor]], SceneSpec]
    actors: int
    weight: float  # among composed scenes; single has its own share
    of_things: bool = False  # any thing can be in it


LAYOUTS: dict[str, Layout] = {
    "single": Layout(single, 1, 0.0),
    "placed": Layout(placed, 1, 0.14, of_things=True),
    "sized": Layout(sized, 1, 0.08, of_things=True),
    "turned": Layout(turned, 1, 0.08, of_things=True),
    "counted": Layout(counted, 1, 0.22, of_things=True),
    "pair": Layout(pair, 2, 0.3, of_things=True),
    "trio": Layout(trio, 3, 0.05, of_things=True),
    "held": Layout(held, 2, 0.05),
    "worn": Layout(worn, 2, 0.08),
}

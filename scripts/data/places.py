"""Where a scene's things stand, measured from how each is drawn by itself (Composer.render_alone)."""

from typing import NamedTuple

from scripts.data.bank import Bank, Sprite
from scripts.data.layouts import ALONE, frame_filling
from scripts.data.paint import turned_size
from scripts.data.spec import GRID, Placement, SceneSpec


class Place(NamedTuple):
    """Of one copy of a thing. x, y: its centre, in shares of the frame; scale: 1 is as large as by itself; tilt:
    degrees, counterclockwise, after flipping; depth: things with more are painted later."""

    x: float
    y: float
    scale: float
    tilt: int = 0
    flip: bool = False
    depth: int = 0


def places(spec: SceneSpec, group: int, bank: Bank) -> tuple[Place, ...]:
    """Of every copy of a group's sprite."""
    depth = list(spec.order or range(len(spec.groups))).index(group)
    return tuple(_place(one, bank.sprites[one.sprite], depth) for one in spec.groups[group].placements)


def _place(placement: Placement, sprite: Sprite, depth: int) -> Place:
    # Boxes are whole 64ths: the longer side says the scale best.
    longest = max(turned_size(sprite, 0))
    alone = frame_filling(sprite, ALONE) / longest
    here = max(placement.width, placement.height) / max(turned_size(sprite, placement.tilt))
    return Place(
        (placement.left + placement.width / 2) / GRID,
        (placement.top + placement.height / 2) / GRID,
        here / alone,
        placement.tilt,
        placement.flip,
        depth,
    )

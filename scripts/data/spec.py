"""What a scene is, before it has pixels or words: the picture is painted and the caption written from this."""

from dataclasses import dataclass

GRID = 64  # places and sizes are whole 64ths of the frame, so 64 and 256 px pictures agree exactly


@dataclass(frozen=True)
class Placement:
    """One sprite on the canvas; the box is that of the turned drawing, in 64ths, and may leave the frame."""

    sprite: int
    left: int
    top: int
    width: int
    height: int
    tilt: int = 0  # degrees, positive turns left (counterclockwise)
    flip: bool = False


@dataclass(frozen=True)
class Group:
    """One kind of thing in the scene: one to four copies of a sprite."""

    concept: str
    style: str
    name: str  # English, as the caption calls it, without article
    placements: tuple[Placement, ...]
    colour: str | None = None  # what a caption may say of its colour
    recoloured: bool = False  # the colour was put on; else it is the sprite's own
    tone: str | None = None  # skin tone

    @property
    def count(self) -> int:
        return len(self.placements)


@dataclass(frozen=True)
class Background:
    kind: str  # a row of backgrounds.KINDS
    colours: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class SceneSpec:
    layout: str  # a row of layouts.LAYOUTS
    groups: tuple[Group, ...]  # the first is what the scene is about
    background: Background
    relation: str | None = None  # of group 0 to group 1: "left of", "above", "wearing" ...
    position: str | None = None  # of a single subject: "top left" ...
    size: str | None = None  # "small", "large"
    turned: str | None = None  # "upside down", "tilted to the left"
    order: tuple[int, ...] = ()  # painting order of the groups, back to front; empty: as listed

    @property
    def sprite_ids(self) -> list[int]:
        return [placement.sprite for group in self.groups for placement in group.placements]

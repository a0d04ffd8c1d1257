"""Backgrounds: one painter a kind, from a seed, in unit coordinates, so every size shows the same place.

Painters draw at twice the size and are averaged down. All but "transparent" are opaque.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scripts.data.palette import COLOURS
from scripts.data.spec import Background

Colour = tuple[int, int, int]
Painter = Callable[["Canvas", Background], None]
OVERSAMPLE = 2


class Canvas:
    """A drawing surface in unit coordinates, with its own random numbers."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size * OVERSAMPLE
        self.rng = np.random.default_rng(seed)
        self.image = Image.new("RGB", (self.size, self.size))
        self.draw = ImageDraw.Draw(self.image)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.draw.rectangle([v * self.size for v in (x0, y0, x1, y1)], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, squash: float = 1.0) -> None:
        box = (x - radius, y - radius * squash, x + radius, y + radius * squash)
        self.draw.ellipse([v * self.size for v in box], fill=colour)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self.draw.polygon([(x * self.size, y * self.size) for x, y in points], fill=colour)

    def fade(self, top: Colour, bottom: Colour, y0: float = 0.0, y1: float = 1.0) -> None:
        """A vertical gradient between two heights."""
        rows = max(1, round((y1 - y0) * self.size))
        strip = Image.fromarray(_ramp(top, bottom, rows)[:, None].astype(np.uint8))
        self.image.paste(strip.resize((self.size, rows)), (0, round(y0 * self.size)))

    def heart(self, x: float, y: float, radius: float, colour: Colour) -> None:
        for side in (-1, 1):
            self.disc(x + side * radius * 0.48, y - radius * 0.3, radius * 0.54, colour)
        self.polygon(
            [(x - radius, y - radius * 0.1), (x + radius, y - radius * 0.1), (x, y + radius)], colour
        )

    def around(self, colour: Colour, spread: int = 12) -> Colour:
        """A colour a little off, so that "grass" is not one exact green."""
        shift = self.rng.integers(-spread, spread + 1, 3)
        return tuple(int(v) for v in np.clip(np.array(colour) + shift, 0, 255))


def _ramp(start: Colour, end: Colour, steps: int) -> np.ndarray:
    return np.linspace(np.array(start, np.float32), np.array(end, np.float32), steps)


def _plain(canvas: Canvas, background: Background) -> None:
    canvas.box(0, 0, 1, 1, canvas.around(COLOURS[background.colours[0]], 4))


def _gradient(canvas: Canvas, background: Background) -> None:
    start, end = (COLOURS[name] for name in background.colours)
    axis = np.linspace(0, 1, canvas.size, dtype=np.float32)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    part = (y, x, (x + y) / 2, np.minimum(1, np.hypot(x - 0.5, y - 0.5) * 1.5))[canvas.rng.integers(4)]
    pixels = np.array(start) + part[..., None] * (np.array(end, np.float32) - np.array(start))
    canvas.image.paste(Image.fromarray(pixels.astype(np.uint8)))


def _night(canvas: Canvas, background: Background) -> None:
    canvas.fade(canvas.around((8, 12, 44)), canvas.around((34, 44, 104)))
    for _ in range(canvas.rng.integers(14, 30)):
        x, y, radius = canvas.rng.random(), canvas.rng.random(), canvas.rng.uniform(0.006, 0.017)
        canvas.disc(x, y, radius, (255, 250, 215))


def _space(canvas: Canvas, background: Background) -> None:
    canvas.box(0, 0, 1, 1, canvas.around((10, 6, 24), 6))
    for _ in range(3):
        x, y = canvas.rng.random(2)
        canvas.disc(x, y, canvas.rng.uniform(0.15, 0.3), canvas.around((38, 18, 66), 14))
    for _ in range(26):
        canvas.disc(*canvas.rng.random(2), canvas.rng.uniform(0.004, 0.013), (240, 240, 255))
    x, y = canvas.rng.uniform(0.1, 0.9, 2)
    canvas.disc(x, y, canvas.rng.uniform(0.05, 0.1), canvas.around((205, 130, 80), 40))


def _sky(canvas: Canvas, background: Background) -> None:
    canvas.fade(canvas.around((96, 178, 242)), canvas.around((190, 228, 252)))
    for _ in range(canvas.rng.integers(2, 5)):
        _cloud(
            canvas,
            canvas.rng.uniform(0.1, 0.9),
            canvas.rng.uniform(0.08, 0.92),
            canvas.rng.uniform(0.05, 0.09),
        )


def _cloud(canvas: Canvas, x: float, y: float, radius: float) -> None:
    for dx, dy, scale in ((-1.2, 0.2, 0.8), (0, -0.2, 1.1), (1.2, 0.2, 0.8)):
        canvas.disc(x + dx * radius, y + dy * radius, radius * scale, (252, 253, 255))


def _grass(canvas: Canvas, background: Background) -> None:
    horizon = canvas.rng.uniform(0.5, 0.72)
    canvas.fade(canvas.around((110, 190, 245)), canvas.around((200, 232, 250)), 0, horizon)
    green = canvas.around((92, 178, 70))
    canvas.box(0, horizon, 1, 1, green)
    dark = tuple(int(v * 0.8) for v in green)
    for _ in range(26):
        x, y = canvas.rng.random(), canvas.rng.uniform(horizon, 1)
        canvas.polygon([(x - 0.015, y), (x + 0.015, y), (x, y - 0.06)], dark)


def _beach(canvas: Canvas, background: Background) -> None:
    shore = canvas.rng.uniform(0.62, 0.75)
    sea = shore - canvas.rng.uniform(0.14, 0.22)
    canvas.fade(canvas.around((120, 200, 248)), canvas.around((205, 236, 250)), 0, sea)
    canvas.box(0, sea, 1, shore, canvas.around((28, 140, 190)))
    canvas.box(0, shore - 0.02, 1, shore + 0.02, (235, 248, 250))
    canvas.box(0, shore + 0.02, 1, 1, canvas.around((240, 214, 150)))
    canvas.disc(canvas.rng.uniform(0.1, 0.9), canvas.rng.uniform(0.08, 0.2), 0.07, (255, 226, 96))


def _snow(canvas: Canvas, background: Background) -> None:
    ground = canvas.rng.uniform(0.6, 0.75)
    canvas.fade(canvas.around((150, 180, 214)), canvas.around((206, 222, 238)))
    canvas.disc(canvas.rng.uniform(0.2, 0.8), ground + 0.55, 0.95, (246, 250, 255), 0.62)
    canvas.box(0, ground + 0.06, 1, 1, (246, 250, 255))
    for _ in range(canvas.rng.integers(18, 32)):
        canvas.disc(*canvas.rng.random(2), canvas.rng.uniform(0.008, 0.018), (255, 255, 255))


def _room(canvas: Canvas, background: Background) -> None:
    floor = canvas.rng.uniform(0.68, 0.78)
    walls = ((244, 226, 196), (206, 226, 236), (222, 236, 210), (238, 214, 220))
    canvas.box(0, 0, 1, floor, canvas.around(walls[canvas.rng.integers(4)], 8))
    canvas.box(0, floor, 1, 1, canvas.around((166, 114, 70)))
    canvas.box(0, floor - 0.025, 1, floor, (250, 248, 242))
    for y in (floor + 0.1, floor + 0.2):
        canvas.box(0, y, 1, y + 0.012, (140, 94, 56))
    x = canvas.rng.choice([0.1, 0.62])
    canvas.box(x, 0.1, x + 0.28, 0.42, (250, 248, 242))
    canvas.box(x + 0.025, 0.125, x + 0.255, 0.395, (158, 212, 246))
    canvas.box(x + 0.13, 0.1, x + 0.15, 0.42, (250, 248, 242))


def _hearts(canvas: Canvas, background: Background) -> None:
    canvas.box(0, 0, 1, 1, canvas.around((254, 222, 232), 6))
    for row in range(4):
        for column in range(4):
            x = (column + 0.5 + (row % 2) * 0.5) / 4 + canvas.rng.uniform(-0.02, 0.02)
            canvas.heart(x % 1.0, (row + 0.5) / 4, canvas.rng.uniform(0.05, 0.075), (236, 84, 120))


def _confetti(canvas: Canvas, background: Background) -> None:
    canvas.box(0, 0, 1, 1, canvas.around((252, 250, 246), 3))
    colours = [COLOURS[name] for name in ("red", "orange", "yellow", "green", "blue", "purple", "pink")]
    for _ in range(46):
        x, y, turn = *canvas.rng.random(2), canvas.rng.uniform(0, np.pi)
        dx, dy = 0.022 * np.cos(turn), 0.022 * np.sin(turn)
        corners = [(x + dx - dy / 2, y + dy + dx / 2), (x + dx + dy / 2, y + dy - dx / 2),
                   (x - dx + dy / 2, y - dy - dx / 2), (x - dx - dy / 2, y - dy + dx / 2)]  # fmt: skip
        canvas.polygon(corners, colours[canvas.rng.integers(len(colours))])


def _sunset(canvas: Canvas, background: Background) -> None:
    canvas.fade(canvas.around((88, 54, 130)), canvas.around((252, 150, 84)), 0, 0.72)
    canvas.disc(canvas.rng.uniform(0.2, 0.8), 0.7, 0.14, (255, 226, 120))
    canvas.box(0, 0.72, 1, 1, canvas.around((60, 36, 78)))


def _underwater(canvas: Canvas, background: Background) -> None:
    canvas.fade(canvas.around((70, 182, 226)), canvas.around((8, 60, 122)))
    canvas.box(0, 0.9, 1, 1, canvas.around((206, 184, 124)))
    for _ in range(canvas.rng.integers(8, 16)):
        canvas.disc(*canvas.rng.random(2), canvas.rng.uniform(0.01, 0.025), (188, 230, 246))


def _forest(canvas: Canvas, background: Background) -> None:
    canvas.box(0, 0, 1, 1, canvas.around((190, 224, 206), 8))
    for x in np.linspace(-0.05, 1.05, 7):
        x, height = x + canvas.rng.uniform(-0.04, 0.04), canvas.rng.uniform(0.5, 0.8)
        canvas.box(x - 0.02, 0.7, x + 0.02, 0.85, (106, 74, 46))
        canvas.polygon([(x - 0.13, 0.75), (x + 0.13, 0.75), (x, 0.75 - height)], canvas.around((38, 112, 60)))
    canvas.box(0, 0.82, 1, 1, canvas.around((86, 146, 70)))


def _stripes(canvas: Canvas, background: Background) -> None:
    first, second = (COLOURS[name] for name in background.colours)
    canvas.box(0, 0, 1, 1, first)
    for step in range(0, 8, 2):
        canvas.box(step / 8, 0, (step + 1) / 8, 1, second)


def _dots(canvas: Canvas, background: Background) -> None:
    first, second = (COLOURS[name] for name in background.colours)
    canvas.box(0, 0, 1, 1, first)
    for row in range(6):
        for column in range(6):
            canvas.disc((column + 0.25 + (row % 2) * 0.5) / 6, (row + 0.5) / 6, 0.035, second)


@dataclass(frozen=True)
class Kind:
    paint: Painter
    colours: int  # how many colour names belong to it
    weight: float  # among backgrounds that are not transparent
    phrases: tuple[str, ...]  # {0}, {1}: the colours


_ON = ("on a {0} background", "on {0}", "{0} background", "against a {0} background", "with a {0} background")
KINDS: dict[str, Kind] = {
    "plain": Kind(_plain, 1, 12.0, _ON),
    "gradient": Kind(_gradient, 2, 1.6, ("on a gradient from {0} to {1}", "on a {0} to {1} gradient background", "{0} and {1} gradient")),
    "night": Kind(_night, 0, 1.2, ("under a night sky", "at night", "on a starry night sky", "with stars in the night sky")),
    "space": Kind(_space, 0, 0.8, ("in space", "in outer space", "floating in space")),
    "sky": Kind(_sky, 0, 1.0, ("in the sky", "in front of a blue sky with clouds", "among the clouds")),
    "grass": Kind(_grass, 0, 1.2, ("on the grass", "on a green meadow", "in a field", "on grass under a blue sky")),
    "beach": Kind(_beach, 0, 1.2, ("on the beach", "at the beach", "on a sandy beach by the sea")),
    "snow": Kind(_snow, 0, 1.0, ("in the snow", "in a snowy landscape", "on a snowy day")),
    "room": Kind(_room, 0, 1.0, ("in a room", "inside a room", "indoors", "in a living room")),
    "hearts": Kind(_hearts, 0, 0.8, ("on a background of hearts", "surrounded by hearts", "with hearts in the background")),
    "confetti": Kind(_confetti, 0, 0.8, ("with confetti", "with colorful confetti", "on a confetti background")),
    "sunset": Kind(_sunset, 0, 0.8, ("at sunset", "in front of a sunset", "under a sunset sky")),
    "underwater": Kind(_underwater, 0, 0.8, ("underwater", "under the sea", "in the ocean")),
    "forest": Kind(_forest, 0, 0.8, ("in a forest", "in the woods", "in front of trees")),
    "stripes": Kind(_stripes, 2, 0.6, ("on {0} and {1} stripes", "on a striped {0} and {1} background")),
    "dots": Kind(_dots, 2, 0.6, ("on a {0} background with {1} dots", "on {0} with {1} polka dots")),
}  # fmt: skip
TRANSPARENT_PHRASES = (
    "on a transparent background",
    "with no background",
    "isolated",
    "transparent background",
    "cut out",
)


def paint_background(background: Background, size: int) -> np.ndarray:
    """uint8 [size, size, 4], premultiplied RGBA."""
    out = np.zeros((size, size, 4), np.uint8)
    if background.kind == "transparent":
        return out
    canvas = Canvas(size, background.seed)
    KINDS[background.kind].paint(canvas, background)
    out[..., :3] = np.asarray(canvas.image.reduce(OVERSAMPLE))
    out[..., 3] = 255
    return out

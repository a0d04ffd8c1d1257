"""Named colours: for backgrounds, for recolouring subjects by hue, and for naming the colour a sprite already has."""

from dataclasses import dataclass

import numpy as np

WINDOW = 0.55  # cosine between hues that still count as the same colour (57 degrees)
RECOLOURABLE = 0.4  # share of a sprite's area that must have its main hue before a new colour may be claimed
CLEARLY = 0.6  # the same, before a caption may name the colour the sprite has


# Backgrounds may have any of these; the order is kept, splits and seeds depend on it.
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 45, 45), "orange": (245, 140, 35), "yellow": (250, 212, 60), "green": (62, 168, 74),
    "turquoise": (45, 190, 185), "blue": (45, 105, 220), "purple": (130, 65, 185), "pink": (248, 150, 190),
    "brown": (132, 82, 48), "white": (255, 255, 255), "gray": (140, 140, 140), "black": (12, 12, 12),
    "light blue": (150, 208, 250), "dark blue": (22, 32, 98), "light green": (170, 226, 150),
    "dark green": (18, 82, 42), "light gray": (215, 215, 215), "dark gray": (64, 64, 64),
    "beige": (240, 224, 192), "cream": (254, 246, 220), "lavender": (202, 184, 240), "magenta": (214, 40, 160),
    "maroon": (116, 22, 38), "mint": (172, 240, 208), "peach": (255, 206, 170), "coral": (252, 122, 98),
    "gold": (222, 172, 48), "teal": (10, 120, 122), "lime": (170, 222, 40), "navy": (14, 20, 72),
}  # fmt: skip


@dataclass(frozen=True)
class Tint:
    """new = value * (V - saturation * C * (1 - hue)) + lift * A, of a pixel's largest part V and chroma C."""

    hue: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    value: float = 1.0
    lift: float = 0.0


TINTS: dict[str, Tint] = {
    "red": Tint((1.0, 0.08, 0.1), 1.15, 0.9),
    "orange": Tint((1.0, 0.5, 0.05), 1.1),
    "yellow": Tint((1.0, 0.84, 0.1), 1.0),
    "green": Tint((0.15, 0.85, 0.2), 1.05, 0.85),
    "turquoise": Tint((0.05, 0.95, 0.9), 1.0, 0.85),
    "blue": Tint((0.05, 0.35, 1.0), 1.1, 0.95),
    "purple": Tint((0.62, 0.12, 1.0), 1.0, 0.82),
    "pink": Tint((1.0, 0.35, 0.65), 0.8),
    "brown": Tint((1.0, 0.52, 0.22), 1.0, 0.58),
    "white": Tint(saturation=0.0, value=0.35, lift=0.62),
    "gray": Tint(saturation=0.0, value=0.62),
    "black": Tint(saturation=0.0, value=0.2),
}
BASIC_COLOURS = tuple(TINTS)

_PLANE = np.array([[1.0, 0.0], [-0.5, np.sqrt(0.75)], [-0.5, -np.sqrt(0.75)]], np.float32)  # rgb to hue plane


@dataclass(frozen=True)
class SpriteColour:
    """What a bank knows about a sprite's colour."""

    direction: tuple[float, float]  # main hue on the hue plane, unit length
    share: float  # of the visible area that has it
    name: str | None  # colour that a caption may claim, None where the sprite is of many


def tint(pixels: np.ndarray, colour: str, direction: tuple[float, float] | None) -> np.ndarray:
    """Premultiplied uint8 RGBA with its main hue moved to `colour`; direction None: the whole drawing, flat."""
    target = TINTS[colour]
    if direction is None:
        out = pixels.copy()
        flat = np.array(COLOURS[colour], np.float32) / 255
        out[..., :3] = pixels[..., 3:] * flat
        return out
    rgb = pixels[..., :3].astype(np.float32)
    largest = rgb.max(-1)
    chroma = largest - rgb.min(-1)
    plane = rgb @ _PLANE
    closeness = (plane @ np.array(direction, np.float32)) / (np.hypot(plane[..., 0], plane[..., 1]) + 1e-3)
    weight = np.clip((closeness - WINDOW) / 0.15 + 0.5, 0, 1) * np.clip(chroma / (largest + 1) * 7 - 1, 0, 1)
    strength = np.minimum(chroma * target.saturation, largest)
    new = np.empty_like(rgb)
    lift = pixels[..., 3] * np.float32(target.lift)
    for channel in range(3):
        new[..., channel] = target.value * (largest - strength * (1 - target.hue[channel])) + lift
    rgb += weight[..., None] * (new - rgb)
    out = pixels.copy()
    out[..., :3] = np.minimum(rgb + 0.5, pixels[..., 3:])
    return out


def measure(pixels: np.ndarray) -> SpriteColour:
    """Main hue, its share of the area, and a name for it where it is clear. pixels: uint8 [S, S, 4]."""
    visible = pixels[pixels[..., 3] > 128].astype(np.float32)
    if len(visible) == 0:
        return SpriteColour((1.0, 0.0), 0.0, None)
    rgb = visible[:, :3] / visible[:, 3:]
    largest = rgb.max(1)
    chroma = largest - rgb.min(1)
    colourful = chroma > 0.25 * largest + 0.05
    plane = rgb @ _PLANE
    if colourful.mean() < 0.1:
        return SpriteColour((1.0, 0.0), 0.0, _gray_name(largest, chroma))
    angle = np.arctan2(plane[:, 1], plane[:, 0])
    bins = np.histogram(angle[colourful], 36, (-np.pi, np.pi), weights=chroma[colourful])[0]
    smooth = sum(np.roll(bins, shift) for shift in (-2, -1, 0, 1, 2))
    peak = (np.argmax(smooth) + 0.5) / 36 * 2 * np.pi - np.pi
    near = colourful & (np.cos(angle - peak) > WINDOW)
    mean = plane[near].sum(0)
    mean /= np.hypot(*mean) + 1e-6
    share = float(near.mean())
    name = hue_name(rgb[near].mean(0)) if share >= CLEARLY else _gray_name(largest, chroma)
    return SpriteColour((float(mean[0]), float(mean[1])), share, name)


def _gray_name(largest: np.ndarray, chroma: np.ndarray) -> str | None:
    gray = chroma < 0.12
    levels = {"black": largest < 0.3, "gray": (largest >= 0.35) & (largest < 0.85), "white": largest >= 0.9}
    for name, inside in levels.items():
        if (gray & inside).mean() > 0.75:
            return name
    return None


def hue_name(rgb: np.ndarray) -> str | None:
    """The basic colour of a saturated rgb in 0..1; None between two of them."""
    largest, smallest = float(rgb.max()), float(rgb.min())
    saturation = (largest - smallest) / (largest + 1e-6)
    plane = rgb @ _PLANE
    degrees = np.degrees(np.arctan2(plane[1], plane[0])) % 360
    if (degrees > 325 or degrees < 15) and saturation < 0.55 and largest > 0.8:
        return "pink"
    if 10 <= degrees < 46 and largest < 0.68:
        return "brown"
    spans = (
        (12, "red"), (18, None), (38, "orange"), (44, None), (64, "yellow"), (75, None), (158, "green"),
        (165, None), (192, "turquoise"), (198, None), (248, "blue"), (255, None), (292, "purple"), (302, None),
        (336, "pink"), (345, None), (360, "red"),
    )  # fmt: skip
    return next(name for end, name in spans if degrees <= end)

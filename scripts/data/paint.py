"""Paints a scene: background, then every sprite cropped, tinted, turned and scaled into its box."""

import numpy as np
from PIL import Image

from scripts.data.backgrounds import paint_background
from scripts.data.bank import Bank, Sprite
from scripts.data.palette import tint
from scripts.data.spec import GRID, Group, Placement, SceneSpec


def turned_size(sprite: Sprite, tilt: int) -> tuple[float, float]:
    """Width and height of a sprite's visible box after turning, in sides of its square."""
    width, height = sprite.box[2] - sprite.box[0], sprite.box[3] - sprite.box[1]
    cosine, sine = abs(np.cos(np.radians(tilt))), abs(np.sin(np.radians(tilt)))
    return width * cosine + height * sine, width * sine + height * cosine


def source_size(bank: Bank, size: int) -> int:
    """Sprites are read at twice the picture's size where the bank has it: scaled down they stay sharp."""
    return next((side for side in (2 * size, size) if (bank.folder / f"sprites_{side}.npy").is_file()), size)


def paint(spec: SceneSpec, bank: Bank, size: int) -> np.ndarray:
    """uint8 [size, size, 4], premultiplied RGBA."""
    canvas = paint_background(spec.background, size)
    pixels = bank.pixels(source_size(bank, size))
    for index in spec.order or range(len(spec.groups)):
        group = spec.groups[index]
        for placement in group.placements:
            _over(canvas, _draw(placement, group, bank, pixels, size), placement, size)
    return canvas


def _draw(placement: Placement, group: Group, bank: Bank, pixels: np.ndarray, size: int) -> np.ndarray:
    sprite = bank.sprites[placement.sprite]
    side = pixels.shape[1]
    left, top, right, bottom = (round(edge * side) for edge in sprite.box)
    picture = np.asarray(pixels[placement.sprite, top:bottom, left:right])
    if group.recoloured:
        picture = tint(picture, group.colour, None if sprite.mono else sprite.hue)
    if placement.flip:
        picture = picture[:, ::-1]
    image = Image.fromarray(np.ascontiguousarray(picture), "RGBa")
    if placement.tilt:
        image = image.rotate(placement.tilt, Image.Resampling.BICUBIC, expand=True)
    width, height = placement.width * size // GRID, placement.height * size // GRID
    filtering = Image.Resampling.HAMMING if width <= image.width else Image.Resampling.BICUBIC
    drawn = np.asarray(image.resize((width, height), filtering))
    return drawn if filtering is Image.Resampling.HAMMING and not placement.tilt else _valid(drawn)


def _valid(drawn: np.ndarray) -> np.ndarray:
    """Bicubic filters overshoot: colours are brought back to at most alpha."""
    drawn = drawn.copy()
    np.minimum(drawn[..., :3], drawn[..., 3:], out=drawn[..., :3])
    return drawn


def _over(canvas: np.ndarray, drawn: np.ndarray, placement: Placement, size: int) -> None:
    left, top = placement.left * size // GRID, placement.top * size // GRID
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + drawn.shape[1], size), min(top + drawn.shape[0], size)
    if x0 >= x1 or y0 >= y1:
        return
    front = drawn[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.uint16)
    place = canvas[y0:y1, x0:x1]
    behind = place * (255 - front[..., 3:])  # uint16: at most 255 * 255
    place[:] = front + (behind + 127) // 255

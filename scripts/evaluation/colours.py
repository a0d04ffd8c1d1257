"""Names the colour of a thing by the hue of its pixels; shares no code with the composer's palette.

Pixels vote for one of twelve names. Outlines and shines are black and white in every colour of car, so those two
count only where hardly anything colourful is there.
"""

from __future__ import annotations

import numpy as np

NAMES = (
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "brown",
    "white",
    "gray",
    "black",
)
# Hue in degrees up to which a colour reaches; the circle closes with red.
HUES = ((16, "red"), (41, "orange"), (68, "yellow"), (160, "green"), (198, "turquoise"), (254, "blue"), (296, "purple"),
        (346, "pink"), (360, "red"))  # fmt: skip
NEUTRAL_CHROMA = 0.14
LEAST_SHARE = 0.25  # of the thing's area that a colour must have
COLOURFUL = 0.25  # share of colourful pixels above which white, gray and black are no longer its colour


def shares(picture: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Share of the pixels of `mask` that have each colour. picture: [S, S, 4] premultiplied."""
    chosen = picture[mask & (picture[..., 3] > 128)].astype(np.float32)
    if not len(chosen):
        return dict.fromkeys(NAMES, 0.0)
    rgb = chosen[:, :3] / chosen[:, 3:]
    value, chroma = rgb.max(1), rgb.max(1) - rgb.min(1)
    index = np.full(len(rgb), NAMES.index("gray"))
    index[value < 0.32] = NAMES.index("black")
    index[value > 0.86] = NAMES.index("white")
    colourful = (chroma > NEUTRAL_CHROMA) & (chroma > 0.2 * value)
    hue = _hue(rgb, chroma)
    limits = np.array([limit for limit, _ in HUES])
    by_hue = np.array([NAMES.index(name) for _, name in HUES])[
        np.searchsorted(limits, hue).clip(max=len(HUES) - 1)
    ]
    warm = (hue < 50) | (hue > 350)
    saturation = chroma / np.maximum(value, 1e-6)
    by_hue = np.where(warm & (hue > 9) & (value < 0.64), NAMES.index("brown"), by_hue)
    by_hue = np.where(
        ((hue > 315) | (hue < 16)) & (saturation < 0.6) & (value > 0.75), NAMES.index("pink"), by_hue
    )
    index = np.where(colourful, by_hue, index)
    return dict(zip(NAMES, (np.bincount(index, minlength=len(NAMES)) / len(index)).tolist()))


def _hue(rgb: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    red, green, blue = rgb.T
    safe = np.maximum(chroma, 1e-6)
    largest = rgb.argmax(1)
    sector = np.select(
        [largest == 0, largest == 1],
        [((green - blue) / safe) % 6, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    return sector * 60 % 360


def has_colour(found: dict[str, float], colour: str) -> bool:
    """Whether a thing of these shares would be called `colour`."""
    neutral = {name: found[name] for name in ("white", "gray", "black")}
    hues = {name: share for name, share in found.items() if name not in neutral}
    rivals = neutral if colour in neutral else hues
    if colour in neutral and sum(hues.values()) > COLOURFUL + found[colour]:
        return False
    return found[colour] >= LEAST_SHARE and found[colour] >= max(rivals.values())

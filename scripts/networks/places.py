"""A layout as a vector: for each of THINGS things up to COPIES places, and whether anything is behind them.

All numbers are about 1 in size, so that they can be diffused like normalised embeddings.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from scripts.data.places import Place

THINGS = 3  # of a scene that are known by themselves
PARTS = THINGS + 1  # these and the background
COPIES = 4
PRESENCE, X, Y, SCALE, COSINE, SINE, FLIP, DEPTH = range(8)
PLACE = 8
LAYOUT = THINGS * COPIES * PLACE + 1
BACKGROUND = LAYOUT - 1
SPREAD = 4.0  # x and y from 0 to 1 become -2 to 2
ABSENT = -1.0


def to_vector(things: Sequence[Sequence[Place]], background: bool) -> np.ndarray:
    """[LAYOUT] float32. Of a place that is not taken all but its presence is 0."""
    vector = np.zeros(LAYOUT, np.float32)
    table = vector[:BACKGROUND].reshape(THINGS, COPIES, PLACE)
    table[..., PRESENCE] = ABSENT
    for thing, places in enumerate(things[:THINGS]):
        for copy, place in enumerate(places[:COPIES]):
            table[thing, copy] = _numbers(place)
    vector[BACKGROUND] = 1.0 if background else ABSENT
    return vector


def _numbers(place: Place) -> list[float]:
    tilt = math.radians(place.tilt)
    return [
        1.0,
        (place.x - 0.5) * SPREAD,
        (place.y - 0.5) * SPREAD,
        math.log2(place.scale) + 1.0,
        math.cos(tilt),
        math.sin(tilt),
        -1.0 if place.flip else 1.0,
        place.depth - 1.0,
    ]


def to_affine(places: Tensor, spread: float = SPREAD) -> Tensor:
    """[..., PLACE] to the maps [..., 2, 3] from the scene to a thing by itself, as affine_grid takes them: the inverse of
    flip, turn, scale and shift."""
    _, x, y, scale, cosine, sine, flip, _ = places.unbind(-1)
    per_scale = torch.exp2(1.0 - scale) / torch.sqrt(cosine * cosine + sine * sine).clamp(min=1e-3)
    cosine, sine = cosine * per_scale, sine * per_scale
    flip = torch.where(flip < 0, -1.0, 1.0)
    # Rows point down, so counterclockwise by a is (x cos a + y sin a, y cos a - x sin a).
    linear = torch.stack([flip * cosine, -flip * sine, sine, cosine], dim=-1).unflatten(-1, [2, 2])
    centre = torch.stack([x, y], dim=-1)[..., None] * (2.0 / spread)  # in [-1, 1]
    return torch.cat([linear, -(linear @ centre)], dim=-1)

"""Finds drawings that are nearly the same picture, so that one picture does not carry two names."""

import numpy as np

LARGEST_DIFFERENCE = 24  # of 255, at any of 16x16 places
PROJECTIONS = 12
NEIGHBOURS = 6


def find_duplicates(thumbnails: np.ndarray, styles: list[str]) -> set[int]:
    """Indices to drop: of nearly equal drawings of one style the first stays. thumbnails: uint8 [N, 16, 16, 4].

    Near pictures have near projections on any direction, so only neighbours in sorted projections are compared.
    """
    flat = thumbnails.reshape(len(thumbnails), -1)
    directions = np.random.default_rng(0).standard_normal((flat.shape[1], PROJECTIONS)).astype(np.float32)
    projections = flat.astype(np.float32) @ directions
    dropped: set[int] = set()
    names = np.array(styles)
    for style in sorted(set(styles)):
        members = np.flatnonzero(names == style)
        for column in range(PROJECTIONS):
            order = members[np.argsort(projections[members, column], kind="stable")]
            for step in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
                left, right = order[:-step], order[step:]
                difference = np.abs(flat[left].astype(np.int16) - flat[right]).max(1)
                for pair in np.flatnonzero(difference <= LARGEST_DIFFERENCE):
                    dropped.add(int(max(left[pair], right[pair])))
    return dropped

"""Finds the things in a picture without any network: what is not background, cut into connected pieces.

A thing may be drawn in several pieces, and two things may touch. So a picture gets several segmentations, coarser
and finer ones; which of them is right is decided by what can be recognised in it (scripts.evaluation.detector).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

# Pieces closer than 2r pixels count as one thing; negative: things joined by bridges thinner than 2r are two.
REACHES = (-4, -3, -2, -1, 0, 1, 2, 4, 6, 9)
SMALLEST = 20  # pixels of 64 x 64; anything smaller is a speck
SMALLEST_SHARE = 0.12  # of the largest piece
MOST_PIECES = 12  # a segmentation with more pieces is noise
OPAQUE_BORDER = 0.5  # share of the border that must be opaque for a picture to have a background
BACKGROUND_DISTANCE = 40  # of 255, from the border's colours, before a pixel is no background


@dataclass(frozen=True)
class Segment:
    mask: np.ndarray  # bool [S, S]

    @property
    def area(self) -> int:
        return int(self.mask.sum())

    @property
    def centre(self) -> tuple[float, float]:
        """x, y of the middle of its box, in shares of the frame."""
        rows, columns = np.nonzero(self.mask)
        side = self.mask.shape[0]
        return (columns.min() + columns.max() + 1) / 2 / side, (rows.min() + rows.max() + 1) / 2 / side


def foreground(picture: np.ndarray) -> np.ndarray:
    """bool [S, S]: what is drawn on nothing, or on a background that shows at the border."""
    solid = picture[..., 3] > 100
    border = _border(picture)
    if (border[:, 3] > 200).mean() < OPAQUE_BORDER:
        return solid
    # A plain or slowly changing background: near one of the border's own colours.
    palette = np.unique(border[:, :3] // 24, axis=0).astype(np.int16) * 24 + 12
    distance = np.full(picture.shape[:2], 255, np.int16)
    for colour in palette[:64]:
        distance = np.minimum(distance, np.abs(picture[..., :3].astype(np.int16) - colour).max(-1))
    return solid & (distance > BACKGROUND_DISTANCE)


def _border(picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])


def label(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Connected pieces (diagonals count) as numbers 1..n [S, S]; by runs of pixels in each row."""
    parent: list[int] = [0]

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    labels = np.zeros(mask.shape, np.int32)
    above: list[tuple[int, int, int]] = []
    for y, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        runs = []
        for start, end in edges.reshape(-1, 2):
            touching = {root(number) for begin, finish, number in above if begin <= end and finish >= start}
            if touching:
                number = min(touching)
                for other in touching:
                    parent[other] = number
            else:
                number = len(parent)
                parent.append(number)
            labels[y, start:end] = number
            runs.append((int(start), int(end), number))
        above = runs
    roots = np.array([root(number) for number in range(len(parent))])
    found = np.unique(roots[1:])
    return np.searchsorted(np.concatenate([[0], found]), roots)[labels], len(found)


def _filtered(mask: np.ndarray, radius: int, kind: type) -> np.ndarray:
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.filter(kind(2 * radius + 1))) > 0


def _cut(mask: np.ndarray, reach: int) -> np.ndarray:
    """Labels [S, S] of the pieces of `mask` at one reach."""
    if reach >= 0:
        near = _filtered(mask, reach, ImageFilter.MaxFilter) if reach else mask
        return label(near)[0] * mask
    labels, count = label(_filtered(mask, -reach, ImageFilter.MinFilter))
    if count > 255:
        return np.zeros_like(labels)
    labels = labels.astype(np.uint8)
    while True:  # what the erosion took away goes back to the nearest core
        grown = np.asarray(Image.fromarray(labels).filter(ImageFilter.MaxFilter(3)))
        taken = (labels == 0) & mask & (grown > 0)
        if not taken.any():
            return labels.astype(np.int32)
        labels = np.where(taken, grown, labels)


def segmentations(picture: np.ndarray) -> list[list[Segment]]:
    """Ways to cut a picture into things, finest first, each at least one piece; none of an empty picture."""
    mask = foreground(picture)
    result, known = [], set()
    for reach in REACHES:
        labels = _cut(mask, reach)
        areas = np.bincount(labels.ravel())[1:]
        if not len(areas) or areas.max() < SMALLEST:
            continue
        kept = np.flatnonzero(areas >= max(SMALLEST, SMALLEST_SHARE * areas.max())) + 1
        pieces = [labels == number for number in kept]
        key = b"".join(sorted(np.packbits(piece).tobytes() for piece in pieces))
        if len(pieces) <= MOST_PIECES and key not in known:
            known.add(key)
            result.append([Segment(piece) for piece in pieces])
    return result


def framed(picture: np.ndarray, mask: np.ndarray, size: int = 64, longest: int = 56) -> np.ndarray:
    """What `mask` shows, alone, centred and scaled to fill a transparent frame: [size, size, 4]."""
    around = _filtered(mask, 1, ImageFilter.MaxFilter)  # the soft edge belongs to it
    rows, columns = np.nonzero(around)
    if not len(rows):
        return np.zeros((size, size, 4), np.uint8)
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    cut = (picture * around[..., None])[top:bottom, left:right]
    scale = longest / max(cut.shape[:2])
    width, height = (max(1, round(side * scale)) for side in (cut.shape[1], cut.shape[0]))
    filtering = Image.Resampling.HAMMING if scale <= 1 else Image.Resampling.BICUBIC
    small = np.array(Image.fromarray(np.ascontiguousarray(cut), "RGBa").resize((width, height), filtering))
    np.minimum(small[..., :3], small[..., 3:], out=small[..., :3])
    frame = np.zeros((size, size, 4), np.uint8)
    y, x = (size - height) // 2, (size - width) // 2
    frame[y : y + height, x : x + width] = small
    return frame

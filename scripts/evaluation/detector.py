"""What is in a picture: things cut out without a network, each compared with every candidate concept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from scripts.evaluation.colours import has_colour, shares
from scripts.evaluation.recogniser import Recogniser
from scripts.evaluation.segments import Segment, framed, segmentations

CLOSE = 3  # a thing is recognised where its concept is among so many most similar ones


@dataclass
class Thing:
    segment: Segment
    picture: np.ndarray
    similarity: Tensor  # [concepts]
    ranks: Tensor  # [concepts]

    @cached_property
    def colours(self) -> dict[str, float]:
        return shares(self.picture, self.segment.mask)

    def is_a(self, concept: int) -> bool:
        return int(self.ranks[concept]) < CLOSE

    def has(self, colour: str | None) -> bool:
        return colour is None or has_colour(self.colours, colour)


Cut = list[Thing]  # the things of one segmentation


class Detector:
    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser

    def detect(self, pictures: np.ndarray, painted: bool = False) -> list[list[Cut]]:
        """For every picture [N, 64, 64, 4] its segmentations, finest first. painted: compare without colours."""
        cuts = [segmentations(picture) for picture in pictures]
        unique: dict[tuple[int, bytes], Segment] = {}
        for number, found in enumerate(cuts):
            for segment in (segment for cut in found for segment in cut):
                unique.setdefault((number, segment.mask.tobytes()), segment)
        if not unique:
            return [[] for _ in pictures]
        cutouts = np.stack(
            [framed(pictures[number], segment.mask) for (number, _), segment in unique.items()]
        )
        similarity = self.recogniser.similarity(cutouts, painted)
        ranks = self.recogniser.ranks(similarity)
        things = {
            key: Thing(segment, pictures[key[0]], similarity[row], ranks[row])
            for row, (key, segment) in enumerate(unique.items())
        }
        return [
            [[things[number, segment.mask.tobytes()] for segment in cut] for cut in found]
            for number, found in enumerate(cuts)
        ]

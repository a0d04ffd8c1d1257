"""The six tasks of composition (GenEval, Ghosh et al. 2023): plain prompts for a plan, and who passes.

A judge sees the segmentations of one picture and the plan that its prompt came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from scripts.data.concepts import Concept
from scripts.data.spec import Group, SceneSpec
from scripts.data.words import NUMBERS, plural, with_article
from scripts.evaluation.detector import Cut, Thing
from scripts.evaluation.recogniser import Recogniser

APART = 0.1  # of the frame: how much further left (right, up, down) a thing must be
RELATION_WORDS = {
    "left of": "to the left of",
    "right of": "to the right of",
    "above": "above",
    "below": "below",
}
# x and y to the right and down of the first thing, seen from the second
DIRECTIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}


def plain_prompt(spec: SceneSpec, concepts: dict[str, Concept]) -> str:
    """What GenEval's templates say: things, number, colours that were put on, place; no style, no background."""
    phrases = [_phrase(group, concepts[group.concept].name) for group in spec.groups]
    if len(phrases) == 1:
        return phrases[0]
    joint = RELATION_WORDS.get(spec.relation, "and")
    return f"{phrases[0]} {joint} {phrases[1]}"


def _phrase(group: Group, name: str) -> str:
    if group.count > 1:
        return f"{NUMBERS[group.count]} {plural(name)}"
    return with_article(f"{group.colour} {name}" if group.recoloured else name, name)


@dataclass(frozen=True)
class Wanted:
    """A group of the plan in the detector's terms."""

    concept: int
    colour: str | None
    count: int

    def is_met(self, thing: Thing) -> bool:
        return thing.is_a(self.concept) and thing.has(self.colour)


def wanted(spec: SceneSpec, recogniser: Recogniser) -> list[Wanted]:
    return [
        Wanted(recogniser.index[group.concept], group.colour if group.recoloured else None, group.count)
        for group in spec.groups
    ]


def one_is_there(cuts: list[Cut], things: list[Wanted], spec: SceneSpec) -> bool:
    return any(things[0].is_met(thing) for cut in cuts for thing in cut)


def all_are_there(cuts: list[Cut], things: list[Wanted], spec: SceneSpec) -> bool:
    return bool(_pairs(cuts, things))


def number_is_right(cuts: list[Cut], things: list[Wanted], spec: SceneSpec) -> bool:
    """Counts the things of the segmentation whose pieces look most like the concept."""
    if not cuts:
        return False
    one = things[0]
    best = max(cuts, key=lambda cut: np.mean([float(thing.similarity[one.concept]) for thing in cut]))
    return len(best) == one.count and all(one.is_met(thing) for thing in best)


def places_are_right(cuts: list[Cut], things: list[Wanted], spec: SceneSpec) -> bool:
    across, down = DIRECTIONS[spec.relation]
    for first, second in _pairs(cuts, things):
        (x1, y1), (x2, y2) = first.segment.centre, second.segment.centre
        if (x1 - x2) * across + (y1 - y2) * down > APART:
            return True
    return False


def _pairs(cuts: list[Cut], things: list[Wanted]) -> list[tuple[Thing, Thing]]:
    """Two different things of one segmentation that are what was wanted, colours included."""
    return [
        (first, second)
        for cut in cuts
        for first, second in permutations(cut, 2)
        if things[0].is_met(first) and things[1].is_met(second)
    ]


Judge = Callable[[list[Cut], list[Wanted], SceneSpec], bool]


@dataclass(frozen=True)
class CompositionTask:
    title: str
    judge: Judge
    painted: bool  # things have colours of their own choice: recognise them without
    dalle2: float  # published, on photographs (Ghosh et al. 2023, table 2)
    first_release: float
    goal: float


TASKS = {
    "single": CompositionTask("single object", one_is_there, False, 0.94, 0.90, 0.98),
    "two": CompositionTask("two objects", all_are_there, False, 0.66, 0.70, 0.92),
    "count": CompositionTask("counting", number_is_right, False, 0.49, 0.60, 0.90),
    "colour": CompositionTask("colours", one_is_there, True, 0.77, 0.85, 0.95),
    "position": CompositionTask("position", places_are_right, False, 0.10, 0.70, 0.92),
    "binding": CompositionTask("colour binding", all_are_there, True, 0.19, 0.50, 0.90),
}

"""Single subjects in a named style: is it the right thing, in the right style? Seen and held-out cells, unseen concepts."""

from __future__ import annotations

import numpy as np
import torch

from scripts.data.bank import Sprite
from scripts.data.split import Split
from scripts.data.styles import STYLES
from scripts.data.words import with_article
from scripts.evaluation.context import Context, candidates
from scripts.evaluation.recogniser import Recogniser
from scripts.evaluation.results import Result, Row
from scripts.evaluation.segments import foreground, framed
from scripts.evaluation.sheets import contact_sheet

SEED = 77


def cells(context: Context, kind: str) -> list[Sprite]:
    """Drawings whose concept and style make the prompts: "seen", "cells" (held out) or "concepts" (held out)."""
    composer = context.composer()
    split: Split = composer.split
    kinds = {
        "seen": split.allows,
        "cells": lambda sprite: (sprite.concept, sprite.style) in split.cells,
        "concepts": lambda sprite: sprite.concept in split.concepts,
    }
    chosen = {(s.concept, s.style): s for s in candidates(composer.bank.sprites) if kinds[kind](s)}
    keys = sorted(chosen)
    count = min(len(keys), context.scale.cells)
    rows = np.random.default_rng(SEED).choice(len(keys), count, replace=False)
    return [chosen[keys[row]] for row in sorted(rows)]


def cell_prompts(context: Context, sprites: list[Sprite]) -> list[str]:
    concepts = context.composer().bank.concepts
    names = [concepts[sprite.concept].name for sprite in sprites]
    return [
        f"{with_article(name, name)}, {STYLES[sprite.style].after[1]}" for name, sprite in zip(names, sprites)
    ]


def cutouts(pictures: np.ndarray) -> np.ndarray:
    """Everything that is not background, framed as the recogniser's drawings are."""
    return np.stack([framed(picture, foreground(picture)) for picture in pictures])


def accuracy(
    recogniser: Recogniser, pictures: np.ndarray, sprites: list[Sprite], themselves: bool = True
) -> tuple[list[bool], list[bool]]:
    """(concept is the nearest of all, style is that of the concept's nearest drawing), for every picture.

    themselves: whether the drawings `sprites` are among those compared with.
    """
    similarity = recogniser.drawings(cutouts(pictures))
    concept_of = torch.tensor([recogniser.index[sprite.concept] for sprite in recogniser.sprites])
    index_of = torch.tensor([sprite.index for sprite in recogniser.sprites])
    right, styled = [], []
    for row, sprite in zip(similarity, sprites, strict=True):
        if not themselves:
            row = row.masked_fill(index_of == sprite.index, -2)
        own = concept_of == recogniser.index[sprite.concept]
        right.append(bool(own[row.argmax()]))
        nearest = int(row.masked_fill(~own, -2).argmax())
        styled.append(recogniser.sprites[nearest].style == sprite.style)
    return right, styled


def drawings_of(context: Context, sprites: list[Sprite]) -> np.ndarray:
    pixels = context.composer().bank.pixels(64)
    return np.stack([np.asarray(pixels[sprite.index]) for sprite in sprites])


TITLES = {
    "seen": ("seen concept x style", 0.85),
    "cells": ("held-out concept x style", 0.70),
    "concepts": ("unseen concepts", None),
}


def measure(context: Context, kind: str) -> Result:
    sprites = cells(context, kind)
    title, share_of_real = TITLES[kind]
    prompts = cell_prompts(context, sprites)
    pictures = context.paint(title, prompts)
    real = drawings_of(context, sprites)
    right, styled = accuracy(context.recogniser, pictures, sprites)
    real_right, real_styled = accuracy(context.recogniser, real, sprites)
    ceiling = float(np.mean(real_right))
    target = None if share_of_real is None else share_of_real * ceiling
    labels = [f"{'+' if ok else '-'}{'+' if s else '-'} {p}" for ok, s, p in zip(right, styled, prompts)]
    both = float(np.mean([a and b for a, b in zip(right, styled)]))
    return Result(
        [
            Row(f"concept top-1, {title}", float(np.mean(right)), ceiling, target=target),
            Row(f"style, {title}", float(np.mean(styled)), float(np.mean(real_styled))),
            Row(f"concept and style, {title}", both),
        ],
        {"prompts": prompts, "concept_right": [int(ok) for ok in right]},
        {f"concepts_{kind}.png": contact_sheet(pictures, labels)},
    )

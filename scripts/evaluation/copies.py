"""Does the model combine, or hand out its training drawings? Looks at pictures of held-out concept x style cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from scripts.data.bank import Bank
from scripts.data.split import Split
from scripts.evaluation.concepts import cell_prompts, cells, drawings_of
from scripts.evaluation.context import Context
from scripts.evaluation.results import Result, Row
from scripts.evaluation.segments import foreground, framed
from scripts.evaluation.sheets import contact_sheet

SIDE = 16
NEARER_THAN = 0.01  # of real held-out drawings are nearer to a training drawing than what counts as a copy


def small(pictures: np.ndarray) -> Tensor:
    """[N, SIDE * SIDE * 4] in 0..1: framed alike, then blurred, so that place, size and noise do not hide a copy."""
    framed_alike = np.stack([framed(picture, foreground(picture)) for picture in pictures])
    x = torch.from_numpy(framed_alike).permute(0, 3, 1, 2).float() / 255
    return torch.nn.functional.adaptive_avg_pool2d(x, SIDE).flatten(1)


def training_drawings(bank: Bank, split: Split, cache: Path) -> Tensor:
    """float16 [N, SIDE * SIDE * 4] of every drawing that trainers may see, and of its mirror image."""
    if cache.is_file():
        return torch.load(cache, weights_only=True)
    pixels = bank.pixels(64)
    allowed = [sprite.index for sprite in bank.sprites if split.allows(sprite)]
    parts = []
    for start in tqdm(range(0, len(allowed), 1000), desc="training drawings", unit="batch", leave=False):
        pictures = np.stack([np.asarray(pixels[index]) for index in allowed[start : start + 1000]])
        parts += [small(pictures).half(), small(pictures[:, :, ::-1]).half()]
    drawings = torch.cat(parts)
    cache.parent.mkdir(parents=True, exist_ok=True)
    torch.save(drawings, cache)
    return drawings


def nearest(pictures: Tensor, drawings: Tensor) -> Tensor:
    """Root mean square distance [N] to the nearest drawing."""
    parts = [torch.cdist(pictures, part.float()).min(1).values for part in drawings.split(8192)]
    return torch.stack(parts).min(0).values / pictures.shape[1] ** 0.5


def measure(context: Context) -> Result:
    composer = context.composer()
    drawings = training_drawings(composer.bank, composer.split, context.shared_cache / "copies.pt")
    sprites = cells(context, "cells")
    prompts = cell_prompts(context, sprites)
    pictures = context.paint("held-out concept x style", prompts)
    limit = float(nearest(small(drawings_of(context, sprites)), drawings).quantile(NEARER_THAN))
    distance = nearest(small(pictures), drawings)
    order = distance.argsort().tolist()
    return Result(
        [Row("copies among pictures of held-out cells", float((distance < limit).float().mean()), NEARER_THAN,
             target=0.05, at_most=True, note=f"nearer than {limit:.3f} to a training drawing")],
        {"limit": limit, "median_distance": float(distance.median())},
        {"copies.png": contact_sheet(pictures[order[:50]], [f"{distance[i]:.3f} {prompts[i]}" for i in order[:50]])},
    )  # fmt: skip

"""Stickers: pictures on nothing must have clean edges and nothing around them. Compared with real ones of the same plans."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from scripts.evaluation.composition import plans
from scripts.evaluation.context import Context
from scripts.evaluation.judges import plain_prompt
from scripts.evaluation.results import Result, Row
from scripts.evaluation.segments import foreground
from scripts.evaluation.sheets import contact_sheet


def softness(pictures: np.ndarray) -> float:
    """Width of the edges in pixels: half-transparent pixels along the outline, for every pixel of outline."""
    alpha = torch.from_numpy(pictures[..., 3].astype(np.float32))[:, None] / 255
    solid = (alpha > 0.5).float()
    outline = (F.max_pool2d(solid, 3, 1, 1) != solid).sum()
    return float(((alpha > 0.04) & (alpha < 0.96)).sum() / outline.clamp(min=1))


def dirt(pictures: np.ndarray) -> float:
    """Mean alpha, of 255, further than 6 pixels of 256 from anything solid."""
    alpha = torch.from_numpy(pictures[..., 3].astype(np.float32))[:, None]
    solid = torch.from_numpy(np.stack([foreground(picture) for picture in pictures])).float()[:, None]
    reach = max(1, round(pictures.shape[1] * 6 / 256))
    far = F.max_pool2d(solid, 2 * reach + 1, 1, reach) == 0
    return float(alpha[far].mean()) if far.any() else 0.0


def clear_border(pictures: np.ndarray) -> float:
    """Share of pictures whose corners are all transparent, as a sticker's are."""
    corners = pictures[:, [0, 0, -1, -1], [0, -1, 0, -1], 3]
    return float((corners < 26).all(1).mean())


def measure(context: Context) -> Result:
    specs = plans(context, "single")[: context.scale.edges]
    composer = context.composer("train", size=256)
    prompts = [f"{plain_prompt(spec, composer.bank.concepts)}, transparent background" for spec in specs]
    size = 256 if context.pipeline.manifest["networks"].get("upsamplers") else 64
    made = context.paint("stickers", prompts, size=size)
    real = np.stack([composer.render(spec, size) for spec in specs])
    return Result(
        [
            Row(f"width of alpha edges at {size} px", softness(made), softness(real)),
            Row("alpha left around the subject, of 255", dirt(made), dirt(real)),
            Row("transparent when asked", clear_border(made), clear_border(real)),
        ],
        {},
        {"stickers.png": contact_sheet(made, prompts)},
    )

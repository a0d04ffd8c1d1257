"""The upsampler on real small pictures, and the edges of what is drawn on nothing."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from scripts.evaluation.context import Context
from scripts.evaluation.pictures import to_signed, to_uint8
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sheets import contact_sheet

SEED = 64_256
BATCH = 8


def psnr(pictures: Tensor, truth: Tensor) -> float:
    """Mean peak signal to noise ratio in dB of pictures in [-1, 1]."""
    error = (pictures.clamp(-1, 1) - truth).square().mean(dim=(1, 2, 3)) / 4
    return float((-10 * error.clamp(min=1e-10).log10()).mean())


def edge_error(pictures: Tensor, truth: Tensor) -> float:
    """Mean error of alpha, of 255, where the true picture [N, 4, S, S] has an edge or is next to one."""
    alpha = (truth[:, 3:] + 1) / 2
    spread = F.max_pool2d(alpha, 5, 1, 2) + F.max_pool2d(-alpha, 5, 1, 2)  # largest minus smallest around
    edge = spread > 0.1
    return float(((pictures[:, 3:].clamp(-1, 1) + 1) / 2 - alpha).abs()[edge].mean() * 255)


def measure(context: Context) -> Result:
    composer, rng = context.composer("test", size=256), np.random.default_rng(SEED)
    scenes = [composer.sample(rng) for _ in range(context.scale.upsampled)]
    truth = to_signed(np.stack([scene.picture for scene in scenes]))
    low_res = F.avg_pool2d(truth, 4)
    parts = [
        context.pipeline.upsampler(part, list(range(start, start + len(part))), context.settings).cpu()
        for start, part in zip(range(0, len(low_res), BATCH), low_res.split(BATCH))
    ]
    large = to_signed(np.concatenate([to_uint8(part) for part in parts]))
    bicubic = F.interpolate(low_res, scale_factor=4, mode="bicubic", align_corners=False)
    sharp, smooth = psnr(large, truth), psnr(bicubic, truth)
    back = float((F.avg_pool2d(large, 4) - low_res).abs().mean() * 127.5)
    clear = [row for row, scene in enumerate(scenes) if scene.spec.background.kind == "transparent"]
    return Result(
        [
            Row("upsampler: dB above bicubic", sharp - smooth, target=2.0, note=f"{sharp:.1f} dB"),
            Row("upsampler: error when shrunk again, of 255", back, target=2.0, at_most=True),
            Row("upsampler: alpha error at edges, of 255", edge_error(large[clear], truth[clear]),
                note=f"bicubic {edge_error(bicubic[clear], truth[clear]):.1f}"),
        ],
        {"psnr": sharp, "psnr_bicubic": smooth},
        {"upsampler.png": contact_sheet(to_uint8(large), [scene.caption for scene in scenes])},
    )  # fmt: skip

"""The Python loop that dalle2 is measured against: scripts/package/pipeline.py on a package's TorchScript modules.

    python -m benchmarks.torchscript_loop --model DIR --dtype bfloat16 --threads 2 --steps 8 16 2 --picture FILE

benchmarks/worker.py says what it answers to.
"""

from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.worker import PROMPT, MakePictures, run_worker
from scripts.package.pipeline import Pipeline


def to_images(pictures: Tensor) -> list[Image.Image]:
    """Premultiplied [B, 4, S, S] in [-1, 1] to RGBA with straight alpha, which is what the binary gives."""
    unit = pictures.add(1).mul(0.5).clamp(0, 1)
    alpha = unit[:, 3:]
    color = (unit[:, :3] / alpha.clamp(min=1e-6)).clamp(max=1)
    pixels = torch.cat([color, alpha], dim=1).mul(255).round().to(torch.uint8)
    return [Image.fromarray(one.numpy()) for one in pixels.permute(0, 2, 3, 1).contiguous()]


def make_loop(model: Path, dtype: torch.dtype, steps: list[int]) -> MakePictures:
    pipeline = Pipeline(model, dtype)
    prior_steps, decoder_steps, upsampler_steps = steps
    settings = replace(
        pipeline.settings, steps=decoder_steps, prior_steps=prior_steps, upsampler_steps=upsampler_steps
    )
    return lambda count: to_images(pipeline.generate([PROMPT] * count, list(range(count)), settings))


if __name__ == "__main__":
    run_worker(make_loop)

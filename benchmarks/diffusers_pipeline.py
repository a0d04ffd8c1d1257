"""diffusers' UnCLIPPipeline at random weights, as near to the default model as its classes come.

    python -m benchmarks.diffusers_pipeline --model DIR --dtype bfloat16 --threads 2 --steps 8 16 2 --picture FILE

benchmarks/random_unclip.py writes the folder.
"""

import functools
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # before diffusers reads it

import diffusers
import torch
from diffusers import UnCLIPPipeline
from diffusers.pipelines.deprecated.unclip.text_proj import UnCLIPTextProjModel
from PIL import Image
from torch import Tensor
from torch.nn import functional

from benchmarks.worker import PROMPT, MakePictures, run_worker

interpolate = functional.interpolate


@functools.wraps(interpolate)
def interpolate_any(x: Tensor, *arguments, antialias: bool = False, **named) -> Tensor:
    """Antialiasing has no bfloat16 kernel."""
    if not antialias:
        return interpolate(x, *arguments, **named)
    return interpolate(x.float(), *arguments, antialias=True, **named).to(x.dtype)


def mend_diffusers() -> None:
    """What UnCLIPPipeline needs since it was deprecated, and on a CPU in bfloat16."""
    diffusers.UnCLIPTextProjModel = UnCLIPTextProjModel  # where from_pretrained looks for it
    functional.interpolate = interpolate_any


def make_pipeline(model: Path, dtype: torch.dtype, steps: list[int]) -> MakePictures:
    mend_diffusers()
    pipeline = UnCLIPPipeline.from_pretrained(model, dtype=dtype)
    pipeline.set_progress_bar_config(disable=True)
    prior_steps, decoder_steps, upsampler_steps = steps

    def make_pictures(count: int) -> list[Image.Image]:
        return pipeline(
            [PROMPT] * count,
            prior_num_inference_steps=prior_steps,
            decoder_num_inference_steps=decoder_steps,
            super_res_num_inference_steps=upsampler_steps,
            generator=torch.Generator().manual_seed(0),
        ).images

    return make_pictures


if __name__ == "__main__":
    run_worker(make_pipeline)

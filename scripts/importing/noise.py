"""Noise as a file that `dalle2 generate --noise` takes, recorded while diffusers' own pipeline draws a picture with
torch's generator as ever. Then both can be compared from the outside:

    python -m scripts.importing.noise FOLDER "a red fox" --seed 3 --out noise.safetensors --picture theirs.png
    dalle2 generate "a red fox" --model karlo --noise noise.safetensors -o ours.png
"""

import argparse
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from diffusers import UnCLIPScheduler
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from scripts.importing.folder import TEXT_TO_IMAGE, pipeline_class
from scripts.importing.reference import Steps, load

Draws = dict[str, Tensor]


@contextmanager
def recorded_noise(pipeline: Any) -> Iterator[Draws]:
    """What the pipeline draws: "prior.0" is where the prior starts, "prior.1" what its first step adds, and so on."""
    draws: Draws = {}
    counts: dict[str, int] = {}
    large = pipeline.super_res_first.config.sample_size
    stages = {pipeline.decoder.config.sample_size: "decoder", large: f"upsampler_{large}"}
    module = type(pipeline).__module__

    def recording(draw: Any) -> Any:
        def drawn(shape: tuple[int, ...], *arguments: Any, **options: Any) -> Tensor:
            noise = draw(shape, *arguments, **options)
            stage = stages[shape[-1]] if len(shape) == 4 else "prior"
            number = counts.get(stage, 0)
            counts[stage] = number + 1
            draws[f"{stage}.{number}"] = noise.detach().to("cpu", torch.float32).contiguous()
            return noise

        return drawn

    from diffusers.utils.torch_utils import randn_tensor

    with (
        patch(f"{module}.randn_tensor", recording(randn_tensor)),
        patch(f"{UnCLIPScheduler.__module__}.randn_tensor", recording(randn_tensor)),
    ):
        yield draws


def write_noise(path: Path, draws: Draws) -> None:
    save_file(draws, path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = Steps()
    parser.add_argument("folder", type=Path, help="an UnCLIPPipeline or UnCLIPImageVariationPipeline")
    parser.add_argument("input", help="a prompt, or for image variations a picture's file")
    parser.add_argument("--count", type=int, default=1, help="pictures in one batch")
    parser.add_argument("--seed", type=int, default=0, help="of torch.Generator")
    parser.add_argument("--prior-steps", type=int, default=defaults.prior)
    parser.add_argument("--steps", type=int, default=defaults.decoder)
    parser.add_argument("--upsampler-steps", type=int, default=defaults.upsampler)
    parser.add_argument("--prior-guidance", type=float, default=4.0)
    parser.add_argument("--guidance", type=float, default=8.0)
    parser.add_argument("--out", type=Path, required=True, help="the noise, a .safetensors file")
    parser.add_argument("--picture", type=Path, help="what diffusers draws; those of a batch side by side")
    arguments = parser.parse_args()

    pipeline = load(arguments.folder)
    options = {
        "num_images_per_prompt": arguments.count,
        "generator": torch.Generator().manual_seed(arguments.seed),
        "decoder_num_inference_steps": arguments.steps,
        "super_res_num_inference_steps": arguments.upsampler_steps,
        "decoder_guidance_scale": arguments.guidance,
    }
    given: Any = arguments.input
    if pipeline_class(arguments.folder) == TEXT_TO_IMAGE:
        options["prior_num_inference_steps"] = arguments.prior_steps
        options["prior_guidance_scale"] = arguments.prior_guidance
    else:
        given = Image.open(arguments.input).convert("RGB")
    with recorded_noise(pipeline) as draws:
        pictures = pipeline(given, **options).images
    write_noise(arguments.out, draws)
    if arguments.picture:
        columns = math.ceil(math.sqrt(len(pictures)))
        side = pictures[0].width
        sheet = Image.new("RGB", (columns * side, math.ceil(len(pictures) / columns) * side))
        for i, picture in enumerate(pictures):
            sheet.paste(picture, (i % columns * side, i // columns * side))
        sheet.save(arguments.picture)


if __name__ == "__main__":
    main()

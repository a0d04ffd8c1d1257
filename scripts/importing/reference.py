"""diffusers' own unCLIP pipelines, drawing the noise that the binary draws for the same seeds, with every stage
written down. For comparing an imported package with what it was imported from.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from diffusers import UnCLIPScheduler
from PIL import Image
from torch import Tensor
from transformers import CLIPImageProcessor, CLIPTokenizer

from scripts.importing.folder import TEXT_TO_IMAGE, pipeline_class
from scripts.importing.parts import CLASSES
from scripts.package.pipeline import Noise

PLAIN = {
    "tokenizer": CLIPTokenizer,
    "feature_extractor": CLIPImageProcessor,
    "prior_scheduler": UnCLIPScheduler,
    "decoder_scheduler": UnCLIPScheduler,
    "super_res_scheduler": UnCLIPScheduler,
}
STAGES = {"prior_scheduler": "prior", "decoder_scheduler": "decoder", "super_res_scheduler": "upsampler"}


@dataclass
class Steps:
    prior: int = 25
    decoder: int = 25
    upsampler: int = 7


@dataclass
class Record:
    """`steps` has x after every step, by stage. Pictures are [B, H, W, 3] in [0, 1]."""

    steps: dict[str, list[Tensor]] = field(default_factory=lambda: {stage: [] for stage in STAGES.values()})
    text_embedding: Tensor | None = None
    token_states: Tensor | None = None
    image_embedding: Tensor | None = None
    pictures: Tensor | None = None


def load(folder: Path) -> Any:
    """UnCLIPPipeline or UnCLIPImageVariationPipeline in fp32."""
    from diffusers.pipelines.deprecated import unclip

    logging.getLogger("diffusers").setLevel(logging.ERROR)
    kind = pipeline_class(folder)
    names = [name for name in (*CLASSES, *PLAIN) if (folder / name).is_dir()]
    parts = {}
    for name in names:
        if name in PLAIN:
            parts[name] = PLAIN[name].from_pretrained(folder / name)
        else:
            parts[name] = CLASSES[name].from_pretrained(folder / name).float().eval()
    pipeline = unclip.UnCLIPPipeline if kind == TEXT_TO_IMAGE else unclip.UnCLIPImageVariationPipeline
    loaded = pipeline(**parts)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def use_exact_schedules(pipeline: Any) -> None:
    """UnCLIPScheduler keeps its schedule in fp32, where 1 - alpha_bar loses most of its digits at the first
    timesteps: at timestep 0 x0 is scaled by 0.9995 for 1. The same formula in fp64 is what the binary has."""
    for name in STAGES:
        scheduler = getattr(pipeline, name, None)
        if scheduler is not None:
            count = scheduler.config.num_train_timesteps
            signal = [math.cos((i / count + 0.008) / 1.008 * math.pi / 2) ** 2 for i in range(count + 1)]
            betas = [min(1 - signal[i + 1] / signal[i], 0.999) for i in range(count)]
            scheduler.betas = torch.tensor(betas, dtype=torch.float64)
            scheduler.alphas = 1 - scheduler.betas
            scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)


def text_to_image(
    pipeline: Any, prompts: list[str], seeds: list[int], steps: Steps, prior_guidance: float, guidance: float
) -> Record:
    with recording(pipeline, seeds) as record:
        pictures = pipeline(
            prompts,
            prior_num_inference_steps=steps.prior,
            decoder_num_inference_steps=steps.decoder,
            super_res_num_inference_steps=steps.upsampler,
            prior_guidance_scale=prior_guidance,
            decoder_guidance_scale=guidance,
            output_type="np",
        ).images
    record.pictures = torch.from_numpy(pictures)
    return record


def image_variation(
    pipeline: Any, images: list[Image.Image], seeds: list[int], steps: Steps, guidance: float
) -> Record:
    with recording(pipeline, seeds) as record:
        pictures = pipeline(
            images,
            decoder_num_inference_steps=steps.decoder,
            super_res_num_inference_steps=steps.upsampler,
            decoder_guidance_scale=guidance,
            output_type="np",
        ).images
    record.pictures = torch.from_numpy(pictures)
    return record


@contextmanager
def recording(pipeline: Any, seeds: list[int]) -> Iterator[Record]:
    """Gives the pipeline the noise of `seeds`, one a picture, and notes what its parts give."""
    record = Record()
    small, large = pipeline.decoder.config.sample_size, pipeline.super_res_first.config.sample_size
    by_size = {small: "decoder", large: "upsampler"}
    streams = {stage: Noise(seeds, stage) for stage in STAGES.values()}

    def noise(shape: tuple[int, ...], **_: Any) -> Tensor:
        stage = by_size[shape[-1]] if len(shape) == 4 else "prior"
        return streams[stage](*shape[1:])

    def note_text(_: Any, __: Any, output: Any) -> None:
        if record.text_embedding is None:  # that of the prompts comes first, the unconditional one later
            record.text_embedding, record.token_states = output.text_embeds, output.last_hidden_state

    def note_image(_: Any, __: Any, inputs: dict[str, Any], ___: Any) -> None:
        record.image_embedding = inputs["image_embeddings"]

    hooks = [
        pipeline.text_encoder.register_forward_hook(note_text),
        pipeline.text_proj.register_forward_hook(note_image, with_kwargs=True),
    ]
    for name, stage in STAGES.items():
        if hasattr(pipeline, name):
            note_steps(getattr(pipeline, name), record.steps[stage])
    module = type(pipeline).__module__
    with patch(f"{module}.randn_tensor", noise), patch(f"{UnCLIPScheduler.__module__}.randn_tensor", noise):
        try:
            yield record
        finally:
            for hook in hooks:
                hook.remove()
            for name in STAGES:
                if hasattr(pipeline, name):
                    del getattr(pipeline, name).step  # the class's own again


def note_steps(scheduler: UnCLIPScheduler, steps: list[Tensor]) -> None:
    step = scheduler.step

    def noted(*arguments: Any, **options: Any) -> Any:
        output = step(*arguments, **options)
        steps.append(output.prev_sample)
        return output

    scheduler.step = noted

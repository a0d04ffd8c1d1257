"""DALLE2-pytorch's models as the networks and the model.json of a package."""

from typing import Any

import torch
from torch import Tensor

from scripts.importing.dalle2_pytorch import networks
from scripts.importing.dalle2_pytorch.models import Models, unet_file
from scripts.importing.files import EXAMPLE_BATCH, NetworkFile, noise
from scripts.importing.package import Labels
from scripts.package.manifest import (
    Clamp,
    Decoder,
    DecoderStage,
    Defaults,
    Embedding,
    Manifest,
    Networks,
    Picture,
    Prior,
    PriorStage,
    Schedule,
    TextEncoder,
    Tokenizer,
    Upsampler,
)
from scripts.package.manifest import Stage as UpsamplerStage
from scripts.training.diffusion import squaredcos_cap_v2_betas

MAX_STEPS = 1000
CANDIDATES = 2  # DALLE2's prior_num_samples


def network_files(models: Models) -> list[NetworkFile]:
    text, prior, decoder = models.text_encoder.config, models.prior, models.decoder
    width, length, small = text.projection_dim, models.tokenizer.max_length, decoder.image_sizes[0]
    ids = torch.randint(
        1, text.vocab_size, (EXAMPLE_BATCH, length), generator=torch.Generator().manual_seed(0)
    )
    ids[0, 2] = models.eos_id
    mask = torch.arange(length) < torch.tensor([[3], [length]])
    t = torch.tensor([0, prior.noise_scheduler.num_timesteps - 1])
    states = (noise(width), noise(length, text.hidden_size) * mask[..., None], mask)
    last_normalises = prior.predict_x_start and prior.sampling_final_clamp_l2norm
    constrains = [learned and decoder.learned_variance_constrain_frac for learned in decoder.learned_variance]
    files = [
        NetworkFile(
            "text_encoder.pt",
            [models.text_encoder],
            lambda encoder: networks.TextEncoder(encoder, models.eos_id),
            (ids, mask),
        ),
        NetworkFile(
            "prior.pt",
            [models.prior_part],
            lambda network: networks.Prior(network, prior.condition_on_text_encodings),
            (noise(width), t, *states),
        ),
        NetworkFile(
            "decoder.pt",
            [models.unets[0]],
            lambda unet: networks.Decoder(unet, last_normalises, constrains[0]),
            (noise(3, small, small), t, noise(width), *states),
        ),
    ]
    for i, part in enumerate(models.unets[1:], 1):
        before, size = decoder.image_sizes[i - 1 : i + 1]
        files.append(
            NetworkFile(
                unet_file(decoder, i),
                [part],
                lambda unet, i=i, size=size: networks.Upsampler(unet, size, constrains[i]),
                (noise(3, size, size), t, noise(3, before, before)),
            )
        )
    return files


def make_manifest(models: Models, labels: Labels) -> Manifest:
    text, prior, decoder = models.text_encoder.config, models.prior, models.decoder
    sizes = decoder.image_sizes[: len(models.unets)]
    upsamplers = [
        Upsampler(
            **unet_settings(models, i),
            input_size=sizes[i - 1],
            output_size=sizes[i],
            start={"from": "noise"},
        )
        for i in range(1, len(sizes))
    ]
    steps = [
        stage(count, len(models.betas[unet_file(decoder, i)]), decoder.ddim_sampling_eta)
        for i, count in enumerate(decoder.sample_timesteps[: len(sizes)])
    ]
    prior_steps = stage(prior.sample_timesteps, len(models.betas["prior.pt"]), 1.0)
    return Manifest(
        name=labels.name,
        title=labels.title,
        licence=labels.licence,
        tokenizer=Tokenizer("clip_bpe", models.tokenizer.max_length, models.tokenizer.pad_id),
        embedding=Embedding(prior.image_embed_dim, 0.0, 1 / prior.image_embed_scale),
        picture=Picture(channels=3, size=sizes[0], alpha="none"),
        networks=Networks(
            text_encoder=TextEncoder("text_encoder.pt", text.hidden_size),
            prior=Prior(
                file="prior.pt",
                schedule=schedule(models.betas["prior.pt"]),
                prediction=prediction(prior.predict_v, prior.predict_x_start),
                clamp=Clamp("none") if prior.predict_x_start else Clamp("static", 1.0),
            ),
            decoder=Decoder(**unet_settings(models, 0)),
            upsamplers=upsamplers,
        ),
        defaults=Defaults(  # DALLE2's own: guidance 1, which is off
            prior=PriorStage(**prior_steps, candidates=CANDIDATES),
            decoder=DecoderStage(**steps[0]),
            upsampler=UpsamplerStage(**steps[1]) if upsamplers else None,
            size=sizes[-1],
        ),
    )


def unet_settings(models: Models, i: int) -> dict[str, Any]:
    decoder, file = models.decoder, unet_file(models.decoder, i)
    dynamic = Clamp("dynamic", 1.0, decoder.dynamic_thres_percentile)
    return {
        "file": file,
        "schedule": schedule(models.betas[file]),
        "prediction": prediction(decoder.predict_v[i], decoder.predict_x_start[i]),
        "clamp": dynamic if decoder.use_dynamic_thres else Clamp("static", 1.0),
        "variance": "learned_range" if decoder.learned_variance[i] else "fixed_small",
    }


def prediction(predict_v: bool, predict_x_start: bool) -> str:
    if predict_v:
        return "v"
    return "x0" if predict_x_start else "epsilon"


def stage(sample_timesteps: int | None, num_timesteps: int, eta: float) -> dict[str, Any]:
    """With fewer steps than timesteps the library takes DDIM."""
    if sample_timesteps is None or sample_timesteps == num_timesteps:
        return {"sampler": "ddpm", "steps": min(num_timesteps, MAX_STEPS)}
    return {"sampler": "ddim", "steps": sample_timesteps, "eta": float(eta)}


def schedule(betas: Tensor) -> Schedule:
    """By its name where that gives the same numbers, with all the digits that the checkpoint rounded off."""
    count = len(betas)
    cosine = torch.from_numpy(squaredcos_cap_v2_betas(count))
    if torch.allclose(betas, cosine, rtol=1e-4, atol=0):
        return Schedule("squaredcos_cap_v2", count)
    return Schedule("betas", count, betas=betas.tolist())

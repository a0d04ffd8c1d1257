"""A pipeline's settings as a package's model.json."""

from typing import Any

from scripts.importing.pipeline import Pipeline
from scripts.package.manifest import (
    Clamp,
    Decoder,
    DecoderStage,
    Defaults,
    Embedding,
    ImageEncoder,
    Manifest,
    Networks,
    Picture,
    Prior,
    PriorStage,
    Schedule,
    Stage,
    TextEncoder,
    Tokenizer,
    Upsampler,
)

PREDICTIONS = {"epsilon": "epsilon", "sample": "x0"}

# What UnCLIPPipeline does unless it is told otherwise.
PRIOR_STAGE = PriorStage(sampler="ddpm", steps=25, guidance=4.0)
DECODER_STAGE = DecoderStage(sampler="ddpm", steps=25, guidance=8.0)
UPSAMPLER_STAGE = Stage(sampler="ddpm", steps=7)


def diffusion(file: str, scheduler: Any) -> dict[str, Any]:
    """UnCLIPScheduler's settings. Its timesteps go from the first to the last, both included."""
    clip = scheduler.clip_sample
    return {
        "file": file,
        "schedule": Schedule("squaredcos_cap_v2", scheduler.num_train_timesteps),
        "prediction": PREDICTIONS[scheduler.prediction_type],
        "clamp": Clamp("static", scheduler.clip_sample_range) if clip else Clamp("none"),
        "variance": scheduler.variance_type,
        "spacing": "linspace",
    }


def make_manifest(
    pipeline: Pipeline, name: str, title: str, licence: str, learned: dict[str, list[float]]
) -> Manifest:
    """`learned` has what stands among the weights: the embeddings' mean and std, and the unconditional one."""
    text = pipeline.parts["text_encoder"].config
    small = pipeline.parts["decoder"].config.sample_size
    large = pipeline.parts["super_res_first"].config.sample_size
    schedulers = pipeline.schedulers
    encoding = pipeline.image_encoding
    return Manifest(
        name=name,
        title=title,
        licence=licence,
        tokenizer=Tokenizer("clip_bpe", pipeline.tokenizer.max_length, pipeline.tokenizer.pad_id),
        embedding=Embedding(text.projection_dim, learned["mean"], learned["std"]),
        picture=Picture(channels=3, size=small, alpha="none"),
        networks=Networks(
            text_encoder=TextEncoder("text_encoder.pt", text.hidden_size),
            prior=Prior(
                **diffusion("prior.pt", schedulers["prior_scheduler"]),
                unconditional={"text": "empty_prompt"},
            ),
            decoder=Decoder(
                **diffusion("decoder.pt", schedulers["decoder_scheduler"]),
                unconditional={"text": "empty_prompt", "image_embedding": learned["unconditional"]},
            ),
            upsamplers=[
                Upsampler(
                    **diffusion(f"upsampler_{large}.pt", schedulers["super_res_scheduler"]),
                    input_size=small,
                    output_size=large,
                    start={"from": "noise"},
                    last_step_file=f"upsampler_{large}_last.pt",
                )
            ],
            image_encoder=ImageEncoder("image_encoder.pt", encoding.part.config.image_size)
            if encoding
            else None,
        ),
        defaults=Defaults(prior=PRIOR_STAGE, decoder=DECODER_STAGE, upsampler=UPSAMPLER_STAGE, size=large),
    )

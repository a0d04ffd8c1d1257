"""All that is known of a pipeline before its weights are read, checked to fit together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.importing import folder as layout
from scripts.importing.faults import ImportFault
from scripts.importing.parts import Part, read_part, read_scheduler
from scripts.importing.tokenizer import TokenizerFiles, read_tokenizer


@dataclass
class ImageEncoding:
    part: Part
    mean: list[float]  # of colours in [0, 1], CLIPImageProcessor's
    std: list[float]


@dataclass
class Pipeline:
    tokenizer: TokenizerFiles
    parts: dict[str, Part]
    schedulers: dict[str, Any]
    image_encoding: ImageEncoding | None


def read_pipeline(folder: Path, image_variations: Path | None) -> Pipeline:
    if layout.pipeline_class(folder) != layout.TEXT_TO_IMAGE:
        raise ImportFault(
            f"{folder} is laid out for variations of pictures and has no prior; import the text-to-image folder, "
            "with this one as --image-variations"
        )
    names = ["text_encoder", "text_proj", "prior", "decoder", "super_res_first", "super_res_last"]
    schedulers = ["prior_scheduler", "decoder_scheduler", "super_res_scheduler"]
    pipeline = Pipeline(
        tokenizer=read_tokenizer(folder / "tokenizer"),
        parts={name: read_part(folder / name, name) for name in names},
        schedulers={name: read_scheduler(folder, name) for name in schedulers},
        image_encoding=read_image_encoding(image_variations) if image_variations else None,
    )
    check(pipeline)
    return pipeline


def read_image_encoding(folder: Path) -> ImageEncoding:
    if layout.pipeline_class(folder) != layout.IMAGE_VARIATION:
        raise ImportFault(f"{folder} has no image encoder: it is a {layout.TEXT_TO_IMAGE}")
    processor = layout.read_json(folder / "feature_extractor" / "preprocessor_config.json")
    if not (processor.get("do_normalize", True) and processor.get("do_rescale", True)):
        raise ImportFault(f"{folder}/feature_extractor does not scale colours as CLIP does")
    part = read_part(folder / "image_encoder", "image_encoder")
    return ImageEncoding(part, processor["image_mean"], processor["image_std"])


def check(pipeline: Pipeline) -> None:
    """Sizes that have to agree, between parts or with what model packages can say."""
    config = {name: part.config for name, part in pipeline.parts.items()}
    text, prior, decoder = config["text_encoder"], config["prior"], config["decoder"]
    proj, first, last = config["text_proj"], config["super_res_first"], config["super_res_last"]
    learned = pipeline.schedulers["decoder_scheduler"].variance_type == "learned_range"
    width = text.projection_dim
    rows = [
        ("text_encoder.hidden_size", text.hidden_size, "text_encoder.projection_dim", width),
        ("prior.embedding_dim", prior.embedding_dim, "text_encoder.projection_dim", width),
        ("prior.clip_embed_dim", prior.clip_embed_dim or width, "text_encoder.projection_dim", width),
        ("prior.num_embeddings", prior.num_embeddings, "tokenizer's length", pipeline.tokenizer.max_length),
        ("tokenizer's length", pipeline.tokenizer.max_length, "text_encoder's", text.max_position_embeddings),
        ("text_proj.clip_embeddings_dim", proj.clip_embeddings_dim, "text_encoder.projection_dim", width),
        (
            "text_proj.cross_attention_dim",
            proj.cross_attention_dim,
            "decoder.cross_attention_dim",
            decoder.cross_attention_dim,
        ),
        ("text_proj.time_embed_dim", proj.time_embed_dim, "decoder's", decoder.block_out_channels[0] * 4),
        ("decoder.in_channels", decoder.in_channels, "colours", 3),
        ("decoder.out_channels", decoder.out_channels, "its scheduler's", 6 if learned else 3),
        ("super_res_first.in_channels", first.in_channels, "two pictures'", 6),
        ("super_res_last.in_channels", last.in_channels, "two pictures'", 6),
        ("super_res_first.out_channels", first.out_channels, "colours", 3),
        ("super_res_last.out_channels", last.out_channels, "colours", 3),
        ("super_res_last.sample_size", last.sample_size, "super_res_first.sample_size", first.sample_size),
    ]
    if pipeline.image_encoding:
        encoder = pipeline.image_encoding.part.config
        rows.append(
            ("image_encoder.projection_dim", encoder.projection_dim, "text_encoder.projection_dim", width)
        )
    for what, value, other, wanted in rows:
        if value != wanted:
            raise ImportFault(
                f"{what} is {value}, but {other} is {wanted}: these parts do not fit each other"
            )
    if decoder.sample_size >= first.sample_size:
        raise ImportFault(
            f"super_res_first makes pictures of {first.sample_size} pixels from the decoder's of {decoder.sample_size}"
        )

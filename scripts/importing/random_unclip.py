"""Makes a folder in diffusers' layout of an unCLIP pipeline with random weights, to prove the import on:

    python -m scripts.importing.random_unclip --size tiny build/random-unclip
    python -m scripts.importing.random_unclip --size karlo ~/random-karlo     # 7 GB, Karlo's own dimensions

With --image-variations the folder is laid out as Karlo's image variations are: an image encoder, no prior.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import PriorTransformer, UnCLIPScheduler, UNet2DConditionModel, UNet2DModel
from diffusers.pipelines.deprecated.unclip.text_proj import UnCLIPTextProjModel
from tqdm import tqdm
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

VOCABULARY = Path("tests/golden/clip_bpe")


@dataclass
class Size:
    """Karlo v1 alpha by default: CLIP ViT-L/14, a prior of 1.0 B parameters, a decoder of 0.9 B."""

    dtype: torch.dtype = torch.float16
    embedding: int = 768
    text: dict[str, Any] = field(
        default_factory=lambda: {
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "intermediate_size": 3072,
        }
    )
    vision: dict[str, Any] = field(
        default_factory=lambda: {
            "hidden_size": 1024,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "intermediate_size": 4096,
            "image_size": 224,
            "patch_size": 14,
        }
    )
    text_length: int = 77
    prior: dict[str, Any] = field(default_factory=dict)
    channels: tuple[int, ...] = (320, 640, 960, 1280)
    layers: int = 3
    norm_groups: int = 32
    cross_attention: int = 1536
    head: int = 64
    extra_tokens: int = 4
    picture: int = 64
    large_picture: int = 256


TINY = Size(
    dtype=torch.float16,
    embedding=16,
    text={"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24},
    vision={
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "image_size": 32,
        "patch_size": 8,
    },
    text_length=16,
    prior={"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "num_embeddings": 16},
    channels=(8, 16),
    layers=1,
    norm_groups=4,
    cross_attention=12,
    head=4,
    extra_tokens=3,
    picture=16,
    large_picture=32,
)
SIZES = {"tiny": TINY, "karlo": Size()}


def text_encoder(size: Size) -> CLIPTextModelWithProjection:
    tokenizer = make_tokenizer(size)
    config = CLIPTextConfig(
        vocab_size=max(49408 if size.text_length == 77 else 0, len(tokenizer)),
        hidden_size=size.embedding,
        projection_dim=size.embedding,
        max_position_embeddings=size.text_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **size.text,
    )
    return CLIPTextModelWithProjection(config)


def image_encoder(size: Size) -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(CLIPVisionConfig(projection_dim=size.embedding, **size.vision))


def text_proj(size: Size) -> UnCLIPTextProjModel:
    return UnCLIPTextProjModel(
        clip_extra_context_tokens=size.extra_tokens,
        clip_embeddings_dim=size.embedding,
        time_embed_dim=size.channels[0] * 4,
        cross_attention_dim=size.cross_attention,
    )


def prior(size: Size) -> PriorTransformer:
    model = PriorTransformer(embedding_dim=size.embedding, **size.prior)
    model.clip_mean.data.normal_(0.0, 0.3)
    model.clip_std.data.uniform_(0.3, 0.6)
    return model


def decoder(size: Size) -> UNet2DConditionModel:
    deeper = len(size.channels) - 1
    return UNet2DConditionModel(
        sample_size=size.picture,
        in_channels=3,
        out_channels=6,
        block_out_channels=size.channels,
        layers_per_block=size.layers,
        norm_num_groups=size.norm_groups,
        down_block_types=("ResnetDownsampleBlock2D", *["SimpleCrossAttnDownBlock2D"] * deeper),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=(*["SimpleCrossAttnUpBlock2D"] * deeper, "ResnetUpsampleBlock2D"),
        cross_attention_dim=size.cross_attention,
        attention_head_dim=size.head,
        resnet_time_scale_shift="scale_shift",
        class_embed_type="identity",
    )


def super_resolution(size: Size) -> UNet2DModel:
    return UNet2DModel(
        sample_size=size.large_picture,
        in_channels=6,
        out_channels=3,
        block_out_channels=size.channels,
        layers_per_block=size.layers,
        norm_num_groups=size.norm_groups,
        down_block_types=("ResnetDownsampleBlock2D",) * len(size.channels),
        up_block_types=("ResnetUpsampleBlock2D",) * len(size.channels),
        add_attention=False,
    )


def make_tokenizer(size: Size) -> CLIPTokenizer:
    vocab = json.loads((VOCABULARY / "vocab.json").read_text(encoding="utf-8"))
    lines = (VOCABULARY / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    merges = [tuple(line.split(" ")) for line in lines]
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=size.text_length)


def image_processor(size: Size) -> CLIPImageProcessor:
    side = size.vision["image_size"]
    return CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})


def scheduler(**config: Any) -> Callable[[Size], UnCLIPScheduler]:
    return lambda _: UnCLIPScheduler(**config)


# Name in the folder, how to make it; saved one after the other, so that one is in memory at a time.
PARTS: dict[str, Callable[[Size], Any]] = {
    "tokenizer": make_tokenizer,
    "text_encoder": text_encoder,
    "text_proj": text_proj,
    "prior": prior,
    "prior_scheduler": scheduler(
        variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
    ),
    "decoder": decoder,
    "decoder_scheduler": scheduler(variance_type="learned_range", prediction_type="epsilon"),
    "super_res_first": super_resolution,
    "super_res_last": super_resolution,
    "super_res_scheduler": scheduler(variance_type="fixed_small_log", prediction_type="epsilon"),
    "feature_extractor": image_processor,
    "image_encoder": image_encoder,
}
VARIATIONS_ONLY = ("feature_extractor", "image_encoder")
TEXT_TO_IMAGE_ONLY = ("prior", "prior_scheduler")


def randomise(module: torch.nn.Module) -> None:
    """Parameters that start out constant, such as biases and norms, would hide whether they arrive."""
    for parameter in module.parameters():
        if parameter.numel() > 1 and (parameter == parameter.flatten()[0]).all():
            parameter.data += 0.1 * torch.randn_like(parameter)


def calm(module: torch.nn.Module) -> None:
    """Guidance multiplies what a network of random weights makes of its inputs until rounding decides the picture,
    which no training would leave so; smaller outputs prevent that."""
    output = getattr(module, "conv_out", None)
    if output is not None:
        output.weight.data *= 0.1


def write_folder(folder: Path, size: Size, image_variations: bool = False, seed: int = 0) -> None:
    """Parts that both layouts have are the same in both, given the same seed."""
    leave_out = TEXT_TO_IMAGE_ONLY if image_variations else VARIATIONS_ONLY
    names = [name for name in PARTS if name not in leave_out]
    index: dict[str, Any] = {
        "_class_name": "UnCLIPImageVariationPipeline" if image_variations else "UnCLIPPipeline",
        "_diffusers_version": diffusers.__version__,
    }
    folder.mkdir(parents=True)
    for name in tqdm(names, desc="parts", leave=False):
        torch.manual_seed(seed * 100 + list(PARTS).index(name))
        part = PARTS[name](size)
        if isinstance(part, torch.nn.Module):
            randomise(part)
            calm(part)
            part = part.to(size.dtype)
        part.save_pretrained(folder / name)
        index[name] = [library_of(part), type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def library_of(part: Any) -> str:
    """As diffusers writes it: its own pipelines' models go by the pipeline's name."""
    return "unclip" if isinstance(part, UnCLIPTextProjModel) else type(part).__module__.partition(".")[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder to make; must not exist")
    parser.add_argument("--size", choices=list(SIZES), default="tiny")
    parser.add_argument("--image-variations", action="store_true", help="lay out as the image variations")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write_folder(arguments.folder, SIZES[arguments.size], arguments.image_variations, arguments.seed)


if __name__ == "__main__":
    main()

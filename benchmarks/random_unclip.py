"""Writes diffusers' UnCLIPPipeline at random weights, as near to the default model as its classes come; and
shapes.json beside it: parameters and operations of both, as its networks are and a package's.

    python -m benchmarks.random_unclip --model models/emoji --out DIR --dtype bfloat16

Its U-Nets work on whole pictures, where ours fold 2 x 2 or 4 x 4 pixels into channels first, so both numbers cannot be
met at once; its prior carries the text through every layer of every step, where ours only looks at it.
"""

import argparse
import json
from pathlib import Path

import torch
from diffusers import PriorTransformer, UnCLIPPipeline, UnCLIPScheduler, UNet2DConditionModel, UNet2DModel
from diffusers.pipelines.deprecated.unclip.text_proj import UnCLIPTextProjModel
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from scripts.networks.prior import PriorConfig
from scripts.networks.text_encoder import TextEncoderConfig
from scripts.networks.unet import UnetConfig

TEXT, PRIOR, DECODER = TextEncoderConfig(), PriorConfig(), UnetConfig()
VOCABULARY = Path("tests/golden/clip_bpe")
DECODER_WIDTHS = [16, 32, 64, 320]
UPSAMPLER_WIDTHS = [8, 8, 24, 64, 136]


def tokenizer() -> CLIPTokenizer:
    files = (str(VOCABULARY / name) for name in ("vocab.json", "merges.txt"))
    return CLIPTokenizer(*files, model_max_length=TEXT.length)


def text_encoder() -> CLIPTextModelWithProjection:
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=TEXT.vocabulary,
            hidden_size=TEXT.width,
            intermediate_size=4 * TEXT.width,
            projection_dim=TEXT.embedding,
            num_hidden_layers=TEXT.layers,
            num_attention_heads=TEXT.heads,
            max_position_embeddings=TEXT.length,
            bos_token_id=tokenizer().bos_token_id,
            eos_token_id=tokenizer().eos_token_id,
        )
    )


def prior() -> PriorTransformer:
    model = PriorTransformer(
        num_attention_heads=PRIOR.heads,
        attention_head_dim=PRIOR.width // PRIOR.heads,
        num_layers=6,
        embedding_dim=PRIOR.embedding,
        num_embeddings=TEXT.length,
    )
    nn.init.ones_(model.clip_std)
    return model


def decoder() -> UNet2DConditionModel:
    between = len(DECODER_WIDTHS) - 1
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=DECODER.channels,
        out_channels=2 * DECODER.channels,  # the pipeline wants learned variances
        down_block_types=["ResnetDownsampleBlock2D"] * between + ["SimpleCrossAttnDownBlock2D"],
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=["SimpleCrossAttnUpBlock2D"] + ["ResnetUpsampleBlock2D"] * between,
        block_out_channels=DECODER_WIDTHS,
        layers_per_block=1,
        cross_attention_dim=DECODER.token_width,
        attention_head_dim=DECODER_WIDTHS[-1] // DECODER.heads,
        class_embed_type="identity",
        resnet_time_scale_shift="scale_shift",
        norm_num_groups=16,
    )


def upsampler() -> UNet2DModel:
    levels = len(UPSAMPLER_WIDTHS)
    return UNet2DModel(
        sample_size=256,
        in_channels=2 * DECODER.channels,
        out_channels=DECODER.channels,
        down_block_types=["ResnetDownsampleBlock2D"] * levels,
        up_block_types=["ResnetUpsampleBlock2D"] * levels,
        block_out_channels=UPSAMPLER_WIDTHS,
        layers_per_block=1,
        add_attention=False,
        resnet_time_scale_shift="scale_shift",
        norm_num_groups=8,
    )


def pipeline() -> UnCLIPPipeline:
    return UnCLIPPipeline(
        prior=prior(),
        decoder=decoder(),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        text_proj=UnCLIPTextProjModel(
            clip_embeddings_dim=TEXT.embedding,
            time_embed_dim=4 * DECODER_WIDTHS[0],
            cross_attention_dim=DECODER.token_width,
        ),
        super_res_first=upsampler(),
        super_res_last=upsampler(),
        prior_scheduler=UnCLIPScheduler(prediction_type="sample", clip_sample_range=10.0),
        decoder_scheduler=UnCLIPScheduler(variance_type="learned_range"),
        super_res_scheduler=UnCLIPScheduler(),
    )


def operations(module: nn.Module, *inputs: torch.Tensor | int, **named: torch.Tensor | int) -> int:
    """Of one forward pass, counted without computing anything."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*inputs, **named)
    return counter.get_total_flops()


def shape(module: nn.Module, count: int) -> dict[str, int]:
    return {"parameters": sum(p.numel() for p in module.parameters()), "operations": count}


def diffusers_shapes() -> dict[str, dict[str, int]]:
    """Operations of one row of one step."""
    with torch.device("meta"):
        text, states = torch.zeros(1, TEXT.embedding), torch.zeros(1, TEXT.length, TEXT.width)
        mask = torch.ones(1, TEXT.length, dtype=torch.bool)
        networks = {
            "text_encoder": text_encoder(),
            "prior": prior(),
            "decoder": decoder(),
            "upsampler_256": upsampler(),
        }
        context = torch.zeros(1, TEXT.length + DECODER.image_tokens, DECODER.token_width)
        seen = torch.ones(1, context.shape[1], dtype=torch.bool)
        counts = {
            "text_encoder": operations(networks["text_encoder"], torch.zeros(1, TEXT.length).long()),
            "prior": operations(
                networks["prior"],
                text,
                timestep=1,
                proj_embedding=text,
                encoder_hidden_states=states,
                attention_mask=mask,
            ),
            "decoder": operations(
                networks["decoder"],
                torch.zeros(1, DECODER.channels, 64, 64),
                1,
                context,
                class_labels=torch.zeros(1, 4 * DECODER_WIDTHS[0]),
                attention_mask=seen,
            ),
            "upsampler_256": operations(
                networks["upsampler_256"], torch.zeros(1, 2 * DECODER.channels, 256, 256), 1
            ),
        }
    return {name: shape(network, counts[name]) for name, network in networks.items()}


def package_shapes(folder: Path) -> dict[str, dict[str, int]]:
    """The same of a package's networks, by running them once each."""
    picture, t = torch.zeros(1, DECODER.channels, 64, 64), torch.zeros(1, dtype=torch.int64)
    text, states = torch.zeros(1, TEXT.embedding), torch.zeros(1, TEXT.length, TEXT.width)
    mask = torch.ones(1, TEXT.length, dtype=torch.bool)
    inputs = {
        "text_encoder": (torch.zeros(1, TEXT.length, dtype=torch.int64), mask),
        "prior": (text, t, text, states, mask),
        "decoder": (picture, t, text, text, states, mask),
        "upsampler_256": (torch.zeros(1, DECODER.channels, 256, 256), t, picture),
    }
    shapes = {}
    for name, arguments in inputs.items():
        if (folder / f"{name}.pt").is_file():
            network = torch.jit.load(str(folder / f"{name}.pt")).float()
            shapes[name] = shape(network, operations(network, *arguments))
    return shapes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="the package to compare with")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--dtype", default="bfloat16", help="of the weights in the files")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    pipeline().to(dtype=getattr(torch, arguments.dtype)).save_pretrained(arguments.out)
    shapes = {"dalle2": package_shapes(arguments.model), "diffusers": diffusers_shapes()}
    (arguments.out / "shapes.json").write_text(json.dumps(shapes, indent=2) + "\n")


if __name__ == "__main__":
    main()

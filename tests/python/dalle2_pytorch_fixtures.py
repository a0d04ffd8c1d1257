"""Tiny models of DALLE2-pytorch with random weights, saved as its trainers save them, and a tiny CLIP beside them."""

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from dalle2_pytorch import OpenAIClipAdapter
from dalle2_pytorch.train_configs import DecoderConfig, DiffusionPriorConfig
from packaging.version import Version
from torch import Tensor, nn
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from scripts.importing.dalle2_pytorch.models import Sources
from scripts.importing.random_unclip import TINY, make_tokenizer, randomise, text_encoder

TIMESTEPS = 6
WIDTH = TINY.embedding

NET = {"dim": WIDTH, "depth": 2, "heads": 2, "dim_head": 8, "max_text_len": 20, "normformer": True}
PRIOR = {
    "clip": {"make": "openai", "model": "ViT-L/14"},
    "image_embed_dim": WIDTH,
    "image_size": 32,
    "timesteps": TIMESTEPS,
    "cond_drop_prob": 0.1,
}
UNET = {
    "dim": 8,
    "dim_mults": [1, 2],
    "image_embed_dim": WIDTH,
    "text_embed_dim": WIDTH,
    "cond_on_text_encodings": True,
    "max_text_len": 20,
    "cond_dim": 12,
    "attn_heads": 2,
    "attn_dim_head": 4,
    "resnet_groups": 4,
    "num_resnet_blocks": 1,
}
LARGE_UNET = {
    "dim": 8,
    "dim_mults": [1, 2],
    "resnet_groups": 4,
    "num_resnet_blocks": 1,
    "attn_heads": 2,
    "attn_dim_head": 4,
}


@dataclass
class Settings:
    """What differs from those above."""

    net: dict[str, Any] = field(default_factory=dict)
    prior: dict[str, Any] = field(default_factory=dict)
    unet: dict[str, Any] = field(default_factory=dict)
    decoder: dict[str, Any] = field(default_factory=dict)
    upsampler: dict[str, Any] | None = None

    def prior_config(self) -> dict[str, Any]:
        return PRIOR | {"net": NET | self.net} | self.prior

    def decoder_config(self) -> dict[str, Any]:
        unets, sizes = [UNET | self.unet], [16]
        if self.upsampler is not None:
            unets, sizes = [*unets, LARGE_UNET | self.upsampler], [16, 32]
        return {"unets": unets, "image_sizes": sizes, "timesteps": TIMESTEPS} | self.decoder


@dataclass
class Files:
    sources: Sources
    prior: Any
    decoder: Any


def write_files(folder: Path, settings: Settings) -> Files:
    """The library's models are those of the moving average, which an import takes; what is saved as "model" differs."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = Sources(
        *(folder / name for name in ("prior.pth", "prior.json", "decoder.pth", "decoder.json", "clip"))
    )
    torch.manual_seed(1)
    clip = text_encoder(TINY)
    randomise(clip)
    clip.save_pretrained(sources.clip)
    make_tokenizer(TINY).save_pretrained(sources.clip)

    sources.prior_config.write_text(json.dumps({"prior": settings.prior_config(), "train": {}}))
    sources.decoder_config.write_text(json.dumps({"decoder": settings.decoder_config(), "seed": 0}))
    prior = made(DiffusionPriorConfig, settings.prior_config())
    decoder = made(DecoderConfig, settings.decoder_config())
    torch.save(
        {
            "model": other(prior).state_dict(),
            "optimizer": torch.optim.AdamW(prior.parameters()).state_dict(),
            "version": Version("1.15.6"),
            "step": torch.tensor([3]),
            "ema_model": prior.state_dict(),
        },
        sources.prior,
    )
    ema = {
        f"{i}.ema_model.{k}": x for i, unet in enumerate(decoder.unets) for k, x in unet.state_dict().items()
    }
    torch.save(
        {
            "model": other(decoder).state_dict(),
            "version": "1.15.6",
            "steps": torch.tensor([3]),
            "ema": ema | {"0.initted": torch.tensor([True])},
        },
        sources.decoder,
    )
    return Files(sources, prior, decoder)


def made(config: type, settings: dict[str, Any]) -> nn.Module:
    model = config(**settings | {"clip": None}).create().eval()
    randomise(model)
    return model


def other(model: nn.Module) -> nn.Module:
    changed = copy.deepcopy(model)
    for parameter in changed.parameters():
        if parameter.requires_grad:  # rotary embedding's frequencies are not learned
            parameter.data += 1
    return changed


def embed_text(folder: Path, prompts: list[str]) -> tuple[Tensor, Tensor]:
    """By the library's own adapter, around transformers' CLIP in place of OpenAI's package."""
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    adapter = OpenAIClipAdapter.__new__(OpenAIClipAdapter)
    nn.Module.__init__(adapter)
    adapter.clip = StandIn(CLIPTextModelWithProjection.from_pretrained(folder).eval(), adapter)
    adapter.eos_id, adapter.cleared = tokenizer.eos_token_id, False
    ids = tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    return tuple(adapter.embed_text(ids))


class StandIn:
    context_length = TINY.text_length

    def __init__(self, model: nn.Module, adapter: OpenAIClipAdapter) -> None:
        self.model, self.adapter = model, adapter

    def encode_text(self, ids: Tensor) -> Tensor:
        output = self.model(input_ids=ids)
        self.adapter.text_encodings = output.last_hidden_state  # what its hook on ln_final does
        return output.text_embeds

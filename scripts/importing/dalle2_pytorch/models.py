"""The prior and the decoder that configs of DALLE2-pytorch describe, with their weights on disk, checked to be such as
a model package can run."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from dalle2_pytorch.train_configs import DecoderConfig, DiffusionPriorConfig
from torch import Tensor, nn

from scripts.importing.dalle2_pytorch.checkpoint import Weights, read_weights, without_prefix
from scripts.importing.dalle2_pytorch.networks import free_of_types, frequencies
from scripts.importing.faults import ImportFault
from scripts.importing.folder import read_json
from scripts.importing.parts import Part, read_part
from scripts.importing.tokenizer import TokenizerFiles, read_tokenizer

WITHOUT = "; --without-upsamplers imports the decoder without them"


@dataclass
class CheckpointPart:
    """One network of a checkpoint. `build` makes it without weights."""

    name: str
    weights: Weights
    build: Callable[[], nn.Module]
    largest_layer: int = 0  # values in a U-Net's result at full size
    parameters: int = 0

    def __post_init__(self) -> None:
        self.parameters = sum(tensor.numel() for tensor in self.weights.values())
        check_weights(self.name, self.weights, self.build().state_dict())

    def file_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.weights.values())

    def layer_values(self) -> int:
        return self.largest_layer

    def load(self, dtype: torch.dtype) -> nn.Module:
        network = self.build()
        network.load_state_dict({name: x.float() for name, x in self.weights.items()}, assign=True)
        return free_of_types(network.eval().requires_grad_(False)).to(dtype)


@dataclass
class Models:
    """`prior` and `decoder` are the library's objects without weights, for their settings."""

    tokenizer: TokenizerFiles
    text_encoder: Part
    eos_id: int
    prior: Any
    decoder: Any
    prior_part: CheckpointPart
    unets: list[CheckpointPart]  # the decoder's first, then the upsamplers
    betas: dict[str, Tensor]  # by the name of the package's file


@dataclass
class Sources:
    prior: Path
    prior_config: Path
    decoder: Path
    decoder_config: Path
    clip: Path
    use_ema: bool = True
    upsamplers: bool = True


def read_models(sources: Sources) -> Models:
    prior = build_from(DiffusionPriorConfig, sources.prior_config, "prior")
    decoder = build_from(DecoderConfig, sources.decoder_config, "decoder")
    count = decoder.num_unets if sources.upsamplers else 1
    refuse_prior(sources.prior_config, prior)
    refuse_decoder(sources.decoder_config, decoder, count)

    tokenizer = read_tokenizer(sources.clip)
    text_encoder = read_part(sources.clip, "text_encoder")
    check_sizes(tokenizer, text_encoder.config, prior, decoder)

    weights = read_weights(sources.prior, "prior", sources.use_ema)
    betas = {"prior.pt": betas_of(sources.prior, weights, "noise_scheduler", prior.noise_scheduler)}
    prior_part = CheckpointPart(
        f"{sources.prior}: the prior",
        without_prefix(weights, "net."),
        lambda: build_from(DiffusionPriorConfig, sources.prior_config, "prior").net,
    )
    weights = read_weights(sources.decoder, "decoder", sources.use_ema)
    if any(name.startswith("vaes.") for name in weights):
        raise ImportFault(f"{sources.decoder}: its decoder draws latents of a VQGAN, not pictures")
    unets = []
    for i in range(count):
        scheduler = f"noise_schedulers.{i}"
        betas[unet_file(decoder, i)] = betas_of(
            sources.decoder, weights, scheduler, decoder.noise_schedulers[i]
        )
        unets.append(
            CheckpointPart(
                f"{sources.decoder}: unet {i + 1}",
                without_prefix(weights, f"unets.{i}."),
                lambda i=i: build_from(DecoderConfig, sources.decoder_config, "decoder").unets[i],
                decoder.image_sizes[i] ** 2 * decoder.unets[i]._locals["dim"],
            )
        )
    eos_id = text_end(tokenizer)
    return Models(tokenizer, text_encoder, eos_id, prior, decoder, prior_part, unets, betas)


def unet_file(decoder: Any, i: int) -> str:
    return f"upsampler_{decoder.image_sizes[i]}.pt" if i else "decoder.pt"


def text_end(tokenizer: TokenizerFiles) -> int:
    """CLIP's configs do not tell: those of OpenAI's weights say 2."""
    return json.loads(tokenizer.vocab)["<|endoftext|>"]


def build_from(config_class: type, path: Path, section: str) -> Any:
    """On "meta", where a network takes no memory. `path` has the model's own settings or a training run's, with the
    model's in a section."""
    settings = read_json(path)
    settings = settings.get(section, settings)
    make = (settings.get("clip") or {}).get("make", "openai")
    if make not in ("openai", "open_clip"):
        raise ImportFault(f"{path}: trained with the text encoder of {make}; a CLIP can be imported")
    try:
        with torch.device("meta"):
            return config_class(**settings | {"clip": None}).create().eval()
    except Exception as error:  # whatever impossible settings make pydantic and the constructors raise
        name = config_class.__name__.removesuffix("Config")
        raise ImportFault(
            f"{path} does not describe a {name}: {' '.join(str(error).split())[:300]}"
        ) from None


def refuse_prior(path: Path, prior: Any) -> None:
    rows = [
        (prior.net.self_cond, "self_cond", "a package's prior does not see its last guess"),
        (
            prior.predict_x_start and prior.sampling_clamp_l2norm,
            "sampling_clamp_l2norm",
            "a package does not normalise in every step",
        ),
        (prior.init_image_embed_l2norm, "init_image_embed_l2norm", "a package starts from plain noise"),
    ]
    refuse(path, rows)


def refuse_decoder(path: Path, decoder: Any, count: int) -> None:
    first = decoder.unets[0]
    rows = [
        (decoder.unconditional, "unconditional", "a package's decoder sees an image embedding"),
        (decoder.channels != 3, "channels", "a package of such weights has 3"),
        (
            first._locals["image_embed_dim"] == first.null_image_embed.shape[-1],
            "image_embed_dim equal to cond_dim",
            "the library mixes the rows of a batch there",
        ),
        (first.self_cond, "unets[0].self_cond", "a package's decoder does not see its last guess"),
    ]
    for i, unet in enumerate(decoder.unets[1:count], 1):
        only = "a package's upsampler sees the small picture alone" + WITHOUT
        rows += [
            (unet.self_cond, f"unets[{i}].self_cond", only),
            (unet.cond_on_text_encodings, f"unets[{i}].cond_on_text_encodings", only),
            (unet.lowres_noise_cond, "use_noise_for_lowres_cond", only),
        ]
    refuse(path, rows)


def refuse(path: Path, rows: list[tuple[Any, str, str]]) -> None:
    for found, what, why in rows:
        if found:
            raise ImportFault(f"{path}: {what} cannot be imported: {why}")


def check_sizes(tokenizer: TokenizerFiles, text: Any, prior: Any, decoder: Any) -> None:
    width, unet = prior.image_embed_dim, decoder.unets[0]
    rows = [
        ("CLIP's tokenizer's length", tokenizer.max_length, "its text's", text.max_position_embeddings),
        ("CLIP's projection_dim", text.projection_dim, "the prior's image_embed_dim", width),
        ("the decoder's image_embed_dim", unet._locals["image_embed_dim"], "the prior's", width),
    ]
    if prior.condition_on_text_encodings:
        rows.append(("CLIP's hidden_size", text.hidden_size, "the prior's dim", width))
    if unet.cond_on_text_encodings:
        rows.append(
            ("the decoder's text_embed_dim", unet.text_embed_dim, "CLIP's hidden_size", text.hidden_size)
        )
    for what, value, other, wanted in rows:
        if value != wanted:
            raise ImportFault(
                f"{what} is {value}, but {other} is {wanted}: these parts do not fit each other"
            )


def check_weights(where: str, weights: Weights, wanted: Weights) -> None:
    missing = sorted(wanted.keys() - weights.keys())
    if missing:
        raise ImportFault(f"{where}: {len(missing)} weights are missing, such as {missing[0]}")
    surplus = sorted(weights.keys() - wanted.keys())
    if surplus:
        raise ImportFault(f"{where}: its config describes no such weight as {surplus[0]}")
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{list(tensor.shape)}, its config's {list(wanted[name].shape)}"
            raise ImportFault(f"{where}: {name} has the shape {shapes}")
        if name.endswith("rotary_emb.freqs"):
            usual = frequencies(2 * len(tensor))
            if not torch.allclose(tensor.float(), usual, rtol=0.005):
                raise ImportFault(f"{where}: {name} are not rotary embedding's usual frequencies")


def betas_of(path: Path, weights: Weights, scheduler: str, built: Any) -> Tensor:
    """Those of the checkpoint, which the library would load over the config's."""
    betas = weights.get(f"{scheduler}.betas")
    if betas is None:
        raise ImportFault(f"{path}: {scheduler}.betas is missing")
    if len(betas) != built.num_timesteps:
        raise ImportFault(f"{path}: {scheduler} has {len(betas)} timesteps, its config {built.num_timesteps}")
    if not (betas[-1] < 1):
        raise ImportFault(f"{path}: {scheduler} ends without signal, where its noise cannot be predicted")
    return betas.double()

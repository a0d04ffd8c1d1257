"""A model package in Python: its TorchScript networks, sampled in batches by scripts.sampling.

It makes what the binary makes, except for the noise: each picture's noise depends on its own seed alone, so pictures
are the same in every batch, but another generator draws it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.evaluation.settings import Settings
from scripts.sampling import (
    SAMPLERS,
    Predict,
    classifier_free,
    decoder_timesteps,
    guidance_interval,
    network_predict,
    sample,
    trailing_timesteps,
)
from scripts.training.diffusion import Schedule
from scripts.training.loop import has_bf16
from scripts.training.tokenizer import Tokenizer

MANIFEST = "model.json"


@dataclass
class Condition:
    """What the decoder is told: image embedding [B, E], text embedding [B, E], token states [B, T, W], mask [B, T]."""

    image: Tensor
    text: Tensor
    states: Tensor
    mask: Tensor

    def arguments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.image, self.text, self.states, self.mask

    def zeros(self) -> Condition:
        return Condition(*(torch.zeros_like(part) for part in self.arguments()))


class Package:
    def __init__(self, folder: Path, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        self.folder, self.device = folder, device
        path = folder / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(f"--model {folder}: no {MANIFEST} there, so this is no model package")
        self.manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()  # holds the hash of every other file
        bf16 = has_bf16(torch.device(device))
        self.dtype = dtype or (torch.bfloat16 if bf16 else torch.float32)
        self._networks: dict[str, torch.jit.ScriptModule] = {}
        tokenizer = self.manifest["tokenizer"]
        if tokenizer["kind"] != "sentencepiece":
            raise ValueError(f"{path}: tokenizer '{tokenizer['kind']}'; evaluation knows sentencepiece only")
        self.tokenizer = Tokenizer(folder / "tokenizer.model", tokenizer["max_length"])
        self.channels, self.size = self.manifest["picture"]["channels"], self.manifest["picture"]["size"]

    @property
    def settings(self) -> Settings:
        return Settings.of(self.manifest)

    @property
    def upsampler(self) -> dict[str, Any] | None:
        rows = self.manifest["networks"].get("upsamplers", [])
        return rows[0] if rows else None

    def _network(self, file: str) -> torch.jit.ScriptModule:
        if file not in self._networks:
            module = torch.jit.load(str(self.folder / file), map_location=self.device)
            for parameter in module.parameters():
                parameter.requires_grad_(False)
            self._networks[file] = module.to(self.dtype, memory_format=torch.channels_last).eval()
        return self._networks[file]

    def _part(self, name: str) -> dict[str, Any]:
        part = self.manifest["networks"].get(name)
        if part is None:
            raise ValueError(
                f"{self.folder / MANIFEST}: the package has no {name}, which this measurement needs"
            )
        return part

    def _typed(self, *tensors: Tensor) -> list[Tensor]:
        """On the device; numbers in the networks' type, pictures in the layout that convolutions like best."""
        moved = [t.to(self.device, self.dtype if t.is_floating_point() else t.dtype) for t in tensors]
        return [t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t for t in moved]

    # Encoders ---------------------------------------------------------------------------------------------
    @torch.no_grad()
    def encode_texts(self, texts: list[str]) -> Condition:
        """With the image embedding left at zero."""
        ids, mask = self.tokenizer(texts)
        encoder = self._network(self._part("text_encoder")["file"])
        embedding, states = encoder(ids.to(self.device), mask.to(self.device))
        return Condition(
            torch.zeros_like(embedding).float(), embedding.float(), states.float(), mask.to(self.device)
        )

    @torch.no_grad()
    def encode_pictures(self, x: Tensor) -> Tensor:
        """[B, C, 64, 64] in [-1, 1] -> [B, E]."""
        encoder = self._network(self._part("image_encoder")["file"])
        return encoder(*self._typed(x)).float()

    # Prior ------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def sample_prior(self, text: Condition, seeds: list[int], settings: Settings) -> Tensor:
        """Image embeddings [B, E]: of `candidates` the one nearest to its text."""
        part, embedding = self._part("prior"), self.manifest["embedding"]
        times = settings.candidates
        repeated = Condition(*(t.repeat_interleave(times, 0) for t in text.arguments()))
        streams = Noise([seed * 64 + k for seed in seeds for k in range(times)], "prior", self.device)

        def network(x: Tensor, t: Tensor, condition: Condition) -> Tensor:
            return self._network(part["file"])(*self._typed(x, t, *condition.arguments()[1:])).float()

        guided = _guided(network, repeated, settings.prior_guidance, lambda t: True)
        schedule = to_schedule(part)
        predict = network_predict(schedule, part["prediction"], guided, to_clamp(part))
        x = streams(embedding["width"])
        timesteps = trailing_timesteps(schedule.num_timesteps, settings.prior_steps)
        x = self._run(settings.prior_sampler, 0.0, predict, schedule, x, timesteps, streams)
        std, mean = (torch.tensor(embedding[key], device=self.device) for key in ("std", "mean"))
        x = (x * std + mean).view(len(seeds), times, -1)
        best = F.cosine_similarity(x, text.text[:, None], dim=-1).argmax(1)
        return x[torch.arange(len(seeds)), best]

    # Decoder ----------------------------------------------------------------------------------------------
    @torch.no_grad()
    def decode(self, condition: Condition, seeds: list[int], settings: Settings) -> Tensor:
        """Pictures [B, C, 64, 64] in about [-1, 1]."""
        part = self._part("decoder")
        schedule = to_schedule(part)
        inside = guidance_interval(schedule, *settings.interval)

        def network(x: Tensor, t: Tensor, condition: Condition) -> Tensor:
            return self._network(part["file"])(*self._typed(x, t, *condition.arguments())).float()

        guided = _guided(network, condition, settings.guidance, inside)
        clamp = to_clamp(part)
        predict = network_predict(
            schedule, part["prediction"], guided, clamp if not settings.classifier_scale else None
        )
        if settings.classifier_scale:
            score = self._classifier_score(condition.text)
            predict = _scored(predict, schedule, score, settings.classifier_scale, inside, clamp)
        streams = Noise(seeds, "decoder", self.device)
        x = streams(self.channels, self.size, self.size)
        timesteps = decoder_timesteps(schedule.num_timesteps, settings.steps, part.get("truncate_at"))
        return self._run(settings.sampler, settings.eta, predict, schedule, x, timesteps, streams)

    def _classifier_score(self, text: Tensor) -> Callable[[Tensor, int], Tensor]:
        """Gradient of scale * cosine(classifier(x_t), text): CLIP guidance (Nichol et al. 2022, eq. 8)."""
        part = self._part("classifier")
        network = self._network(part["file"])

        def score(x: Tensor, t: int) -> Tensor:
            with torch.enable_grad():
                x_t = x.detach().requires_grad_(True)
                steps = torch.full((len(x),), t, dtype=torch.int64, device=self.device)
                cosine = F.cosine_similarity(network(x_t.to(self.dtype), steps).float(), text)
                return torch.autograd.grad(part["logit_scale"] * cosine.sum(), x_t)[0]

        return score

    # Upsampler --------------------------------------------------------------------------------------------
    @torch.no_grad()
    def upsample(self, low_res: Tensor, seeds: list[int], settings: Settings) -> Tensor:
        part = self.upsampler
        if part is None:
            raise ValueError(f"{self.folder / MANIFEST}: the package has no upsampler")
        schedule, low_res = to_schedule(part), low_res.to(self.device)
        start = part["start"].get("timestep")
        used = schedule.num_timesteps if start is None else start + 1
        timesteps = trailing_timesteps(used, settings.upsampler_steps)

        def network(x: Tensor, t: Tensor) -> Tensor:
            return self._network(part["file"])(*self._typed(x, t, low_res)).float()

        streams = Noise(seeds, "upsampler", self.device)
        side = part["output_size"]
        x = streams(self.channels, side, side)
        if start is not None:
            first = torch.full((len(x),), timesteps[0], device=self.device)
            large = F.interpolate(low_res, size=side, mode="bicubic", align_corners=False)
            x = schedule.q_sample(large, first, x)
        predict = network_predict(schedule, part["prediction"], network, to_clamp(part))
        return SAMPLERS[settings.upsampler_sampler](predict, schedule, x, timesteps)

    def _run(
        self,
        sampler: str,
        eta: float,
        predict: Predict,
        schedule: Schedule,
        x: Tensor,
        timesteps: list[int],
        streams: Noise,
    ) -> Tensor:
        return sample(sampler, predict, schedule, x, timesteps, eta, lambda: streams(*x.shape[1:]))


class Noise:
    """One stream of normal numbers a picture, so that no picture depends on its batch."""

    def __init__(self, seeds: list[int], stage: str, device: str) -> None:
        self.device = device
        self.generators = [torch.Generator().manual_seed(_stream(seed, stage)) for seed in seeds]

    def __call__(self, *shape: int) -> Tensor:
        rows = [torch.randn(shape, generator=generator) for generator in self.generators]
        return torch.stack(rows).to(self.device)


def _stream(seed: int, stage: str) -> int:
    """PyTorch's CPU generator uses no more than 32 bits of a seed."""
    return int.from_bytes(hashlib.sha256(f"{stage} {seed}".encode()).digest()[:4], "little")


def to_schedule(part: dict[str, Any]) -> Schedule:
    row = part["schedule"]
    if row["kind"] != "squaredcos_cap_v2":
        raise ValueError(
            f"schedule '{row['kind']}' of {part['file']}: evaluation knows squaredcos_cap_v2 only"
        )
    return Schedule.squaredcos_cap_v2(row["num_timesteps"], row.get("rescale_zero_terminal_snr", False))


def to_clamp(part: dict[str, Any]) -> float | None:
    kind = part["clamp"]["kind"]
    if kind == "dynamic":
        raise ValueError(f"{part['file']}: evaluation knows no dynamic clamp")
    return part["clamp"]["range"] if kind == "static" else None


def _guided(
    network: Callable[[Tensor, Tensor, Condition], Tensor],
    condition: Condition,
    scale: float,
    inside: Callable[[int], bool],
) -> Callable[[Tensor, Tensor], Tensor]:
    """Classifier-free guidance where it has an effect; both halves in one call."""
    nothing = condition.zeros()
    both = Condition(*(torch.cat(pair) for pair in zip(condition.arguments(), nothing.arguments())))

    def guided(x: Tensor, t: Tensor) -> Tensor:
        if scale == 1.0 or not inside(int(t[0])):
            return network(x, t, condition)
        halves = network(torch.cat([x, x]), torch.cat([t, t]), both)
        return classifier_free(*halves.chunk(2), scale)

    return guided


def _scored(
    predict: Predict,
    schedule: Schedule,
    score: Callable[[Tensor, int], Tensor],
    scale: float,
    inside: Callable[[int], bool],
    clamp: float | None,
) -> Predict:
    """Shifts epsilon by the gradient (Dhariwal & Nichol 2021, algorithm 2), then clamps x0."""

    def scored(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        x0, epsilon = predict(x, t)
        alpha, sigma = float(schedule.alphas[t]), float(schedule.sigmas[t])
        if inside(t):
            shift = scale * score(x, t)
            epsilon = epsilon - sigma * shift
            x0 = x0 + sigma**2 / alpha * shift if alpha > 0 else x0
        if clamp is None:
            return x0, epsilon
        x0 = x0.clamp(-clamp, clamp)
        return x0, (x - alpha * x0) / sigma

    return scored

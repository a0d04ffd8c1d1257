"""The whole pipeline in Python on a package's TorchScript: what the binary is compared with, picture by
picture and second by second, and what the evaluation samples with.

It follows src/pipeline stage by stage, and draws from the same random streams.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from torch import Tensor

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

MASK64 = (1 << 64) - 1


def stream_seed(seed: int, stage: str, index: int) -> int:
    """Seed of one stream of noise; src/base/seeds.h has the formula."""

    def mix(x: int) -> int:
        x = (x + 0x9E3779B97F4A7C15) & MASK64
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
        return x ^ (x >> 31)

    fnv1a = 0xCBF29CE484222325
    for byte in stage.encode():
        fnv1a = ((fnv1a ^ byte) * 0x100000001B3) & MASK64
    return mix((mix((mix(seed) + fnv1a) & MASK64) + index) & MASK64)


class Noise:
    """One CPU generator a row, as diffusion::NoiseStreams."""

    def __init__(self, seeds: list[int]) -> None:
        # Only the low 32 bits of a seed count for a torch.Generator's stream.
        self.generators = [torch.Generator().manual_seed(seed & 0xFFFFFFFF) for seed in seeds]

    def normal(self, *shape: int) -> Tensor:
        return torch.stack([torch.randn(shape, generator=generator) for generator in self.generators])


@dataclass
class Text:
    """TextStates: embedding [B, E], token_states [B, T, W], mask [B, T]."""

    embedding: Tensor
    token_states: Tensor
    mask: Tensor

    def zeros(self) -> Text:
        parts = (self.embedding, self.token_states, self.mask)
        return Text(*(torch.zeros_like(part) for part in parts))

    def repeat(self, times: int) -> Text:
        parts = (self.embedding, self.token_states, self.mask)
        return Text(*(part.repeat_interleave(times, 0) for part in parts))

    def inputs(self, other: Text | None = None) -> tuple[Tensor, ...]:
        mine = (self.embedding, self.token_states, self.mask)
        if other is None:
            return mine
        theirs = (other.embedding, other.token_states, other.mask)
        return tuple(torch.cat(pair) for pair in zip(mine, theirs, strict=True))


@dataclass
class Settings:
    """Gaps (None) are filled from the manifest's defaults."""

    steps: int | None = None
    prior_steps: int | None = None
    upsampler_steps: int | None = None
    sampler: str | None = None
    guidance: float | None = None
    prior_guidance: float | None = None
    classifier_scale: float | None = None
    prior_candidates: int | None = None
    negative_prompt: str = ""
    size: int | None = None


class Pipeline:
    """Only what our own packages use: trailing timesteps, squaredcos_cap_v2, static clamps, unconditional zeros."""

    def __init__(self, folder: Path, dtype: torch.dtype = torch.float32) -> None:
        self.manifest = json.loads((folder / "model.json").read_text())
        self.folder, self.dtype = folder, dtype
        self.tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        self.modules: dict[str, torch.jit.ScriptModule] = {}

    def call(self, file: str, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Floating inputs go in as `dtype`, outputs come back as fp32."""
        if file not in self.modules:
            module = torch.jit.load(str(self.folder / file)).eval().to(self.dtype)
            self.modules[file] = module
        cast = (x.to(self.dtype) if x.is_floating_point() else x for x in inputs)
        outputs = self.modules[file](*cast)
        return tuple(x.float() for x in outputs) if isinstance(outputs, tuple) else outputs.float()

    def schedule(self, network: dict) -> Schedule:
        spec = network["schedule"]
        return Schedule.squaredcos_cap_v2(spec["num_timesteps"], spec["rescale_zero_terminal_snr"])

    def encode(self, prompts: list[str]) -> Text:
        spec = self.manifest["tokenizer"]
        ids = torch.full((len(prompts), spec["max_length"]), spec["pad_id"])
        mask = torch.zeros_like(ids, dtype=torch.bool)
        for row, pieces in enumerate(self.tokenizer.encode(prompts)):
            length = min(len(pieces), spec["max_length"])
            ids[row, :length] = torch.tensor(pieces[:length], dtype=torch.int64)
            mask[row, :length] = True
        return Text(*self.call(self.manifest["networks"]["text_encoder"]["file"], ids, mask), mask)

    def prior(self, text: Text, unconditional: Text, seeds: list[int], settings: Settings) -> Tensor:
        """Image embeddings [B, E]; `seeds` has one a candidate, those of a picture together."""
        network, defaults = self.manifest["networks"]["prior"], self.manifest["defaults"]["prior"]
        guidance = _chosen(settings.prior_guidance, defaults["guidance"])
        candidates = len(seeds) // len(text.embedding)
        both = text.repeat(candidates), unconditional.repeat(candidates)
        predict = self._predict(network, guidance, (both[0].inputs(), both[1].inputs()))
        noise, schedule = Noise(seeds), self.schedule(network)
        steps = _chosen(settings.prior_steps, defaults["steps"])
        x = noise.normal(self.manifest["embedding"]["width"])
        timesteps = trailing_timesteps(schedule.num_timesteps, steps)
        x = self._sample(defaults, predict, schedule, x, timesteps, noise)
        mean, std = (torch.tensor(self.manifest["embedding"][key]) for key in ("mean", "std"))
        grouped = (x * std + mean).view(-1, candidates, len(mean))
        best = torch.cosine_similarity(grouped, text.embedding[:, None], dim=2).argmax(1)
        return grouped[torch.arange(len(grouped)), best]

    def decoder(
        self, embedding: Tensor, text: Text, unconditional: Text, seeds: list[int], settings: Settings
    ) -> Tensor:
        """Pictures [B, C, S, S]."""
        network, defaults = self.manifest["networks"]["decoder"], self.manifest["defaults"]["decoder"]
        picture = self.manifest["picture"]
        guidance = _chosen(settings.guidance, defaults["guidance"])
        conditional = (embedding, *text.inputs())
        dropped = (torch.zeros_like(embedding), *unconditional.inputs())
        schedule = self.schedule(network)
        inside = guidance_interval(schedule, *defaults["guidance_interval"])
        predict = self._predict(network, guidance, (conditional, dropped), inside)
        scale = _chosen(settings.classifier_scale, defaults["classifier_scale"])
        if scale:
            halves = conditional, dropped
            predict = self._classifier_guided(network, guidance, halves, text, scale, inside)
        noise = Noise(seeds)
        x = noise.normal(picture["channels"], picture["size"], picture["size"])
        steps = _chosen(settings.steps, defaults["steps"])
        sampler = {**defaults, "sampler": settings.sampler or defaults["sampler"]}
        timesteps = decoder_timesteps(schedule.num_timesteps, steps, network.get("truncate_at"))
        return self._sample(sampler, predict, schedule, x, timesteps, noise)

    def upsampler(self, low_res: Tensor, seeds: list[int], settings: Settings) -> Tensor:
        """Pictures at the first upsampler's output size."""
        network, defaults = self.manifest["networks"]["upsamplers"][0], self.manifest["defaults"]["upsampler"]
        schedule, size, start = self.schedule(network), network["output_size"], network["start"]["timestep"]
        steps = _chosen(settings.upsampler_steps, defaults["steps"])
        timesteps = trailing_timesteps(start + 1, steps)
        noise = Noise(seeds)
        resized = torch.nn.functional.interpolate(low_res, (size, size), mode="bicubic", align_corners=False)
        alpha, sigma = schedule.alphas[timesteps[0]], schedule.sigmas[timesteps[0]]
        x = alpha * resized + sigma * noise.normal(low_res.shape[1], size, size)
        predict = network_predict(
            schedule,
            network["prediction"],
            lambda x, t: self.call(network["file"], x, t, low_res),
            _clamp(network),
        )
        return SAMPLERS[defaults["sampler"]](predict, schedule, x, timesteps)

    @torch.no_grad()
    def generate(self, prompts: list[str], seeds: list[int], settings: Settings | None = None) -> Tensor:
        """One picture [C, S, S] a prompt, in [-1, 1], as the binary makes it for that prompt and seed."""
        settings = settings or Settings()
        candidates = _chosen(settings.prior_candidates, self.manifest["defaults"]["prior"]["candidates"])
        text = self.encode(prompts)
        unconditional = text.zeros()
        if settings.negative_prompt:
            unconditional = self.encode([settings.negative_prompt] * len(prompts))
        draws = [stream_seed(seed, "prior", i) for seed in seeds for i in range(candidates)]
        embedding = self.prior(text, unconditional, draws, settings)
        draws = [stream_seed(seed, "decoder", 0) for seed in seeds]
        pictures = self.decoder(embedding, text, unconditional, draws, settings)
        if _chosen(settings.size, self.manifest["defaults"]["size"]) == self.manifest["picture"]["size"]:
            return pictures
        return self.upsampler(pictures, [stream_seed(seed, "upsampler", 0) for seed in seeds], settings)

    def _predict(
        self,
        network: dict,
        guidance: float,
        halves: tuple[tuple[Tensor, ...], ...],
        inside: Callable[[int], bool] = lambda t: True,
    ) -> Predict:
        """Both halves of classifier-free guidance in one call of the network, where it is on."""
        schedule, rows = self.schedule(network), len(halves[0][0])
        joined = halves[0] if guidance == 1 else tuple(torch.cat(pair) for pair in zip(*halves, strict=True))

        def guided(x: Tensor, t: Tensor) -> Tensor:
            if guidance == 1 or not inside(int(t[0])):
                return self.call(network["file"], x, t, *halves[0])
            output = self.call(network["file"], torch.cat([x, x]), torch.cat([t, t]), *joined)
            return classifier_free(output[:rows], output[rows:], guidance)

        return network_predict(schedule, network["prediction"], guided, _clamp(network))

    def _classifier_guided(
        self,
        network: dict,
        guidance: float,
        halves: tuple[tuple[Tensor, ...], ...],
        text: Text,
        scale: float,
        inside: Callable[[int], bool],
    ) -> Predict:
        """The noise-shift form of classifier guidance (Dhariwal & Nichol 2021, algorithm 2), then the clamp."""
        classifier, schedule = self.manifest["networks"]["classifier"], self.schedule(network)
        unclamped = self._predict({**network, "clamp": {"kind": "none"}}, guidance, halves, inside)
        clamp = _clamp(network)

        def predict(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
            x0, epsilon = unclamped(x, t)
            alpha, sigma = float(schedule.alphas[t]), float(schedule.sigmas[t])
            if alpha > 0 and inside(t):
                with torch.enable_grad():
                    x_t = x.detach().requires_grad_(True)
                    seen = self.call(classifier["file"], x_t, torch.full((len(x),), t))
                    log_p = classifier["logit_scale"] * torch.cosine_similarity(seen, text.embedding, dim=1)
                    (score,) = torch.autograd.grad(log_p.sum(), x_t)
                epsilon = epsilon - sigma * scale * score
                x0 = (x - sigma * epsilon) / alpha
            if clamp is not None:
                x0 = x0.clamp(-clamp, clamp)
            return x0, (x - alpha * x0) / sigma

        return predict

    def _sample(
        self,
        defaults: dict,
        predict: Predict,
        schedule: Schedule,
        x: Tensor,
        timesteps: list[int],
        noise: Noise,
    ) -> Tensor:
        sampler, eta = defaults["sampler"], defaults["eta"]
        return sample(sampler, predict, schedule, x, timesteps, eta, lambda: noise.normal(*x.shape[1:]))


def _chosen(value, default):
    return default if value is None else value


def _clamp(network: dict) -> float | None:
    return network["clamp"]["range"] if network["clamp"]["kind"] == "static" else None

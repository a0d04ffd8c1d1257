"""A model package in Python: its TorchScript networks, sampled in batches as the binary samples them.

What the binary is compared with, picture by picture and second by second, and what the evaluation draws with. It follows
src/pipeline stage by stage and draws from the same streams of noise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.package.settings import Settings
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
from scripts.training.condition import Condition
from scripts.training.diffusion import Schedule
from scripts.training.tokenizer import Tokenizer

MANIFEST = "model.json"
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
    """A stream of normal numbers for each seed, or for each of its `draws`, as diffusion::NoiseStreams: no picture
    depends on its batch."""

    def __init__(self, seeds: list[int], stage: str, draws: int = 1, device: str = "cpu") -> None:
        self.device = device
        streams = [stream_seed(seed, stage, draw) for seed in seeds for draw in range(draws)]
        # Only the low 32 bits of a seed count for a torch.Generator's stream.
        self.generators = [torch.Generator().manual_seed(stream & 0xFFFFFFFF) for stream in streams]

    def __call__(self, *shape: int) -> Tensor:
        rows = [torch.randn(shape, generator=generator) for generator in self.generators]
        return torch.stack(rows).to(self.device)


class Pipeline:
    """Only what our own packages use: sentencepiece, trailing timesteps, squaredcos_cap_v2, static clamps.

    Networks get numbers in `dtype` and pictures in `memory_format`; everything else is fp32.
    """

    def __init__(
        self,
        folder: Path,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        self.folder, self.dtype, self.device, self.memory_format = folder, dtype, device, memory_format
        path = folder / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(f"{folder}: no {MANIFEST} there, so this is no model package")
        self.manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()  # holds the hash of every other file
        tokenizer = self.manifest["tokenizer"]
        if tokenizer["kind"] != "sentencepiece":
            raise ValueError(f"{path}: tokenizer '{tokenizer['kind']}'; only sentencepiece is known here")
        self.tokenizer = Tokenizer(folder / "tokenizer.model", tokenizer["max_length"])
        self.settings = Settings.of(self.manifest)
        self.channels, self.size = self.manifest["picture"]["channels"], self.manifest["picture"]["size"]
        self._modules: dict[str, torch.jit.ScriptModule] = {}

    def part(self, name: str) -> dict[str, Any]:
        """A network's entry in the manifest; "upsampler" is the first of them."""
        networks = self.manifest["networks"]
        found = (networks.get("upsamplers") or [None])[0] if name == "upsampler" else networks.get(name)
        if found is None:
            raise ValueError(f"{self.folder / MANIFEST}: the package has no {name}")
        return found

    def call(self, part: dict[str, Any], *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        file = part["file"]
        if file not in self._modules:
            module = torch.jit.load(str(self.folder / file), map_location=self.device).eval()
            for parameter in module.parameters():
                parameter.requires_grad_(False)
            self._modules[file] = module.to(self.dtype, memory_format=self.memory_format)
        typed = (x.to(self.device, self.dtype if x.is_floating_point() else x.dtype) for x in inputs)
        laid_out = (x.contiguous(memory_format=self.memory_format) if x.dim() == 4 else x for x in typed)
        outputs = self._modules[file](*laid_out)
        return tuple(x.float() for x in outputs) if isinstance(outputs, tuple) else outputs.float()

    def predict(
        self,
        part: dict[str, Any],
        network: Callable[[Tensor, Tensor, Condition], Tensor],
        condition: Condition,
        negative: Condition,
        guidance: float,
        inside: Callable[[int], bool] = lambda t: True,
        clamp: float | None = None,
        guided_width: int | None = None,
    ) -> Predict:
        """Classifier-free guidance where it has an effect, of the first `guided_width` channels; both halves in one call."""
        both = condition.followed_by(negative)

        def guided(x: Tensor, t: Tensor) -> Tensor:
            if guidance == 1 or not inside(int(t[0])):
                return network(x, t, condition)
            conditional, other = network(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
            result = classifier_free(conditional, other, guidance)
            if guided_width is None:
                return result
            return torch.cat([result[:, :guided_width], conditional[:, guided_width:]], dim=1)

        return network_predict(to_schedule(part), part["prediction"], guided, clamp)

    # Encoders ---------------------------------------------------------------------------------------------
    @torch.no_grad()
    def encode(self, texts: list[str]) -> Condition:
        """With the image embedding left at zero."""
        ids, mask = self.tokenizer(texts)
        embedding, states = self.call(self.part("text_encoder"), ids, mask)
        return Condition(torch.zeros_like(embedding), embedding, states, mask.to(self.device))

    @torch.no_grad()
    def encode_pictures(self, x: Tensor) -> Tensor:
        """[B, C, 64, 64] in [-1, 1] -> [B, E]."""
        return self.call(self.part("image_encoder"), x)

    # Prior ------------------------------------------------------------------------------------------------
    @torch.no_grad()
    def prior(
        self, text: Condition, seeds: list[int], settings: Settings, negative: Condition | None = None
    ) -> Condition:
        """Of two candidates the one nearer to its text, of more the one nearest to the others: its image embedding, and its
        sketch where there is a compositor."""
        part = self.part("prior")
        times, schedule = settings.prior_candidates, to_schedule(part)
        condition, negative = text.repeat(times), (negative or text.zeros()).repeat(times)

        def network(x: Tensor, t: Tensor, condition: Condition) -> Tensor:
            return self.call(part, x, t, *condition.text())

        compositor = self.manifest["networks"].get("compositor")
        predict = self.predict(
            part, network, condition, negative, settings.prior_guidance, clamp=to_clamp(part),
            guided_width=compositor and compositor["guided_width"],
        )  # fmt: skip
        noise = Noise(seeds, "prior", times, self.device)
        timesteps = trailing_timesteps(schedule.num_timesteps, settings.prior_steps)
        x = noise((compositor or self.manifest["embedding"])["width"])
        x = sample(settings.prior_sampler, predict, schedule, x, timesteps, 0.0, partial(noise, *x.shape[1:]))
        embeddings, sketches = self._seen(x)
        grouped = embeddings.view(len(seeds), times, -1)
        if times > 2:
            similarity = F.cosine_similarity(grouped[:, None], grouped[:, :, None], dim=3).sum(2)
        else:
            similarity = F.cosine_similarity(grouped, text.text_embedding[:, None], dim=2)
        best = torch.arange(len(seeds), device=self.device) * times + similarity.argmax(1)
        return Condition(embeddings[best], *text.text(), None if sketches is None else sketches[best])

    def _seen(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Image embeddings [B, E] of the prior's samples, and the sketches [B, C, S, S] that a compositor makes of them."""
        if compositor := self.manifest["networks"].get("compositor"):
            sketches = self.call(compositor, x)
            return self.encode_pictures(sketches), sketches
        embedding = self.manifest["embedding"]
        mean, std = (torch.tensor(embedding[key], device=self.device) for key in ("mean", "std"))
        return x * std + mean, None

    # Decoder ----------------------------------------------------------------------------------------------
    @torch.no_grad()
    def decoder(
        self, condition: Condition, seeds: list[int], settings: Settings, negative: Condition | None = None
    ) -> Tensor:
        """Pictures [B, C, S, S] in about [-1, 1]. Of `negative` the text counts."""
        part, nothing = self.part("decoder"), condition.zeros()
        if negative:
            nothing = Condition(nothing.image_embedding, *negative.text(), nothing.sketch)
        schedule, clamp = to_schedule(part), to_clamp(part)
        inside = guidance_interval(schedule, *settings.interval)

        def network(x: Tensor, t: Tensor, condition: Condition) -> Tensor:
            return self.call(part, x, t, *condition.arguments())

        scale = settings.classifier_scale
        predict = self.predict(
            part, network, condition, nothing, settings.guidance, inside,
            None if scale else clamp,
        )  # fmt: skip
        if scale:
            predict = self._classifier_guided(
                predict, schedule, condition.text_embedding, scale, inside, clamp
            )
        noise = Noise(seeds, "decoder", device=self.device)
        timesteps = decoder_timesteps(schedule.num_timesteps, settings.steps, part.get("truncate_at"))
        x = noise(self.channels, self.size, self.size)
        return sample(
            settings.sampler, predict, schedule, x, timesteps, settings.eta, partial(noise, *x.shape[1:])
        )

    def _classifier_guided(
        self,
        predict: Predict,
        schedule: Schedule,
        text: Tensor,
        scale: float,
        inside: Callable[[int], bool],
        clamp: float | None,
    ) -> Predict:
        """Shifts epsilon by the gradient of the noised CLIP's agreement with the text (Dhariwal & Nichol 2021, algorithm
        2; Nichol et al. 2022, eq. 8), then clamps x0."""
        part = self.part("classifier")

        def guided(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
            x0, epsilon = predict(x, t)
            alpha, sigma = float(schedule.alphas[t]), float(schedule.sigmas[t])
            if alpha > 0 and inside(t):
                with torch.enable_grad():
                    x_t = x.detach().requires_grad_(True)
                    seen = self.call(part, x_t, torch.full((len(x),), t, device=self.device))
                    log_p = part["logit_scale"] * F.cosine_similarity(seen, text, dim=1)
                    (score,) = torch.autograd.grad(log_p.sum(), x_t)
                epsilon = epsilon - sigma * scale * score
                x0 = (x - sigma * epsilon) / alpha
            if clamp is not None:
                x0 = x0.clamp(-clamp, clamp)
            return x0, (x - alpha * x0) / sigma

        return guided

    # Upsampler --------------------------------------------------------------------------------------------
    @torch.no_grad()
    def upsampler(self, low_res: Tensor, seeds: list[int], settings: Settings) -> Tensor:
        """Pictures at the first upsampler's output size."""
        part, low_res = self.part("upsampler"), low_res.to(self.device)
        schedule, side, start = to_schedule(part), part["output_size"], part["start"].get("timestep")
        used = schedule.num_timesteps if start is None else start + 1
        timesteps = trailing_timesteps(used, settings.upsampler_steps)
        x = Noise(seeds, "upsampler", device=self.device)(self.channels, side, side)
        if start is not None:
            large = F.interpolate(low_res, size=(side, side), mode="bicubic", align_corners=False)
            x = schedule.q_sample(large, torch.full((len(x),), timesteps[0], device=self.device), x)
        predict = network_predict(
            schedule, part["prediction"], lambda x, t: self.call(part, x, t, low_res), to_clamp(part)
        )
        return SAMPLERS[settings.upsampler_sampler](predict, schedule, x, timesteps)

    def condition(
        self, prompts: list[str], seeds: list[int], settings: Settings
    ) -> tuple[Condition, Condition | None]:
        """What the decoder is told: of the prompts with the prior's embeddings, and of the negative prompt if any."""
        condition, negative = self.encode(prompts), None
        if settings.negative_prompt:
            negative = self.encode([settings.negative_prompt] * len(prompts))
        return self.prior(condition, seeds, settings, negative), negative

    # All of it --------------------------------------------------------------------------------------------
    def generate(self, prompts: list[str], seeds: list[int], settings: Settings | None = None) -> Tensor:
        """One picture [C, S, S] a prompt, in [-1, 1], as the binary makes it for that prompt and seed."""
        settings = settings or self.settings
        condition, negative = self.condition(prompts, seeds, settings)
        pictures = self.decoder(condition, seeds, settings, negative)
        return pictures if settings.size == self.size else self.upsampler(pictures, seeds, settings)


def to_schedule(part: dict[str, Any]) -> Schedule:
    row = part["schedule"]
    if row["kind"] != "squaredcos_cap_v2":
        raise ValueError(f"schedule '{row['kind']}' of {part['file']}: only squaredcos_cap_v2 is known here")
    return Schedule.squaredcos_cap_v2(row["num_timesteps"], row.get("rescale_zero_terminal_snr", False))


def to_clamp(part: dict[str, Any]) -> float | None:
    kind = part["clamp"]["kind"]
    if kind == "dynamic":
        raise ValueError(f"{part['file']}: the dynamic clamp is not known here")
    return part["clamp"]["range"] if kind == "static" else None

"""How pictures are sampled: a manifest's defaults, or what a measurement varies of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    prior_sampler: str
    prior_steps: int
    prior_guidance: float
    prior_candidates: int
    sampler: str  # ddpm, ddim, dpm++2m
    steps: int
    eta: float
    guidance: float
    classifier_scale: float
    interval: tuple[float, float]  # of the way from noise to picture, in which guidance works
    upsampler_sampler: str = "ddim"
    upsampler_steps: int = 0
    size: int = 64
    negative_prompt: str = ""

    @staticmethod
    def of(manifest: dict[str, Any]) -> Settings:
        defaults = manifest["defaults"]
        prior, decoder, upsampler = defaults["prior"], defaults["decoder"], defaults.get("upsampler") or {}
        return Settings(
            prior_sampler=prior["sampler"],
            prior_steps=prior["steps"],
            prior_guidance=prior.get("guidance", 1.0),
            prior_candidates=prior.get("candidates", 1),
            sampler=decoder["sampler"],
            steps=decoder["steps"],
            eta=decoder.get("eta", 0.0),
            guidance=decoder.get("guidance", 1.0),
            classifier_scale=decoder.get("classifier_scale", 0.0),
            interval=tuple(decoder.get("guidance_interval", (0.0, 1.0))),
            upsampler_sampler=upsampler.get("sampler", "ddim"),
            upsampler_steps=upsampler.get("steps", 0),
            size=defaults["size"],
        )

"""Writes tests/golden/pipeline.json: the tiny package's stages as scripts/package/pipeline.py computes them.

Run: python -m scripts.golden.pipeline
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from scripts.golden.thinned import thinned
from scripts.package.pipeline import Pipeline, Settings, stream_seed

PROMPTS = ["a red fox", "snow", "a big blue house on the grass"]
SEEDS = [7, 8, 4_000_000_000]
CASES = {
    "ddim, guided": Settings(guidance=2.0, prior_guidance=1.5, prior_candidates=3),
    "dpm++2m, unguided": Settings(sampler="dpm++2m", steps=6, guidance=1.0),
    "classifier guidance": Settings(guidance=1.0, classifier_scale=3.0, steps=4),
    "all at once": Settings(
        sampler="dpm++2m", steps=5, guidance=3.0, classifier_scale=2.0, negative_prompt="snow", prior_steps=4
    ),
}
SAMPLES = 97  # values kept of a tensor, evenly spread


def rounded(tensor: Tensor) -> list[float]:
    return [round(float(value), 6) for value in thinned(tensor, SAMPLES)]


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    pipeline = Pipeline(root / "tests/fixtures/tiny")
    cases = []
    for name, settings in CASES.items():
        with torch.no_grad():
            text = pipeline.encode(PROMPTS)
            unconditional = text.zeros()
            if settings.negative_prompt:
                unconditional = pipeline.encode([settings.negative_prompt] * len(PROMPTS))
            candidates = settings.prior_candidates or pipeline.manifest["defaults"]["prior"]["candidates"]
            draws = [stream_seed(seed, "prior", i) for seed in SEEDS for i in range(candidates)]
            embedding = pipeline.prior(text, unconditional, draws, settings)
            draws = [stream_seed(seed, "decoder", 0) for seed in SEEDS]
            pictures = pipeline.decoder(embedding, text, unconditional, draws, settings)
            draws = [stream_seed(seed, "upsampler", 0) for seed in SEEDS]
            large = pipeline.upsampler(pictures, draws, settings)
        stages = {"text": text.embedding, "prior": embedding, "decoder": pictures, "upsampler": large}
        cases.append(
            {"name": name, "settings": asdict(settings)} | {k: rounded(v) for k, v in stages.items()}
        )
    golden = {"prompts": PROMPTS, "seeds": SEEDS, "cases": cases}
    (root / "tests/golden/pipeline.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Writes tests/golden/pipeline.json: the tiny package's stages as scripts/package/pipeline.py computes them.

Run: python -m scripts.golden.pipeline
"""

import json
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from scripts.golden.thinned import thinned
from scripts.package.pipeline import Pipeline

PROMPTS = ["a red fox", "snow", "a big blue house on the grass"]
SEEDS = [7, 8, 4_000_000_000]
# What a case sets; the package's defaults fill what it leaves open.
CASES = {
    "ddim, guided": {"guidance": 2.0, "prior_guidance": 1.5, "prior_candidates": 3},
    "dpm++2m, unguided": {"sampler": "dpm++2m", "steps": 6, "guidance": 1.0},
    "classifier guidance": {"guidance": 1.0, "classifier_scale": 3.0, "steps": 4},
    "all at once": {
        "sampler": "dpm++2m", "steps": 5, "guidance": 3.0, "classifier_scale": 2.0, "negative_prompt": "snow",
        "prior_steps": 4,
    },
}  # fmt: skip
OPEN = {
    "steps": None, "prior_steps": None, "upsampler_steps": None, "sampler": None, "guidance": None,
    "prior_guidance": None, "classifier_scale": None, "prior_candidates": None, "negative_prompt": "", "size": None,
}  # fmt: skip
SAMPLES = 97  # values kept of a tensor, evenly spread


def rounded(tensor: Tensor) -> list[float]:
    return [round(float(value), 6) for value in thinned(tensor, SAMPLES)]


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    pipeline = Pipeline(root / "tests/fixtures/tiny")
    cases = []
    for name, choices in CASES.items():
        settings = replace(pipeline.settings, **choices)
        condition, negative = pipeline.condition(PROMPTS, SEEDS, settings)
        pictures = pipeline.decoder(condition, SEEDS, settings, negative)
        large = pipeline.upsampler(pictures, SEEDS, settings)
        stages = {
            "text": condition.text_embedding,
            "prior": condition.image_embedding,
            "decoder": pictures,
            "upsampler": large,
        }
        cases.append({"name": name, "settings": OPEN | choices} | {k: rounded(v) for k, v in stages.items()})
    golden = {"prompts": PROMPTS, "seeds": SEEDS, "cases": cases}
    (root / "tests/golden/pipeline.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

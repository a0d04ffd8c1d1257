"""Writes tests/golden/unclip: a tiny unCLIP pipeline of random weights as the importer makes a package of it, and
what diffusers' own pipelines give for it, stage by stage.

Run: python -m scripts.golden.unclip
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from scripts.golden.thinned import thinned
from scripts.importing.package import Labels, write_package
from scripts.importing.pipeline import read_pipeline
from scripts.importing.random_unclip import TINY, write_folder
from scripts.importing.reference import (
    Record,
    Steps,
    image_variation,
    load,
    text_to_image,
    use_exact_schedules,
)

OUT = Path("tests/golden/unclip")
LONG = "a very long prompt that goes on about foxes, snow, stars and oil paintings until it is cut off"
SAMPLES = 61  # values kept of a tensor, evenly spread

# Prompts, seeds, steps, prior guidance, guidance.
TEXT_TO_IMAGE = [
    (["a red fox"], [7], Steps(25, 25, 7), 4.0, 8.0),
    (["", "snow", LONG, "two foxes under the stars"], [1, 2, 3, 4], Steps(6, 8, 7), 4.0, 8.0),
    (["a fox", "snow " * 14], [4_000_000_000, 5], Steps(3, 50, 2), 1.0, 3.0),
    (["a fox in snow", "a", LONG], [11, 12, 13], Steps(10, 10, 4), 7.5, 1.0),
    ([LONG], [21], Steps(2, 2, 2), 1.0, 1.0),
]
# Pictures, seeds, steps, guidance.
VARIATIONS = [(1, [7], Steps(0, 25, 7), 8.0), (3, [31, 32, 33], Steps(0, 6, 3), 1.0)]


def picture(index: int, size: int) -> Image.Image:
    """One that the test in C++ can make as well."""
    y, x, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    return Image.fromarray(((7 * x + 13 * y + 50 * c + 31 * index) % 256).astype(np.uint8))


def rounded(tensor: Tensor) -> list[float]:
    return [float(f"{float(value):.7g}") for value in thinned(tensor, SAMPLES)]


def stages(record: Record) -> dict[str, Any]:
    steps = {stage: [rounded(x) for x in tensors] for stage, tensors in record.steps.items()}
    return {
        "text_embedding": rounded(record.text_embedding),
        "token_states": rounded(record.token_states),
        "image_embedding": rounded(record.image_embedding),
        "pictures": rounded(record.pictures.permute(0, 3, 1, 2)),
    } | steps


def text_cases(folder: Path) -> list[dict[str, Any]]:
    pipeline = load(folder)
    use_exact_schedules(pipeline)
    cases = []
    for prompts, seeds, steps, prior_guidance, guidance in TEXT_TO_IMAGE:
        record = text_to_image(pipeline, prompts, seeds, steps, prior_guidance, guidance)
        given = {"prompts": prompts, "seeds": seeds, "steps": vars(steps)}
        scales = {"prior_guidance": prior_guidance, "guidance": guidance}
        cases.append(given | scales | {"expected": stages(record)})
    return cases


def variation_cases(folder: Path) -> list[dict[str, Any]]:
    pipeline = load(folder)
    use_exact_schedules(pipeline)
    size = pipeline.image_encoder.config.image_size
    cases = []
    for count, seeds, steps, guidance in VARIATIONS:
        pictures = [picture(index, size) for index in range(count)]
        record = image_variation(pipeline, pictures, seeds, steps, guidance)
        given = {"seeds": seeds, "steps": vars(steps), "guidance": guidance}
        cases.append(given | {"expected": stages(record)})
    return cases


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        text, images = Path(temporary) / "text", Path(temporary) / "images"
        write_folder(text, TINY)
        write_folder(images, TINY, image_variations=True)
        labels = Labels("unclip-tiny", "random weights, for tests", "Apache-2.0")
        write_package(read_pipeline(text, images), OUT / "unclip-tiny", labels, torch.float16)
        cases = {"text_to_image": text_cases(text), "variations": variation_cases(images)}
    (OUT / "cases.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

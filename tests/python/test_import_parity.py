"""The binary on an imported package draws what diffusers' UnCLIPPipeline draws, every pixel of every picture."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scripts.importing.package import Labels, write_package
from scripts.importing.pipeline import read_pipeline
from scripts.importing.reference import Steps, load, text_to_image, use_exact_schedules
from tests.cli.harness import BINARY
from tests.python.import_fixtures import folders

LONG = "words " * 40


@dataclass
class Case:
    prompt: str
    count: int
    steps: Steps
    prior_guidance: float
    guidance: float


CASES = [
    Case("a red fox in the snow", 1, Steps(25, 25, 7), 4.0, 8.0),
    Case(LONG, 3, Steps(5, 6, 7), 4.0, 8.0),
    Case("x", 2, Steps(3, 12, 2), 1.0, 3.0),
    Case("two foxes", 1, Steps(2, 2, 2), 1.0, 1.0),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    labels = Labels("tiny-unclip", "random weights", "Apache-2.0")
    write_package(read_pipeline(folders()[0], None), folder / "tiny-unclip", labels, torch.float32)
    return folder


def draw(models: Path, out: Path, prompt: str, count: int, *options: str) -> list[np.ndarray]:
    command = [BINARY, "generate", prompt, "--model", "tiny-unclip", "--count", str(count), *options]
    command += ["--device", "cpu", "--dtype", "float32", "--seed", "7", "-o", out / "picture.png"]
    done = subprocess.run(
        command, env=os.environ | {"DALLE2_MODELS": str(models)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [np.asarray(Image.open(path)) for path in sorted(out.glob("*.png"))]


def differences(models: Path, folder: Path, case: Case, exact: bool) -> list[float]:
    """The largest of each picture, of colours in [0, 1]."""
    pipeline = load(folders()[0])
    if exact:
        use_exact_schedules(pipeline)
    seeds = [7 + i for i in range(case.count)]
    prompts = [case.prompt] * case.count
    record = text_to_image(pipeline, prompts, seeds, case.steps, case.prior_guidance, case.guidance)
    options = {
        "--prior-steps": case.steps.prior,
        "--steps": case.steps.decoder,
        "--upsampler-steps": case.steps.upsampler,
        "--prior-guidance": case.prior_guidance,
        "--guidance": case.guidance,
    }
    arguments = [str(word) for option in options.items() for word in option]
    pictures = draw(models, folder, case.prompt, case.count, *arguments)
    assert [picture.shape for picture in pictures] == [(32, 32, 3)] * case.count
    assert all(picture.std() > 10 for picture in pictures), "pictures without contents would prove nothing"
    return [
        float(np.abs(mine / 255 - theirs).max())
        for mine, theirs in zip(pictures, record.pictures.numpy(), strict=True)
    ]


@pytest.mark.parametrize("case", CASES)
def test_the_binary_draws_what_diffusers_draws(case: Case, models: Path, tmp_path: Path) -> None:
    """Half a step of 8 bits is what rounding to a PNG takes."""
    assert max(differences(models, tmp_path, case, exact=True)) <= 0.51 / 255


@pytest.mark.parametrize("case", CASES[1:])
def test_schedules_in_fp32_change_less_than_can_be_seen(case: Case, models: Path, tmp_path: Path) -> None:
    """diffusers as it is. The first case is left out: 25 steps of a random network, guided by 8, make more of it."""
    assert max(differences(models, tmp_path, case, exact=False)) <= 1 / 255

"""`--noise`: the binary draws, from the noise that diffusers drew with its own generator, diffusers' own picture."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from scripts.importing.noise import recorded_noise, write_noise
from scripts.importing.package import Labels, write_package
from scripts.importing.pipeline import read_pipeline
from scripts.importing.reference import Steps, load, use_exact_schedules
from tests.cli.harness import BINARY
from tests.python.import_fixtures import folders

STEPS = Steps(prior=3, decoder=5, upsampler=4)
OPTIONS = ("--prior-steps", "3", "--steps", "5", "--upsampler-steps", "4")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    labels = Labels("tiny-unclip", "random weights", "Apache-2.0")
    write_package(read_pipeline(*folders()), folder / "tiny-unclip", labels, torch.float32)
    return folder


def run(models: Path, *arguments: str | Path) -> subprocess.CompletedProcess:
    settings = ("--model", "tiny-unclip", "--device", "cpu", "--dtype", "float32", *OPTIONS)
    return subprocess.run(
        [BINARY, *arguments, *settings],
        env=os.environ | {"DALLE2_MODELS": str(models)},
        capture_output=True,
        text=True,
    )


def largest_difference(pictures: np.ndarray, files: list[Path]) -> float:
    """Of colours in [0, 1]."""
    assert pictures.std() > 0.04, "pictures without contents would prove nothing"
    ours = np.stack([np.asarray(Image.open(file)) for file in files]) / 255
    return float(np.abs(ours - pictures).max())


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, Path]:
    """Two pictures of UnCLIPPipeline with torch's generator, and their noise."""
    pipeline = load(folders()[0])
    use_exact_schedules(pipeline)
    with recorded_noise(pipeline) as draws:
        pictures = pipeline(
            "a red fox",
            num_images_per_prompt=2,
            generator=torch.Generator().manual_seed(11),
            prior_num_inference_steps=STEPS.prior,
            decoder_num_inference_steps=STEPS.decoder,
            super_res_num_inference_steps=STEPS.upsampler,
            prior_guidance_scale=4.0,
            decoder_guidance_scale=8.0,
            output_type="np",
        ).images
    path = tmp_path_factory.mktemp("noise") / "noise.safetensors"
    write_noise(path, draws)
    return pictures, path


def test_pictures_of_diffusers_generator_come_back(
    drawn: tuple[np.ndarray, Path], models: Path, tmp_path: Path
) -> None:
    pictures, noise = drawn
    done = run(models, "generate", "a red fox", "--noise", noise, "-n", "2", "-o", tmp_path / "fox.png")
    assert done.returncode == 0, done.stderr
    assert largest_difference(pictures, sorted(tmp_path.glob("fox*.png"))) <= 1 / 255


def test_variations_of_diffusers_generator_come_back(models: Path, tmp_path: Path) -> None:
    pipeline = load(folders()[1])
    use_exact_schedules(pipeline)
    side = pipeline.image_encoder.config.image_size
    colours = np.arange(side * side * 3, dtype=np.uint32) * 7 % 251
    picture = Image.fromarray(colours.reshape(side, side, 3).astype(np.uint8))
    picture.save(tmp_path / "source.png")
    with recorded_noise(pipeline) as draws:
        pictures = pipeline(
            picture,
            generator=torch.Generator().manual_seed(5),
            decoder_num_inference_steps=STEPS.decoder,
            super_res_num_inference_steps=STEPS.upsampler,
            decoder_guidance_scale=8.0,
            output_type="np",
        ).images
    write_noise(tmp_path / "noise.safetensors", draws)
    arguments = ("--noise", tmp_path / "noise.safetensors", "-o", tmp_path / "varied.png")
    settings = [option for option in OPTIONS if option not in ("--prior-steps", "3")]
    done = subprocess.run(
        [BINARY, "vary", tmp_path / "source.png", "--model", "tiny-unclip", *settings, *arguments]
        + ["--device", "cpu", "--dtype", "float32"],
        env=os.environ | {"DALLE2_MODELS": str(models)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert largest_difference(pictures, [tmp_path / "varied.png"]) <= 1 / 255


def test_the_picture_says_that_its_noise_came_from_a_file_and_replay_refuses_it(
    drawn: tuple[np.ndarray, Path], models: Path, tmp_path: Path
) -> None:
    noise = drawn[1]
    out = tmp_path / "fox.png"
    assert run(models, "generate", "a red fox", "--noise", noise, "-o", out).returncode == 0
    info = subprocess.run([BINARY, "info", out, "--json"], capture_output=True, text=True, check=True)
    digest = hashlib.sha256(noise.read_bytes()).hexdigest()
    assert json.loads(info.stdout)["source"] == {"noise": {"file": str(noise), "sha256": digest}}
    replay = subprocess.run([BINARY, "replay", out], capture_output=True, text=True, cwd=tmp_path)
    assert replay.returncode != 0 and digest in replay.stderr


Draws = dict[str, torch.Tensor]


def without(name: str) -> Callable[[Draws], Draws]:
    return lambda draws: {key: value for key, value in draws.items() if key != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("decoder.3"), "has no decoder.3; these settings take decoder.0 to decoder.4"),
        (without("upsampler_32.0"), "has no upsampler_32.0"),
        (lambda d: d | {"prior.1": d["prior.1"][:, :8].clone()}, "prior.1 has the shape [2, 8]; [1, 16]"),
        (lambda d: d | {"decoder.2": d["decoder.2"].half()}, "decoder.2 has the type F16; noise is F32"),
    ],
)
def test_the_tensor_at_fault_is_named(
    change: Callable[[Draws], Draws],
    words: str,
    drawn: tuple[np.ndarray, Path],
    models: Path,
    tmp_path: Path,
) -> None:
    from safetensors.torch import load_file

    save_file(change(load_file(drawn[1])), tmp_path / "noise.safetensors")
    done = run(models, "generate", "x", "--noise", tmp_path / "noise.safetensors", "-o", tmp_path / "x.png")
    assert done.returncode != 0 and words in done.stderr
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-n", "3"), "prior.0 has the shape [2, 16]; [3, 16] is needed, a row for each picture"),
        (("--prior-candidates", "2"), "--prior-candidates 1"),
        (("--if-exists", "skip"), "--if-exists skip"),
    ],
)
def test_more_rows_than_the_file_has_are_refused(
    arguments: tuple[str, ...], words: str, drawn: tuple[np.ndarray, Path], models: Path, tmp_path: Path
) -> None:
    done = run(models, "generate", "x", "--noise", drawn[1], *arguments, "-o", tmp_path / "x.png")
    assert done.returncode != 0 and words in done.stderr


@pytest.mark.parametrize("kept", [4, 100, -1])
def test_a_file_that_is_cut_short_is_refused(
    kept: int, drawn: tuple[np.ndarray, Path], models: Path, tmp_path: Path
) -> None:
    (tmp_path / "noise.safetensors").write_bytes(drawn[1].read_bytes()[:kept])
    done = run(models, "generate", "x", "--noise", tmp_path / "noise.safetensors", "-o", tmp_path / "x.png")
    assert done.returncode != 0 and "cut short" in done.stderr

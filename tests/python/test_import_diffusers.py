"""The command that imports diffusers' pipelines: what it writes, what it refuses, what it leaves behind."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from scripts import import_diffusers
from scripts.importing.forecast import Forecast, require_disk
from tests.python.import_fixtures import copy_of, folders


def importing(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> str:
    """Runs the command; the message that it ends with, or "" if all went well."""
    monkeypatch.setattr(sys, "argv", ["import_diffusers", *map(str, arguments)])
    before = signal.getsignal(signal.SIGTERM)
    try:
        import_diffusers.main()
    except SystemExit as end:
        return str(end.code)
    finally:
        signal.signal(signal.SIGTERM, before)
    return ""


def test_a_package_holds_all_parts_and_what_stood_among_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, images = folders()
    out = tmp_path / "tiny"
    assert importing(monkeypatch, text, out, "--image-variations", images, "--licence", "MIT") == ""
    manifest = json.loads((out / "model.json").read_text())
    prior = load_file(text / "prior/diffusion_pytorch_model.safetensors")
    proj = load_file(text / "text_proj/diffusion_pytorch_model.safetensors")
    assert manifest["embedding"]["mean"] == prior["clip_mean"].flatten().float().tolist()
    assert manifest["embedding"]["std"] == prior["clip_std"].flatten().float().tolist()
    networks = manifest["networks"]
    unconditional = networks["decoder"]["unconditional"]
    assert unconditional["text"] == "empty_prompt"
    assert unconditional["image_embedding"] == (
        proj["learned_classifier_free_guidance_embeddings"].float().tolist()
    )
    assert networks["prior"]["clamp"] == {"kind": "static", "range": 5.0}
    assert (networks["prior"]["prediction"], networks["decoder"]["prediction"]) == ("x0", "epsilon")
    assert networks["decoder"]["variance"] == "learned_range"
    assert networks["upsamplers"][0]["last_step_file"] == "upsampler_32_last.pt"
    assert manifest["licence"] == "MIT"
    assert manifest["tokenizer"]["max_length"] == 16
    for name in manifest["files"]:
        if name.endswith(".pt"):
            weights = torch.jit.load(str(out / name)).parameters()
            assert {weight.dtype for weight in weights} == {torch.float16}, name


def test_a_dry_run_says_what_is_needed_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert importing(monkeypatch, folders()[0], tmp_path / "new/tiny", "--dry-run") == ""
    said = capsys.readouterr().out
    assert "decoder.pt" in said and "of disk" in said and "of memory" in said
    assert list(tmp_path.iterdir()) == []


def damaged(tmp_path: Path, part: str, **settings: object) -> Path:
    """A copy of the text-to-image folder with other settings of one part."""
    folder = copy_of(folders()[0], tmp_path / "damaged")
    path = folder / part / ("scheduler_config.json" if part.endswith("scheduler") else "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return folder


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "not a pipeline that diffusers saved"),
        ({"model_index.json": '{"_class_name": "StableDiffusionPipeline"}'}, "a StableDiffusionPipeline"),
        ({"model_index.json": "{"}, "cannot read"),
        ({"model_index.json": '{"_class_name": "UnCLIPPipeline"}'}, "names no tokenizer"),
        ({"model.json": "{}"}, "is a model package already"),
        ({"config.json": '{"_class_name": "PriorTransformer"}'}, "a PriorTransformer alone"),
        ({"prior-ckpt.ckpt": ""}, "it holds checkpoints (prior-ckpt.ckpt)"),
    ],
)
def test_a_folder_of_something_else_is_told_what_it_is(
    content: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)
    assert words in importing(monkeypatch, folder, tmp_path / "out")


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nowhere does not exist" in importing(monkeypatch, tmp_path / "nowhere", tmp_path / "out")


def test_image_variations_alone_lack_a_prior(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has no prior" in importing(monkeypatch, folders()[1], tmp_path / "out")


@pytest.mark.parametrize("part", ["tokenizer", "text_encoder", "super_res_last", "prior_scheduler"])
def test_a_missing_part_is_named(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_of(folders()[0], tmp_path / "damaged")
    shutil.rmtree(folder / part)
    assert f"{part} is missing" in importing(monkeypatch, folder, tmp_path / "out")


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_of(folders()[0], tmp_path / "damaged")
    path = folder / "prior/diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    del weights["proj_in.weight"]
    save_file(weights, path)
    message = importing(monkeypatch, folder, tmp_path / "out")
    assert "prior: 1 weights are missing, such as proj_in.weight" in message
    assert [path.name for path in tmp_path.iterdir()] == ["damaged"]


@pytest.mark.parametrize("part", ["prior", "text_encoder"])
def test_weights_of_another_shape_are_refused(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(folders()[0], tmp_path / "damaged")
    path = next((folder / part).glob("*.safetensors"))
    weights = load_file(path)
    name = max(weights, key=lambda name: weights[name].dim())
    weights[name] = weights[name][:-1].clone()
    save_file(weights, path)
    assert f"cannot read {folder / part}" in importing(monkeypatch, folder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["damaged"]


@pytest.mark.parametrize(
    ("part", "settings", "words"),
    [
        ("text_proj", {"cross_attention_dim": 99}, "text_proj.cross_attention_dim is 99"),
        ("super_res_last", {"sample_size": 48}, "super_res_last.sample_size is 48"),
        ("decoder_scheduler", {"variance_type": "fixed_small_log"}, "decoder.out_channels is 6"),
        ("decoder", {"block_out_channels": "many"}, "does not describe a UNet2DConditionModel"),
        ("prior_scheduler", {"beta_schedule": "linear"}, "prior_scheduler"),
    ],
)
def test_parts_that_do_not_fit_are_named(
    part: str, settings: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in importing(monkeypatch, damaged(tmp_path, part, **settings), tmp_path / "out")


def test_a_folder_that_is_no_package_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/diary.txt").write_text("dear diary")
    assert "is not a model package" in importing(monkeypatch, folders()[0], tmp_path / "mine", "--replace")
    (tmp_path / "mine/model.json").write_text("{}")
    assert "--replace replaces it" in importing(monkeypatch, folders()[0], tmp_path / "mine")
    assert (tmp_path / "mine/diary.txt").read_text() == "dear diary"


def test_too_little_disk_is_found_before_work_begins(tmp_path: Path) -> None:
    need = Forecast(files=[], package=10**18, disk=10**18, memory=0)
    with pytest.raises(Exception, match=r"free; the import needs 1000000000\.00 GB"):
        require_disk(need, tmp_path / "not/yet/there")


def start_import(out: Path, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "scripts.import_diffusers", str(folders()[0]), str(out)]
    return subprocess.Popen(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_no_half_package(tmp_path: Path) -> None:
    def small_files() -> None:  # stands in for a full disk: writes past this size fail
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    process = start_import(tmp_path / "models/tiny", preexec_fn=small_files)
    message = process.communicate(timeout=300)[1].splitlines()[-1]
    assert process.returncode == 1
    assert "error: cannot write" in message and "File too large" in message
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_import_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    models = tmp_path / "models"
    # A shell's background jobs ignore SIGINT, and hand that down.
    process = start_import(models / "tiny", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    deadline = time.monotonic() + 300
    while not list(models.glob(".tiny-*/text_encoder.pt")):  # in the midst of it
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert list(models.iterdir()) == []

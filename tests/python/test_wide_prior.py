"""A prior whose sample holds more than the image embedding: the binary draws what Python draws."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scripts.evaluation.pictures import premultiplied, to_uint8
from scripts.package import make_tiny
from scripts.package.manifest import Manifest
from scripts.package.pipeline import Pipeline
from scripts.package.writer import PackageWriter
from tests.cli.harness import FIXTURES, Dalle2, failed

E = make_tiny.EMBEDDING


class WidePrior(nn.Module):
    """A sample of two embeddings and a half; what one becomes depends on the other."""

    def __init__(self, narrow: nn.Module) -> None:
        super().__init__()
        self.narrow = narrow

    def forward(self, x: Tensor, t: Tensor, text: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        first, second, rest = x[:, :32], x[:, 32:64], x[:, 64:]
        half = torch.cat([rest, rest], dim=1)
        return torch.cat(
            [
                self.narrow(first - second, t, text, states, mask),
                self.narrow(second + half, t, text, states, mask),
                rest * 0.5,
            ],
            dim=1,
        )


def wide_manifest() -> Manifest:
    manifest = make_tiny.tiny_manifest()
    networks = manifest.networks
    return replace(
        manifest,
        name="wide",
        networks=replace(networks, prior=replace(networks.prior, width=5 * E // 2)),
        # Whose steps add noise, which is as wide.
        defaults=replace(manifest.defaults, prior=replace(manifest.defaults.prior, sampler="ddpm", steps=3)),
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny package but for its prior."""
    tiny, manifest = FIXTURES / "tiny", wide_manifest()
    with PackageWriter(tmp_path_factory.mktemp("models") / "wide", manifest) as writer:
        for name in ("tokenizer.model", *manifest.network_files()):
            writer.add_bytes(name, (tiny / name).read_bytes())
        prior = WidePrior(make_tiny.tiny_networks(make_tiny.VOCABULARY)["prior.pt"])
        make_tiny.fill(prior, torch.Generator().manual_seed(0))
        return writer.add_network("prior.pt", prior).finish()


def test_the_width_is_written_only_if_it_is_set(package: Path) -> None:
    assert json.loads((package / "model.json").read_text())["networks"]["prior"]["width"] == 80
    assert "width" not in make_tiny.tiny_manifest().to_json()["networks"]["prior"]


@pytest.mark.parametrize("candidates", [1, 3])
def test_the_binary_draws_what_python_draws(package: Path, tmp_path: Path, candidates: int) -> None:
    options = ["--prior-guidance=1.5", f"--prior-candidates={candidates}", "--device=cpu", "--dtype=float32"]
    dalle2 = Dalle2(tmp_path, tmp_path, package.parent)
    drawn = dalle2("generate", "a red fox", "-m", "wide", "--seed=7", "--size=64", "-o", "fox.png", *options)
    assert drawn.code == 0, drawn.err
    pipeline = Pipeline(package)
    settings = replace(pipeline.settings, prior_guidance=1.5, prior_candidates=candidates, size=64)
    expected = to_uint8(pipeline.generate(["a red fox"], [7], settings))[0].astype(int)
    assert expected.std() > 10, "pictures without contents would prove nothing"
    assert np.abs(premultiplied(tmp_path / "fox.png") - expected).max() <= 1


def test_noise_of_a_file_is_as_wide_as_the_sample(package: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    draws = {f"prior.{draw}": torch.zeros(1, E) for draw in range(3)} | {
        "decoder.0": torch.zeros(1, 4, 64, 64)
    }
    save_file(draws, tmp_path / "noise.safetensors")
    dalle2 = Dalle2(tmp_path, tmp_path, package.parent)
    refused = dalle2("generate", "x", "-m", "wide", "--size=64", "--noise", "noise.safetensors")
    failed(refused, 2, "prior.0 has the shape [1, 32]; [1, 80] is needed")
    save_file(draws | {name: torch.zeros(1, 80) for name in draws if name.startswith("prior")},
              tmp_path / "noise.safetensors")  # fmt: skip
    assert dalle2("generate", "x", "-m", "wide", "--size=64", "--noise", "noise.safetensors").code == 0

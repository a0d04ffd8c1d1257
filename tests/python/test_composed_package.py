"""A package whose prior samples parts that a compositor puts together: the binary draws what Python draws."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scripts.evaluation.pictures import premultiplied, to_uint8
from scripts.package import make_tiny
from scripts.package.manifest import Compositor, Manifest
from scripts.package.pipeline import Pipeline
from scripts.package.writer import PackageWriter
from tests.cli.harness import FIXTURES, Dalle2, failed

E = make_tiny.EMBEDDING
WIDTH, GUIDED = 5 * E // 2, 2 * E


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
                rest * 0.5 + text[:, :16],
            ],
            dim=1,
        )


class TinyCompositor(nn.Module):
    """Blots, of every number of a sample."""

    def __init__(self) -> None:
        super().__init__()
        self.paint = nn.Linear(WIDTH, 4 * 8 * 8)

    def forward(self, scene: Tensor) -> Tensor:
        blots = torch.tanh(self.paint(scene)).view(-1, 4, 8, 8)
        return blots.repeat_interleave(8, 2).repeat_interleave(8, 3)


class SketchingDecoder(nn.Module):
    """The tiny package's, which would leave its sketch aside; rows without an image embedding still do."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        image_embedding: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
        sketch: Tensor | None = None,
    ) -> Tensor:
        v = self.decoder(x, t, image_embedding, text_embedding, token_states, mask)
        if sketch is None:
            return v
        return torch.where(image_embedding.any(1)[:, None, None, None], v - 0.5 * sketch, v)


def composed_manifest() -> Manifest:
    manifest = make_tiny.tiny_manifest()
    compositor = Compositor("compositor.pt", WIDTH, GUIDED)
    return replace(
        manifest,
        name="composed",
        networks=replace(manifest.networks, compositor=compositor),
        # Whose steps add noise, which is as wide.
        defaults=replace(manifest.defaults, prior=replace(manifest.defaults.prior, sampler="ddpm", steps=3)),
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny package but for its prior, its decoder, and its compositor."""
    tiny, manifest = FIXTURES / "tiny", composed_manifest()
    own = make_tiny.tiny_networks(make_tiny.VOCABULARY)
    made = {
        "prior.pt": WidePrior(own["prior.pt"]),
        "decoder.pt": SketchingDecoder(own["decoder.pt"]),
        "compositor.pt": TinyCompositor(),
    }
    with PackageWriter(tmp_path_factory.mktemp("models") / "composed", manifest) as writer:
        for name in {"tokenizer.model", *manifest.network_files()} - made.keys():
            writer.add_bytes(name, (tiny / name).read_bytes())
        for number, (name, network) in enumerate(made.items()):
            make_tiny.fill(network, torch.Generator().manual_seed(number))
            writer.add_network(name, network)
        return writer.finish()


def test_the_compositor_is_in_the_manifest_only_if_there_is_one(package: Path) -> None:
    compositor = json.loads((package / "model.json").read_text())["networks"]["compositor"]
    assert compositor == {"file": "compositor.pt", "width": 80, "guided_width": 64}
    assert "compositor" not in make_tiny.tiny_manifest().to_json()["networks"]


def difference(package: Path, folder: Path, arguments: list[str], pipeline: Pipeline, **settings) -> int:
    """Of the binary's picture from Python's, in 255ths."""
    dalle2 = Dalle2(folder, folder, package.parent)
    options = ["--device=cpu", "--dtype=float32", "--seed=7", "--size=64", "-o", "fox.png", "-f"]
    drawn = dalle2("generate", "a red fox", "-m", "composed", *options, *arguments)
    assert drawn.code == 0, drawn.err
    expected = to_uint8(
        pipeline.generate(["a red fox"], [7], replace(pipeline.settings, size=64, **settings))
    )
    assert expected.std() > 10, "pictures without contents would prove nothing"
    return np.abs(premultiplied(folder / "fox.png") - expected[0].astype(int)).max()


@pytest.mark.parametrize("candidates", [1, 3])
def test_the_binary_draws_what_python_draws(package: Path, tmp_path: Path, candidates: int) -> None:
    arguments = ["--prior-guidance=1.5", f"--prior-candidates={candidates}"]
    settings = {"prior_guidance": 1.5, "prior_candidates": candidates}
    pipeline = Pipeline(package)
    assert difference(package, tmp_path, arguments, pipeline, **settings) <= 1
    # Every part has its say: without it the picture is another.
    pipeline.manifest["networks"]["compositor"]["guided_width"] = WIDTH
    assert difference(package, tmp_path, arguments, pipeline, **settings) > 1
    pipeline = Pipeline(package)
    pipeline.encode_pictures = lambda x: torch.nn.functional.normalize(x[:, 0, :32, 0], dim=1)
    assert difference(package, tmp_path, arguments, pipeline, **settings) > 1
    pipeline = Pipeline(package)
    decode = pipeline.decoder
    pipeline.decoder = lambda known, *rest: decode(replace(known, sketch=None), *rest)
    assert difference(package, tmp_path, arguments, pipeline, **settings) > 1


def test_a_negative_prompt_has_no_sketch_of_its_own(package: Path, tmp_path: Path) -> None:
    pipeline, settings = Pipeline(package), {"negative_prompt": "a blue house", "guidance": 3.0}
    assert (
        difference(
            package, tmp_path, ["--negative-prompt=a blue house", "--guidance=3"], pipeline, **settings
        )
        <= 1
    )


def test_pictures_of_a_batch_and_of_low_memory_are_the_same_ones(package: Path, tmp_path: Path) -> None:
    dalle2, prompts = Dalle2(tmp_path, tmp_path, package.parent), ("a red fox", "a star")
    lines = (json.dumps({"prompt": prompt, "seed": 7}) for prompt in prompts)
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines))
    common = ["-m", "composed", "--size=64", "--best-of=2", "--device=cpu", "--dtype=float32"]
    made = dalle2("batch", "prompts.jsonl", "--out-dir", "out", *common)
    assert made.code == 0, made.err
    together = sorted((tmp_path / "out").glob("*.png"))
    for prompt, path in zip(prompts, together, strict=True):
        assert (
            dalle2("generate", prompt, *common, "--seed=7", "--low-memory", "-o", "one.png", "-f").code == 0
        )
        assert np.abs(premultiplied(tmp_path / "one.png").astype(int) - premultiplied(path)).max() <= 1


def test_noise_of_a_file_is_as_wide_as_the_sample(package: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    draws = {f"prior.{draw}": torch.zeros(1, E) for draw in range(3)} | {
        "decoder.0": torch.zeros(1, 4, 64, 64)
    }
    save_file(draws, tmp_path / "noise.safetensors")
    dalle2 = Dalle2(tmp_path, tmp_path, package.parent)
    refused = dalle2("generate", "x", "-m", "composed", "--size=64", "--noise", "noise.safetensors")
    failed(refused, 2, "prior.0 has the shape [1, 32]; [1, 80] is needed")
    save_file(draws | {name: torch.zeros(1, 80) for name in draws if name.startswith("prior")},
              tmp_path / "noise.safetensors")  # fmt: skip
    assert dalle2("generate", "x", "-m", "composed", "--size=64", "--noise", "noise.safetensors").code == 0

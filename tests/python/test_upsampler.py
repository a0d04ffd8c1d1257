"""The upsampler network and its trainer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from scripts.networks.upsampler import Upsampler, UpsamplerConfig, enlarge
from scripts.training import upsampler
from scripts.training.diffusion import Schedule
from scripts.training.loop import train
from scripts.training.redrawn import Redrawn, redraw
from scripts.training.upsampler import (
    UpsamplerTask,
    UpsamplerTrainingConfig,
    blur,
    load_upsampler,
    psnr,
    shrink,
)


class ToyComposer:
    """Discs with hard edges, which bicubic enlargement blurs."""

    def __init__(self, *_, **__):
        pass

    def sample(self, rng):
        rows, columns = np.mgrid[:256, :256]
        centre = rng.integers(64, 192, 2)
        inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 40**2
        picture = np.zeros((256, 256, 4), dtype=np.uint8)
        picture[inside] = 255
        return SimpleNamespace(picture=picture, caption="a disc")


def small_network():
    torch.manual_seed(0)
    network = Upsampler(UpsamplerConfig(widths=[16, 32], condition=16)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.1)
    return network


def toy_task(folder, **changes):
    values = {
        "work": folder, "steps": 4, "batch": 4, "crop": 64, "warmup": 1, "workers": 0, "widths": [16, 32],
        "held_out": 2, "bf16": "off", "log_every": 2, "evaluate_every": 0, "sample_every": 4, "threads": 1,
    }  # fmt: skip
    config = UpsamplerTrainingConfig(**(values | changes))
    torch.manual_seed(0)
    return UpsamplerTask(config), config


def test_an_untrained_network_is_bicubic_enlargement():
    low_res = torch.rand(2, 4, 16, 16) * 2 - 1
    network = Upsampler(UpsamplerConfig(widths=[16, 32], condition=16))
    assert torch.equal(
        network(torch.randn(2, 4, 64, 64), torch.tensor([3, 900]), low_res), enlarge(low_res, 4)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("height, width", [(16, 16), (8, 24)])
def test_the_scripted_network_equals_it_at_any_size_and_dtype(dtype, height, width):
    network = small_network().to(dtype)
    scripted = torch.jit.script(network)
    x = torch.randn(2, 4, 4 * height, 4 * width).to(dtype)
    low_res, t = torch.randn(2, 4, height, width).to(dtype), torch.tensor([3, 900])
    got = scripted(x, t, low_res)
    assert got.dtype == dtype and got.shape == x.shape
    assert torch.allclose(
        got.float(), network(x, t, low_res).float(), atol=1e-4 if dtype == torch.float32 else 0.1
    )


def test_a_shift_by_whole_blocks_shifts_the_result():
    network = small_network()
    # norms see the whole picture, so the content must only move: empty margins all round
    x, low_res = torch.zeros(1, 4, 128, 128), torch.zeros(1, 4, 32, 32)
    x[:, :, 48:72, 48:72] = torch.randn(1, 4, 24, 24)
    low_res[:, :, 12:18, 12:18] = torch.randn(1, 4, 6, 6)
    t = torch.tensor([100])
    moved = network(x.roll(8, 3), t, low_res.roll(2, 3))
    inner = (slice(None), slice(None), slice(32, 96), slice(32, 96))
    assert torch.allclose(moved.roll(-8, 3)[inner], network(x, t, low_res)[inner], atol=2e-2)


def test_shrinking_averages_areas_and_blurring_keeps_flat_pictures_and_sums():
    picture = torch.arange(64.0).view(1, 1, 8, 8)
    assert shrink(picture, 4)[0, 0, 0, 0] == picture[0, 0, :4, :4].mean()
    flat = torch.full((2, 4, 16, 16), 0.3)
    assert torch.allclose(blur(flat, torch.tensor([0.0, 1.0])), flat)
    dot = torch.zeros(2, 1, 15, 15)
    dot[:, :, 7, 7] = 1
    blurred = blur(dot, torch.tensor([0.0, 1.0]))
    assert torch.allclose(blurred[0], dot[0], atol=1e-6)
    assert blurred[1].sum() == pytest.approx(1, abs=1e-4)
    assert blurred[1, 0, 7, 7] == pytest.approx(
        1 / (2 * np.pi), rel=0.02
    )  # peak of a Gaussian of deviation 1


def test_psnr_is_the_closed_form():
    truth = torch.zeros(1, 4, 8, 8)
    assert psnr(truth + 0.2, truth).item() == pytest.approx(20.0, abs=1e-3)  # an error of 0.1 on a range of 1


def test_training_beats_bicubic_enlargement_and_writes_a_sheet(monkeypatch, tmp_path):
    monkeypatch.setattr(upsampler, "Composer", ToyComposer)
    task, config = toy_task(tmp_path, steps=60, batch=8, lr=1e-3, warmup=5, degraded=0.0, sample_every=60)
    train(task, config)
    with torch.no_grad():
        values = task.evaluate(task.module)
    assert values["psnr_4"] > values["psnr_bicubic"] + 0.3
    assert (tmp_path / "sheets" / "0000060.png").stat().st_size > 1000
    load_upsampler(tmp_path)


def test_crops_lie_on_the_grid_of_small_pixels(monkeypatch, tmp_path):
    monkeypatch.setattr(upsampler, "Composer", ToyComposer)
    task, _ = toy_task(tmp_path, batch=3, crops_per_scene=2)
    pictures = task.make_batch(np.random.default_rng(0))["pictures"]
    assert pictures.shape == (3, 4, 64, 64) and pictures.dtype == torch.uint8


def test_crops_of_what_the_decoder_drew_are_of_the_same_place(monkeypatch, tmp_path):
    monkeypatch.setattr(upsampler, "Composer", ToyComposer)
    rows, columns = np.mgrid[:64, :64].astype(np.uint8)
    small = np.stack([rows, columns, rows, columns])[None]
    redrawn = Redrawn(small.repeat(4, axis=2).repeat(4, axis=3), small)
    task, _ = toy_task(tmp_path, batch=8, redrawn=0.5)
    task.redrawn = redrawn
    batch = task.make_batch(np.random.default_rng(0))
    assert batch["is_drawn"].tolist() == [True] * 4 + [False] * 4
    drawn = batch["is_drawn"]
    assert torch.equal(batch["pictures"][drawn][:, :, ::4, ::4], batch["drawn"][drawn])
    assert len({tuple(corner) for corner in batch["drawn"][drawn][:, :2, 0, 0].tolist()}) > 1
    loss, _ = task.loss(task.module, batch, torch.Generator().manual_seed(0))
    assert loss.isfinite()


def test_redrawn_pictures_keep_their_place_and_survive_saving(tmp_path):
    def exact(x, t, embedding, *_):
        """The v of the picture that the embedding is of."""
        alpha, sigma = schedule.level(t, x)
        return (alpha * x - embedding.view_as(x)) / sigma

    def encode_text(ids, mask):
        return torch.zeros(len(ids), 8), torch.zeros(len(ids), 1, 8)

    def tokenize(captions, trim):
        return torch.ones(len(captions), 1, dtype=torch.int64), torch.ones(len(captions), 1, dtype=torch.bool)

    schedule = Schedule.squaredcos_cap_v2(zero_terminal_snr=True)
    clip = (tokenize, encode_text, lambda pictures: pictures.flatten(1))
    made = redraw(ToyComposer(), clip, exact, schedule, 3, seed=0)
    made.save(tmp_path)
    loaded = Redrawn.load(tmp_path)
    assert loaded.large.shape == (3, 4, 256, 256) and loaded.small.shape == (3, 4, 64, 64)
    expected = shrink(torch.from_numpy(loaded.large.copy()), 4)
    assert (torch.from_numpy(loaded.small.copy()).float() - expected).abs().max() <= 1

"""The decoder trainer on a toy world: colours as pictures, their names as captions."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from scripts.data.compose import Part
from scripts.data.places import Place
from scripts.data.tensors import to_signed
from scripts.networks.places import PARTS
from scripts.networks.sketch import FineSketch, Sketch
from scripts.training import decoder
from scripts.training.checkpoint import load_checkpoint
from scripts.training.decoder import Condition, DecoderConfig, DecoderTask, first_guess, load_decoder
from scripts.training.diffusion import Schedule
from scripts.training.loop import train
from scripts.training.sheets import over_checkerboard

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


class ToyComposer:
    def __init__(self, *_, **__):
        pass

    def sample(self, rng, painted=True):
        name = list(COLOURS)[int(rng.integers(3))]
        return SimpleNamespace(picture=self.render_alone(name), caption=name)

    def mentioned(self, scene, text):
        return [Part(text, text, (Place(0.5, 0.5, 1.0),))]

    def backdrop(self, scene, text):
        return None

    def render_alone(self, name):
        picture = np.zeros((64, 64, 4), dtype=np.uint8)
        picture[16:48, 16:48] = (*COLOURS[name], 255)
        return picture


def toy_tokenizer(captions, trim=False):
    ids = torch.tensor([[list(COLOURS).index(caption) if caption in COLOURS else 0] for caption in captions])
    return ids, torch.ones_like(ids, dtype=torch.bool)


class ToyTextEncoder(nn.Module):
    def forward(self, ids, mask):
        states = nn.functional.one_hot(ids, 256).float()
        return states[:, 0], states


class ToyImageEncoder(nn.Module):
    def forward(self, pictures):
        means = pictures.mean(dim=(2, 3))
        return nn.functional.normalize(nn.functional.pad(means, (0, 252)), dim=1)


@pytest.fixture
def toy_world(monkeypatch):
    monkeypatch.setattr(decoder, "Composer", ToyComposer)
    monkeypatch.setattr(decoder, "load_clip", lambda _: (toy_tokenizer, ToyTextEncoder(), ToyImageEncoder()))
    sketch = FineSketch(Sketch(256)).eval().requires_grad_(False)
    monkeypatch.setattr(decoder, "load_fine_sketch", lambda _: sketch)


def toy_config(folder, **changes):
    values = {
        "work": folder, "steps": 6, "batch": 4, "lr": 2e-3, "warmup": 1, "workers": 0, "log_every": 2, "threads": 1,
        "evaluate_every": 4, "sample_every": 6, "sample_steps": 2, "held_out": 6, "bf16": "off",
        "widths": [16, 16, 16], "down": [1, 1, 1], "up": [1, 1, 1],
    }  # fmt: skip
    return DecoderConfig(**(values | changes))


def toy_task(folder, **changes):
    config = toy_config(folder, **changes)
    torch.manual_seed(0)
    return DecoderTask(config), config


def test_training_writes_sheets_measures_and_a_loadable_network(toy_world, tmp_path):
    task, config = toy_task(tmp_path)
    train(task, config)
    assert (tmp_path / "sheets" / "held_out_0000006.png").stat().st_size > 1000
    assert (tmp_path / "sheets" / "prompts_0000006.png").stat().st_size > 1000
    assert "held_out_v_text_only" in (tmp_path / "losses.csv").read_text()
    loaded = load_decoder(tmp_path)
    ema = load_checkpoint(tmp_path)["ema"]
    assert all(torch.equal(value, ema[name]) for name, value in loaded.state_dict().items())


def test_a_few_steps_lower_the_held_out_loss(toy_world, tmp_path):
    task, config = toy_task(tmp_path, steps=30, sample_every=0, evaluate_every=0)
    with torch.no_grad():
        before = task.evaluate(task.module)["held_out_v"]
        with torch.enable_grad():
            train(task, config)
        assert task.evaluate(task.module)["held_out_v"] < 0.8 * before


def test_a_part_of_the_pictures_is_put_together_of_what_the_prior_sees(toy_world, tmp_path, monkeypatch):
    wanted = torch.full((256,), 0.3)

    class SurePrior(nn.Module):
        mean, std = torch.zeros(256), torch.full((256,), 2.0)

        def splitter(self, text, states, mask):
            return text[:, None].expand(-1, PARTS, -1)

        def part(self, x, t, texts):
            assert x.shape == texts.shape and len(x) == len(t)
            return (wanted / 2.0).expand_as(x)

    monkeypatch.setattr(decoder, "load_prior", lambda _: SurePrior())
    task, _ = toy_task(tmp_path, prior=tmp_path, from_prior=0.5)
    batch = task.make_batch(np.random.default_rng(0))
    # A square, and no other parts.
    assert batch["present"].tolist() == [[True, False, False, False]] * 4
    assert torch.equal(batch["parts"].float().mean((2, 3, 4)) > 0, batch["present"])
    condition = task.condition(batch["ids"], batch["mask"], to_signed(batch["pictures"]))
    put = task.put_together(task.module, condition, batch, torch.Generator().manual_seed(1))
    parts = wanted.expand(4, PARTS, 256)
    sketch = task.compositor.paint(parts, batch["layouts"])
    chosen = torch.isclose(put.sketch, sketch, atol=1e-5).flatten(1).all(1)
    assert 0 < chosen.sum() < 4
    torch.testing.assert_close(put.image_embedding[chosen], ToyImageEncoder()(sketch)[chosen])
    own = task.module.sketch_of(condition.image_embedding)
    assert torch.equal(put.sketch[~chosen], own[~chosen])
    assert torch.equal(put.image_embedding[~chosen], condition.image_embedding[~chosen])
    train(task, toy_config(tmp_path, prior=tmp_path))


def test_a_sketch_that_is_given_is_where_sampling_starts_but_for_rows_without_an_embedding(
    toy_world, tmp_path
):
    task, _ = toy_task(tmp_path)
    embedding = torch.nn.functional.normalize(torch.randn(2, 256), dim=1)
    embedding[1] = 0
    text, states, mask = torch.zeros(2, 256), torch.zeros(2, 3, 256), torch.zeros(2, 3, dtype=torch.bool)
    x, t, sketch = torch.randn(2, 4, 64, 64), torch.full((2,), 999), torch.rand(2, 4, 64, 64) * 2 - 1
    with torch.no_grad():
        v = task.module(x, t, embedding, text, states, mask, sketch)
        x0, _ = task.schedule.to_x0_epsilon("v", x, t, v)
        torch.testing.assert_close(x0[0], sketch[0], atol=1e-4, rtol=1e-3)
        own = task.module.sketch_of(embedding)
        torch.testing.assert_close(x0[1], own[1], atol=1e-4, rtol=1e-3)
        near = torch.full((2,), 200)
        given, alone = (task.module(x, near, embedding, text, states, mask, of) for of in (sketch, None))
        assert (given - alone)[0].abs().max() > 1e-3 and torch.equal(given[1], alone[1])


def test_evaluation_is_the_same_every_time(toy_world, tmp_path):
    task, _ = toy_task(tmp_path)
    with torch.no_grad():
        assert task.evaluate(task.module) == task.evaluate(task.module)


def test_a_network_that_is_told_the_picture_has_no_error_on_the_way_from_its_sketch(toy_world, tmp_path):
    task, config = toy_task(tmp_path)
    x0 = torch.rand(6, 4, 64, 64) * 2 - 1
    t = torch.tensor([0, 1, 50, 200, config.truncate_at, config.truncate_at])
    condition = task.condition(task.held_out["ids"][:6], task.held_out["mask"][:6], x0)

    class Teller(torch.nn.Module):
        sketch_of = staticmethod(lambda embedding, sketch: torch.zeros_like(x0))

        def forward(self, x, t, *_):
            alpha, sigma = task.schedule.level(t, x)
            return (alpha * x - x0) / sigma  # the v of x0, wherever x lies

    for share in (0.0, 1.0):
        shares = torch.full((6,), share)
        errors = task.squared_error(Teller(), x0, t, condition, shares, torch.Generator().manual_seed(0))
        assert errors.max() < 1e-6


def test_above_the_start_the_sketch_is_the_result(toy_world, tmp_path):
    task, config = toy_task(tmp_path)
    embedding = torch.nn.functional.normalize(torch.randn(2, 256), dim=1)
    text, states, mask = torch.zeros(2, 256), torch.zeros(2, 3, 256), torch.zeros(2, 3, dtype=torch.bool)
    x, t = torch.randn(2, 4, 64, 64), torch.full((2,), 999)
    with torch.no_grad():
        v = task.module(x, t, embedding, text, states, mask)
        x0, _ = task.schedule.to_x0_epsilon("v", x, t, v)
        torch.testing.assert_close(x0, task.module.sketch_of(embedding), atol=1e-4, rtol=1e-3)


def test_training_stays_at_and_below_the_start(toy_world, tmp_path):
    task, config = toy_task(tmp_path)
    t = task.timesteps(1000, torch.Generator().manual_seed(0), torch.device("cpu"))
    assert t.min() >= 0 and t.max() == config.truncate_at
    assert (t < config.truncate_at / 4).float().mean() > 0.2


def test_dropping_image_and_text_leaves_the_other_and_is_by_row():
    full = Condition(
        torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 5, 4), torch.ones(2, 5, dtype=torch.bool)
    )
    first = torch.tensor([True, False])
    no_image = full.without_image(first)
    assert no_image.image_embedding.sum(1).tolist() == [0, 3] and no_image.mask.all()
    no_text = full.without_text(first)
    assert no_text.text_embedding.sum(1).tolist() == [0, 3]
    assert no_text.token_states.sum((1, 2)).tolist() == [0, 20]
    assert no_text.mask.any(1).tolist() == [False, True] and no_text.image_embedding.all()
    drawn = replace(full, sketch=torch.ones(2, 4, 8, 8))
    assert (
        drawn.without_text(first).sketch.all() and len(drawn.arguments()) == 5 and len(full.arguments()) == 4
    )
    assert drawn.repeat(3).followed_by(drawn.zeros()).sketch.mean((1, 2, 3)).tolist() == [1] * 6 + [0] * 2
    nothing = full.without_image().without_text()
    assert not any(part.any() for part in nothing.arguments())


def test_sheets_show_the_checkerboard_through_transparency_only():
    clear, red = -torch.ones(4, 16, 16), torch.tensor([1.0, -1, -1, 1]).view(4, 1, 1).expand(4, 16, 16)
    board, solid = over_checkerboard(torch.stack([clear, red]))
    assert len({tuple(pixel) for pixel in board.reshape(-1, 3).tolist()}) == 2
    assert {tuple(pixel) for pixel in solid.reshape(-1, 3).tolist()} == {(255, 0, 0)}


def test_an_empty_work_folder_is_named_in_the_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no decoder checkpoint"):
        load_decoder(tmp_path)


def test_the_sketch_stays_as_clip_has_it(toy_world, tmp_path):
    task, config = toy_task(tmp_path)
    before = {name: weight.clone() for name, weight in task.module.sketch.state_dict().items()}
    train(task, config)
    for name, weight in load_decoder(tmp_path).sketch.state_dict().items():
        assert torch.equal(weight, before[name])


def test_the_first_guess_is_the_best_linear_one_of_the_noisy_picture_and_the_sketch():
    generator = torch.Generator().manual_seed(0)
    schedule, variance = Schedule.squaredcos_cap_v2(zero_terminal_snr=True), 0.05
    shares = first_guess(schedule, variance, truncate_at=600)
    assert (shares[601:, 2] == 0).all() and (shares[:601, 2] > 0.2).all()
    shares = shares[:, :2] / (1 - shares[:, 2:])
    for t in (100, 500, 900, 999):
        x0, noise, error = (
            torch.randn(100_000, generator=generator) * scale for scale in (30.0, 1.0, variance**0.5)
        )
        at = torch.full((len(x0),), t)
        seen = torch.stack([schedule.q_sample(x0, at, noise), x0 + error], dim=1)
        truth = schedule.target("v", x0, at, noise)
        fitted = torch.linalg.lstsq(seen.double(), truth.double()[:, None]).solution[:, 0].float()
        torch.testing.assert_close(shares[t], fitted, rtol=0.02, atol=0.02)

"""The prior: its network, its baselines, and what it learns where the answer is known."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.networks.prior import Prior, PriorConfig
from scripts.networks.regression import Regression, summary
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.checkpoint import save_checkpoint
from scripts.training.config import config_to_dict
from scripts.training.diffusion import Schedule
from scripts.training.pairs import Pairs, make_pairs
from scripts.training.prior import (
    NormalisedPrior,
    PriorTask,
    PriorTrainingConfig,
    grow,
    load_prior,
    sample_prior,
    start_at,
)
from scripts.training.regression import (
    NormalisedRegression,
    RegressionConfig,
    RegressionTask,
    linear_map,
    load_regression,
)
from scripts.training.scenes import NOTHING, Scenes, make_scenes
from tests.python.toy_scenes import ToyComposer, take_steps, toy_tokenizer

TINY = PriorConfig(embedding=8, text_width=16, width=32, layers=2, heads=2, things=2, regression=24)
X = 3 * 8  # numbers in a sample: a scene and two things


def text_input(batch: int, length: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch)
    states = torch.randn(batch, length, 16, generator=generator)
    mask = torch.arange(length).expand(batch, length) < 3
    return F.normalize(torch.randn(batch, 8, generator=generator), dim=-1), states, mask


def randomised_prior() -> Prior:
    torch.manual_seed(0)
    prior = Prior(TINY).eval()
    torch.nn.init.normal_(prior.out.weight, std=0.2)
    for block in prior.text_blocks:  # which begin as the identity
        torch.nn.init.normal_(block.attention.out.weight, std=0.2)
    for layer in (prior.regressed, prior.trust, prior.scene_out):  # which begin without a say
        torch.nn.init.normal_(layer.weight, std=0.2)
    return prior


def test_masked_tokens_and_padding_change_nothing():
    prior = randomised_prior()
    x, t = torch.randn(2, X), torch.tensor([3, 900])
    text, states, mask = text_input(2)
    expected = prior(x, t, text, states, mask)
    garbage = states.masked_fill(~mask[..., None], 7.0)
    torch.testing.assert_close(prior(x, t, text, garbage, mask), expected)
    torch.testing.assert_close(prior(x, t, text, states[:, :3], mask[:, :3]), expected)


def test_every_input_matters():
    prior = randomised_prior()
    x, t = torch.randn(1, X), torch.tensor([500])
    text, states, mask = text_input(1)
    base = prior(x, t, text, states, mask)
    for changed in (
        prior(x + 1, t, text, states, mask),
        prior(x, t + 100, text, states, mask),
        prior(x, t, -text, states, mask),
        prior(x, t, text, -states, mask),
        prior(x, t, text, states, torch.zeros_like(mask)),
    ):
        assert (changed - base).abs().max() > 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_prior_takes_any_batch_and_no_text_at_all(dtype):
    script = torch.jit.script(randomised_prior().to(dtype))
    for batch in (1, 3):
        x, t = torch.randn(batch, X, dtype=dtype), torch.full((batch,), 999)
        text, states, mask = text_input(batch)
        nothing = (
            torch.zeros_like(text).to(dtype),
            torch.zeros_like(states).to(dtype),
            torch.zeros_like(mask),
        )
        for inputs in ((text.to(dtype), states.to(dtype), mask), nothing):
            prediction = script(x, t, *inputs)
            assert (
                prediction.shape == (batch, X) and prediction.dtype == dtype and prediction.isfinite().all()
            )


def test_the_linear_baseline_finds_a_linear_relation():
    generator = torch.Generator().manual_seed(0)
    text = torch.randn(500, 8, generator=generator)
    weights, offset = torch.randn(8, 8, generator=generator), torch.randn(8, generator=generator)
    found = linear_map(text, text @ weights + offset, ridge=0.0)
    torch.testing.assert_close(found[:-1], weights, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(found[-1], offset, atol=1e-3, rtol=1e-3)


def test_normalised_embeddings_have_mean_zero_deviation_one_and_are_clamped():
    prior = NormalisedPrior(TINY)
    embeddings = torch.randn(1000, 8, generator=torch.Generator().manual_seed(0)) * 3 + 2
    prior.fit(embeddings)
    normalised = prior.normalise(embeddings)
    torch.testing.assert_close(normalised.mean(0), torch.zeros(8), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalised.std(0), torch.ones(8), atol=1e-5, rtol=0)
    assert float(prior.normalise(torch.full((1, 8), 1e6)).max()) == 10


def test_sampling_with_a_perfect_network_gives_the_embedding_back_de_normalised():
    prior = NormalisedPrior(TINY)
    prior.mean.fill_(0.5)
    prior.std.fill_(0.1)
    wanted = torch.randn(2, X, generator=torch.Generator().manual_seed(0))
    prior.network.forward = lambda x, t, *text: wanted  # x0-prediction that is always right
    sampled = sample_prior(prior, Schedule.squaredcos_cap_v2(), text_input(2), 5, torch.Generator())
    torch.testing.assert_close(sampled, wanted[:, :8] * 0.1 + 0.5, atol=1e-4, rtol=1e-3)


def test_the_summary_of_a_text_tells_its_beginning_from_its_end():
    states = torch.tensor([[[1.0], [2.0], [9.0]], [[2.0], [1.0], [9.0]], [[0.0], [0.0], [0.0]]])
    mask = torch.tensor([[True, True, False], [True, True, False], [False, False, False]])
    half = 0.5 * 0.5**0.5  # cos(pi / 4) = -cos(3 pi / 4), a mean over two tokens
    expected = torch.tensor([[1.5, -half], [1.5, half], [0.0, 0.0]])
    torch.testing.assert_close(summary(states, mask), expected)


def test_a_prior_is_told_the_regressions_estimates_in_its_own_units_and_composes_as_it_does():
    prior = NormalisedPrior(TINY)
    regression = NormalisedRegression(Regression(8, 16, 24, things=2), 8)
    generator = torch.Generator().manual_seed(0)
    for of_either in (prior, regression):
        of_either.fit(torch.randn(100, 8, generator=generator) * 3 + 2)
    start_at(prior, regression)
    own, text = prior.network.regression, text_input(3)
    features = own.features(*text)
    things = torch.randn(3, 2, 8, generator=generator)
    share = torch.zeros(3, 1, 1)
    estimates, scene = (
        values * regression.std + regression.mean
        for values in regression(regression.normalise(things), share, *text)
    )
    torch.testing.assert_close(own(features) * prior.std + prior.mean, estimates)
    composed = own.compose(prior.normalise(things), features)
    torch.testing.assert_close(composed * prior.std + prior.mean, scene)
    assert not any(weight.requires_grad for weight in own.to_things.parameters())


def test_things_that_are_not_there_are_zeros_in_a_sample():
    prior = NormalisedPrior(TINY)
    prior.mean.fill_(0.5)
    things, present = torch.ones(2, 2, 8), torch.tensor([[True, False], [True, True]])
    sample = prior.joint(torch.ones(2, 8), things, present).view(2, 3, 8)
    assert sample[..., 0].tolist() == [[0.5, 0.5, 0.0], [0.5, 0.5, 0.5]]


def test_a_hidden_scene_embedding_says_nothing_and_a_shown_one_does():
    prior = randomised_prior()
    x, t, text = torch.randn(1, X), torch.tensor([500]), text_input(1)
    shown = prior(x, t, *text)[:, :8]
    hidden = [prior(torch.cat([torch.zeros(1, 8), x[:, 8:]], 1), t, *text)[:, :8] for _ in range(2)]
    torch.testing.assert_close(*hidden)
    assert (shown - hidden[0]).abs().max() > 1e-4


@pytest.mark.parametrize("things", [0, 2])
def test_a_prior_that_grew_gives_what_it_gave_before(things):
    sizes = {"layers": 2, "text_layers": 0}, {"layers": 4, "text_layers": 1}
    shallow, deep = (
        NormalisedPrior(dataclasses.replace(TINY, **size, things=things)).eval() for size in sizes
    )
    torch.nn.init.normal_(shallow.network.out.weight, std=0.2)
    grow(deep, shallow)
    x, t = torch.randn(3, 8 * (1 + things)), torch.tensor([0, 500, 999])
    torch.testing.assert_close(deep(x, t, *text_input(3)), shallow(x, t, *text_input(3)))
    with pytest.raises(ValueError, match="fewer layers"):
        grow(shallow, deep)


def test_pairs_survive_saving_and_texts_are_cut_to_the_longest_of_a_batch(tmp_path):
    states = np.arange(12, dtype=np.float16).reshape(6, 2)
    lengths = [2, 1, 3]
    ones = np.ones((3, 8), np.float16)
    things = np.array([[1, NOTHING], [0, 1], [NOTHING, NOTHING]])
    alone = np.stack([np.zeros(8), np.ones(8)]).astype(np.float16)
    for _ in range(2):  # the second takes the place of the first
        Pairs(ones, ones, states, np.cumsum([0, *lengths]), things, alone).save(tmp_path / "pairs")
    again = Pairs.load(tmp_path / "pairs")
    text, token_states, mask = again.text(np.array([1, 0]))
    assert mask.tolist() == [[True, False], [True, True]]
    assert token_states.tolist() == [[[4, 5], [0, 0]], [[0, 1], [2, 3]]]
    assert len(again) == 3 and text.shape == (2, 8) and again.image_embeddings(slice(None)).shape == (3, 8)
    embeddings, present = again.thing_embeddings(np.array([0, 1]))
    assert present.tolist() == [[True, False], [True, True]]
    assert embeddings[..., 0][present].tolist() == [1, 0, 1]


def test_every_caption_of_a_scene_makes_a_pair_with_its_picture_once(tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, 16, 1, 2, 8)).eval()
    images = np.eye(2, 8, dtype=np.float16)
    captions = [["red", "red", "blue"], ["a red square", "green", "white"]]
    things = np.array([[0, NOTHING], [1, 0]])
    scenes = Scenes(images, captions, ["a", "b"], things, images)
    pairs = make_pairs(scenes, tokenizer, encoder, captions=2)
    assert pairs.images.tolist() == images[[0, 1, 1]].tolist()
    assert pairs.things.tolist() == things[[0, 1, 1]].tolist()
    alone, states = encoder(*tokenizer(["a red square"], trim=True))
    text, token_states, mask = pairs.text(np.array([1]))
    torch.testing.assert_close(text, alone, atol=5e-3, rtol=1e-2)
    torch.testing.assert_close(token_states, states, atol=3e-2, rtol=3e-2)
    assert bool(mask.all())


@pytest.mark.slow
def test_the_prior_learns_a_small_world_and_is_loaded_again(tmp_path):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, 16, 1, 2, 8)).eval().requires_grad_(False)
    torch.nn.init.normal_(encoder.tokens.weight)

    def corner_encoder(pictures: torch.Tensor) -> torch.Tensor:
        """What is where, linearly: an image encoder whose embeddings are known."""
        means = F.adaptive_avg_pool2d(pictures[:, :3], 2).flatten(1)[:, :8] + 1
        return F.normalize(means - means.mean(1, keepdim=True) + 0.05, dim=-1)

    stand_in = torch.nn.Module()
    stand_in.forward = corner_encoder
    sets = [
        make_pairs(make_scenes(ToyComposer(), stand_in, count, captions=1, seed=seed), tokenizer, encoder, 1)
        for count, seed in ((256, 1), (64, 2))
    ]
    work = tmp_path / "regression"
    config = RegressionConfig(work=work, batch=64, width=32)
    task = RegressionTask(config, *sets)
    take_steps(task, torch.optim.Adam(task.module.parameters(), 3e-3), 150)
    regressed = task.evaluate(task.module.eval())
    assert regressed["cosine"] > max(0.9, regressed["linear_cosine"])
    save_checkpoint(work, {"ema": task.module.state_dict(), "config": config_to_dict(config)})
    text = sets[1].text(np.arange(4))
    given = torch.zeros(4, 2, 8), torch.ones(4, 1, 1), *text
    for loaded, own in zip(load_regression(work)(*given), task.module(*given), strict=True):
        torch.testing.assert_close(loaded, own)

    config = PriorTrainingConfig(
        work=tmp_path, batch=64, width=32, layers=2, held_out=64, sample_steps=5, regression=work
    )
    task = PriorTask(config, *sets)
    take_steps(task, torch.optim.Adam(task.module.parameters(), 3e-3), 150)
    measured = task.evaluate(task.module.eval())
    assert measured["cosine"] > max(0.9, measured["linear_cosine"])
    assert measured["regression_cosine"] == pytest.approx(regressed["cosine"])
    assert 0.8 < measured["sampled_spread"] < 1.2

    save_checkpoint(tmp_path, {"ema": task.module.state_dict(), "config": config_to_dict(config)})
    loaded = load_prior(tmp_path)
    torch.testing.assert_close(loaded.mean, task.module.mean)
    x, t = torch.randn(4, X), torch.full((4,), 500)
    torch.testing.assert_close(loaded(x, t, *text), task.module(x, t, *text))

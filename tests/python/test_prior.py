"""The prior and its parts: splitter, prior of single things, composition; and what they learn where the answer is known."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.networks.composition import Composition, summary
from scripts.networks.prior import Prior, PriorConfig, ThingPrior
from scripts.networks.splitter import Splitter
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.checkpoint import save_checkpoint
from scripts.training.composition import CompositionConfig, CompositionTask, linear_map, load_composition
from scripts.training.config import config_to_dict
from scripts.training.diffusion import Schedule
from scripts.training.normalised import Normalised
from scripts.training.pairs import make_pairs
from scripts.training.prior import (
    NormalisedPrior,
    PriorTask,
    PriorTrainingConfig,
    assemble,
    load_prior,
    sample_prior,
)
from scripts.training.scenes import make_scenes
from scripts.training.splitter import SplitterConfig, SplitterTask, load_splitter
from tests.python.toy_scenes import ToyComposer, take_steps, toy_tokenizer

E, W, K = 8, 16, 2
X = (1 + K) * E  # numbers in a sample: a scene and its things
TINY = PriorConfig(embedding=E, text_width=W, width=32, layers=2, heads=2)


def text_input(batch: int, length: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch)
    states = torch.randn(batch, length, W, generator=generator)
    mask = torch.arange(length).expand(batch, length) < 3
    return F.normalize(torch.randn(batch, E, generator=generator), dim=-1), states, mask


def tiny_prior() -> Prior:
    torch.manual_seed(0)
    network = Prior(ThingPrior(TINY), Splitter(E, W, 1, 2, K), Composition(E, W, 24, 1, K)).eval()
    torch.nn.init.normal_(network.things.out.weight, std=0.2)
    torch.nn.init.normal_(network.composition.modulation.weight, std=0.2)
    torch.nn.init.normal_(network.splitter.out.weight, std=2.0)  # of about unit norm: things that are there
    return network


def test_masked_tokens_and_padding_change_nothing():
    prior = tiny_prior()
    x, t = torch.randn(2, X), torch.tensor([3, 900])
    text, states, mask = text_input(2)
    expected = prior(x, t, text, states, mask)
    garbage = states.masked_fill(~mask[..., None], 7.0)
    torch.testing.assert_close(prior(x, t, text, garbage, mask), expected)
    torch.testing.assert_close(prior(x, t, text, states[:, :3], mask[:, :3]), expected)


def test_every_input_matters():
    prior = tiny_prior()
    x, t = torch.randn(1, X), torch.tensor([500])
    text, states, mask = text_input(1)
    base = prior(x, t, text, states, mask)
    for changed in (
        prior(x + 1, t, text, states, mask),
        prior(torch.cat([x[:, :E] + 1, x[:, E:]], dim=1), t, text, states, mask),
        prior(torch.cat([x[:, :E], x[:, E:] + 1], dim=1), t, text, states, mask),
        prior(x, t + 100, text, states, mask),
        prior(x, t, -text, states, mask),
        prior(x, t, text, -states, mask),
        prior(x, t, text, states, torch.zeros_like(mask)),
    ):
        assert (changed - base)[:, :E].abs().max() > 1e-4


def test_each_thing_comes_from_its_own_noise_and_its_own_text():
    prior = tiny_prior()
    x, t, text = torch.randn(3, X), torch.tensor([0, 500, 999]), text_input(3)
    things = prior(x, t, *text)[:, E:].view(3, K, E)
    texts = prior.splitter(*text)
    for k in range(K):
        expected = prior.things(x.view(3, 1 + K, E)[:, 1 + k], t, texts[:, k])
        torch.testing.assert_close(things[:, k], expected)


def test_a_thing_of_which_the_text_says_nothing_has_no_part_in_the_scene():
    prior = tiny_prior()
    x, t, text = torch.randn(1, X), torch.tensor([500]), text_input(1)
    prior.splitter.forward = lambda *_: torch.stack([text[0], torch.full((1, E), 0.05)], dim=1)
    base = prior(x, t, *text)
    x[:, 2 * E :] += 1
    changed = prior(x, t, *text)
    assert torch.equal(changed[:, :E], base[:, :E])
    assert (changed - base)[:, 2 * E :].abs().max() > 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_prior_takes_any_batch_and_no_text_at_all(dtype):
    script = torch.jit.script(tiny_prior().to(dtype))
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
            assert prediction.shape == (batch, X) and prediction.dtype == dtype
            assert prediction.isfinite().all()


def test_the_linear_baseline_finds_a_linear_relation():
    generator = torch.Generator().manual_seed(0)
    text = torch.randn(500, 8, generator=generator)
    weights, offset = torch.randn(8, 8, generator=generator), torch.randn(8, generator=generator)
    found = linear_map(text, text @ weights + offset, ridge=0.0)
    torch.testing.assert_close(found[:-1], weights, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(found[-1], offset, atol=1e-3, rtol=1e-3)


def test_normalised_embeddings_have_mean_zero_deviation_one_and_are_clamped():
    prior = Normalised(torch.nn.Identity(), E)
    embeddings = torch.randn(1000, 8, generator=torch.Generator().manual_seed(0)) * 3 + 2
    prior.fit(embeddings)
    normalised = prior.normalise(embeddings)
    torch.testing.assert_close(normalised.mean(0), torch.zeros(8), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalised.std(0), torch.ones(8), atol=1e-5, rtol=0)
    assert float(prior.normalise(torch.full((1, 8), 1e6)).max()) == 10


def test_sampling_with_a_perfect_network_gives_the_embedding_back_de_normalised():
    prior = NormalisedPrior(tiny_prior(), E)
    prior.mean.fill_(0.5)
    prior.std.fill_(0.1)
    wanted = torch.randn(2, X, generator=torch.Generator().manual_seed(0))
    prior.network.forward = lambda x, t, *text: wanted  # x0-prediction that is always right
    sampled = sample_prior(prior, Schedule.squaredcos_cap_v2(), text_input(2), 5, torch.Generator())
    torch.testing.assert_close(sampled, wanted[:, :E] * 0.1 + 0.5, atol=1e-4, rtol=1e-3)


def test_things_that_are_not_there_are_zeros_in_a_sample():
    prior = NormalisedPrior(tiny_prior(), E)
    prior.mean.fill_(0.5)
    things, present = torch.ones(2, K, E), torch.tensor([[True, False], [True, True]])
    sample = prior.joint(torch.ones(2, E), things, present).view(2, 1 + K, E)
    assert sample[..., 0].tolist() == [[0.5, 0.5, 0.0], [0.5, 0.5, 0.5]]


def test_the_summary_of_a_text_tells_its_beginning_from_its_end():
    states = torch.tensor([[[1.0], [2.0], [9.0]], [[2.0], [1.0], [9.0]], [[0.0], [0.0], [0.0]]])
    mask = torch.tensor([[True, True, False], [True, True, False], [False, False, False]])
    half = 0.5 * 0.5**0.5  # cos(pi / 4) = -cos(3 pi / 4), a mean over two tokens
    expected = torch.tensor([[1.5, -half], [1.5, half], [0.0, 0.0]])
    torch.testing.assert_close(summary(states, mask), expected)


def test_parts_of_other_units_are_refused(tmp_path):
    composition = Normalised(Composition(E, W, 24, 1, K), E)
    composition.std.fill_(2.0)
    config = {"layers": 1, "blocks": 1}
    save_checkpoint(tmp_path / "composition", {"ema": composition.state_dict(), "config": config})
    save_checkpoint(tmp_path / "splitter", {"ema": tiny_prior().splitter.state_dict(), "config": config})
    with pytest.raises(SystemExit, match="composition: trained with other means"):
        assemble(Normalised(ThingPrior(TINY), E), tmp_path / "splitter", tmp_path / "composition")


class ToyPairs(ToyComposer):
    """Two squares of different colours in corners; one in a quarter of the scenes."""

    def sample(self, rng: np.random.Generator):
        first, second = super().sample(rng), super().sample(rng)
        if rng.random() < 0.25 or set(first.concepts) & set(second.concepts):
            return first
        first.picture = np.maximum(first.picture, second.picture)
        first.caption += " and " + second.caption
        first.concepts = [*first.concepts, *second.concepts]
        return first

    def mentioned(self, scene, text: str) -> list[tuple[str, str]]:
        return [(colour, f"a {colour} square") for colour in scene.concepts[::2]]


@pytest.mark.slow
def test_a_scene_of_two_things_is_learned_from_texts_about_each_and_loaded_again(tmp_path):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, W, 1, 2, E)).eval().requires_grad_(False)
    torch.nn.init.normal_(encoder.tokens.weight)
    torch.nn.init.normal_(encoder.positions)

    def corner_encoder(pictures: torch.Tensor) -> torch.Tensor:
        """What is where, linearly: an image encoder whose embeddings are known."""
        means = F.adaptive_avg_pool2d(pictures[:, :3], 2).flatten(1)[:, :E] + 1
        return F.normalize(means - means.mean(1, keepdim=True) + 0.05, dim=-1)

    stand_in = torch.nn.Module()
    stand_in.forward = corner_encoder
    sets = [
        make_pairs(make_scenes(ToyPairs(), stand_in, count, captions=1, seed=seed), tokenizer, encoder, 1)
        for count, seed in ((512, 1), (64, 2))
    ]
    steps = {}

    def trained(name: str, task_of, config_of, **options):
        config = config_of(work=tmp_path / name, batch=64, **options)
        task = task_of(config, *sets)
        take_steps(task, torch.optim.Adam(task.module.parameters(), 3e-3), 250)
        steps[name] = task.evaluate(task.module.eval())
        save_checkpoint(config.work, {"ema": task.module.state_dict(), "config": config_to_dict(config)})
        return task

    splitter = trained("splitter", SplitterTask, SplitterConfig, layers=1)
    assert steps["splitter"]["cosine_of_two"] > 0.8 and steps["splitter"]["right_number"] > 0.8
    text = sets[1].text(np.arange(4))
    torch.testing.assert_close(load_splitter(tmp_path / "splitter")(*text), splitter.module(*text))

    composition = trained(
        "composition", CompositionTask, CompositionConfig, width=32, blocks=1, noise=0.2, least_noise=0.1
    )
    assert steps["composition"]["cosine_at_999"] > max(0.75, steps["composition"]["linear_cosine"])
    assert steps["composition"]["cosine_at_300"] > steps["composition"]["cosine_at_999"]
    given = torch.randn(4, E), torch.full((4,), 500), torch.randn(4, K, E), *text
    expected = composition.module(*given)
    torch.testing.assert_close(load_composition(tmp_path / "composition")(*given), expected)

    prior = trained("prior", PriorTask, PriorTrainingConfig, width=32, layers=2, sample_steps=5)
    assert steps["prior"]["cosine"] > steps["prior"]["linear_cosine"] + 0.2
    whole = load_prior(tmp_path / "prior")
    torch.testing.assert_close(whole.mean, composition.module.mean)
    x, t = torch.randn(4, E), torch.full((4,), 500)
    torch.testing.assert_close(whole.network.things(x, t, text[0]), prior.module(x, t, text[0]))

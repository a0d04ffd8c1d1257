"""The prior and its parts: splitter, prior of single parts, layout; and what they learn where the answer is known."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.networks.layout import Layout, summary
from scripts.networks.places import BACKGROUND, LAYOUT, PARTS, to_vector
from scripts.networks.prior import PartPrior, Prior, PriorConfig
from scripts.networks.splitter import Splitter
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.checkpoint import save_checkpoint
from scripts.training.config import config_to_dict
from scripts.training.diffusion import Schedule
from scripts.training.layout import LayoutConfig, LayoutTask, compare, load_layout
from scripts.training.normalised import Normalised
from scripts.training.pairs import make_pairs
from scripts.training.parts import make_parts
from scripts.training.prior import PriorTask, PriorTrainingConfig, linear_map, load_prior, sample_parts
from scripts.training.splitter import SplitterConfig, SplitterTask, load_splitter
from tests.python.toy_scenes import ToyComposer, place_of, take_steps, toy_tokenizer

E, W = 8, 16
X = PARTS * E  # where the layout begins in a sample
TINY = PriorConfig(embedding=E, text_width=W, width=32, layers=2, heads=2)


def text_input(batch: int, length: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch)
    states = torch.randn(batch, length, W, generator=generator)
    mask = torch.arange(length).expand(batch, length) < 3
    return F.normalize(torch.randn(batch, E, generator=generator), dim=-1), states, mask


def tiny_prior() -> Prior:
    torch.manual_seed(0)
    parts, splitter, layout = PartPrior(TINY), Splitter(E, W, 1, 2, PARTS), Layout(E, W, 24, 1, PARTS, LAYOUT)
    network = Prior(parts, splitter, layout, torch.full((E,), 0.1), torch.full((E,), 0.5)).eval()
    torch.nn.init.normal_(network.part.out.weight, std=0.2)
    torch.nn.init.normal_(network.layout.blocks[0].modulation.weight, std=0.2)
    torch.nn.init.normal_(network.layout.blocks[0].second.weight, std=0.2)
    torch.nn.init.normal_(network.splitter.out.weight, std=2.0)  # of about unit norm: parts that are there
    return network


def sample_like(batch: int) -> torch.Tensor:
    return torch.randn(batch, X + LAYOUT, generator=torch.Generator().manual_seed(1))


def test_masked_tokens_and_padding_change_nothing():
    prior = tiny_prior()
    x, t = sample_like(2), torch.tensor([3, 900])
    text, states, mask = text_input(2)
    expected = prior(x, t, text, states, mask)
    garbage = states.masked_fill(~mask[..., None], 7.0)
    torch.testing.assert_close(prior(x, t, text, garbage, mask), expected)
    torch.testing.assert_close(prior(x, t, text, states[:, :3], mask[:, :3]), expected)


def test_every_input_matters_to_the_parts_and_to_the_layout():
    prior = tiny_prior()
    x, t = sample_like(1), torch.tensor([500])
    text, states, mask = text_input(1)
    base = prior(x, t, text, states, mask)
    for changed in (
        prior(torch.cat([x[:, :X] + 1, x[:, X:]], dim=1), t, text, states, mask),
        prior(x, t + 100, text, states, mask),
        prior(x, t, -text, states, mask),
        prior(x, t, text, -states, mask),
        prior(x, t, text, states, torch.zeros_like(mask)),
    ):
        assert (changed - base)[:, :X].abs().max() > 1e-4 and (changed - base)[:, X:].abs().max() > 1e-4
    elsewhere = prior(torch.cat([x[:, :X], x[:, X:] + 1], dim=1), t, text, states, mask)
    assert torch.equal(elsewhere[:, :X], base[:, :X]) and (elsewhere - base)[:, X:].abs().max() > 1e-4


def test_each_part_comes_from_its_own_noise_and_its_own_text():
    prior = tiny_prior()
    x, t, text = sample_like(3), torch.tensor([0, 500, 999]), text_input(3)
    parts = prior(x, t, *text)[:, :X].view(3, PARTS, E)
    texts = prior.splitter(*text)
    for k in range(PARTS):
        expected = prior.part(x[:, :X].view(3, PARTS, E)[:, k], t, texts[:, k])
        torch.testing.assert_close(parts[:, k], expected)


def test_rows_of_one_text_and_texts_in_any_order_are_split_as_each_by_itself():
    prior = tiny_prior()
    text, states, mask = (part[[0, 0, 1, 2, 2, 0]] for part in text_input(3))
    text[3:5], states[3:5], mask[3:5] = 0, 0, False
    together = prior.split(text, states, mask)
    for row in range(6):
        alone = prior.split(text[row : row + 1], states[row : row + 1], mask[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone)
    assert together[0].any() and not together[3:5].any()


def test_a_part_of_which_the_text_says_nothing_is_zeros_and_has_no_say_in_the_layout():
    prior = tiny_prior()
    x, t, text = sample_like(1), torch.tensor([500]), text_input(1)
    said = torch.full((1, PARTS, E), 0.05)
    said[:, 0] = text[0]
    prior.splitter.forward = lambda *_: said
    base = prior(x, t, *text)
    x[:, E:X] += 1
    changed = prior(x, t, *text)
    assert torch.equal(changed, base) and not base[:, E:X].any()
    x[:, :E] += 1
    assert (prior(x, t, *text) - base)[:, X:].abs().max() > 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_prior_takes_any_batch_and_no_text_at_all(dtype):
    script = torch.jit.script(tiny_prior().to(dtype))
    for batch in (1, 3):
        x, t = sample_like(batch).to(dtype), torch.full((batch,), 999)
        text, states, mask = text_input(batch)
        nothing = (
            torch.zeros_like(text).to(dtype),
            torch.zeros_like(states).to(dtype),
            torch.zeros_like(mask),
        )
        for inputs in ((text.to(dtype), states.to(dtype), mask), nothing):
            prediction = script(x, t, *inputs)
            assert prediction.shape == x.shape and prediction.dtype == dtype
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
    wanted = torch.randn(2, E, generator=torch.Generator().manual_seed(0))
    prior = Normalised(torch.nn.Identity(), E)
    prior.network.forward = lambda x, t, text: wanted  # x0-prediction that is always right
    prior.mean.fill_(0.5)
    prior.std.fill_(0.1)
    sampled = sample_parts(prior, Schedule.squaredcos_cap_v2(), torch.zeros(2, E), 5)
    torch.testing.assert_close(sampled, wanted * 0.1 + 0.5, atol=1e-4, rtol=1e-3)


def test_the_summary_of_a_text_tells_its_beginning_from_its_end():
    states = torch.tensor([[[1.0], [2.0], [9.0]], [[2.0], [1.0], [9.0]], [[0.0], [0.0], [0.0]]])
    mask = torch.tensor([[True, True, False], [True, True, False], [False, False, False]])
    half = 0.5 * 0.5**0.5  # cos(pi / 4) = -cos(3 pi / 4), a mean over two tokens
    expected = torch.tensor([[1.5, -half], [1.5, half], [0.0, 0.0]])
    torch.testing.assert_close(summary(states, mask), expected)


def test_layouts_are_compared_by_number_background_and_distance():
    left, right = place_of("top left"), place_of("top right")  # half a frame apart
    one, moved = to_vector([[left]], False), to_vector([[right]], False)
    two, behind = to_vector([[left, right]], False), to_vector([[left]], True)
    sampled, truth = (
        torch.from_numpy(np.stack(rows)) for rows in ((one, one, one, one), (one, moved, two, behind))
    )
    assert compare(sampled, truth) == {
        "right_numbers": 0.75,
        "right_background": 0.75,
        "distance": pytest.approx(1 / 6),
    }


class ToyPairs(ToyComposer):
    """Two squares of different colours in corners; one in a quarter of the scenes."""

    def sample(self, rng: np.random.Generator, painted: bool = True):
        first, second = super().sample(rng), super().sample(rng)
        if rng.random() < 0.25 or set(first.concepts) & set(second.concepts):
            return first
        first.picture = np.maximum(first.picture, second.picture)
        first.caption += " and " + second.caption
        first.concepts = [*first.concepts, *second.concepts]
        return first


@pytest.mark.slow
def test_a_scene_of_two_things_is_learned_from_texts_about_each_and_loaded_again(tmp_path):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, W, 1, 2, E)).eval().requires_grad_(False)
    torch.nn.init.normal_(encoder.tokens.weight)
    torch.nn.init.normal_(encoder.positions)
    for weight in encoder.blocks.parameters():
        if weight.dim() == 2:  # texts differ
            torch.nn.init.normal_(weight, std=0.5)

    def corner_encoder(pictures: torch.Tensor) -> torch.Tensor:
        """What is where, linearly: an image encoder whose embeddings are known."""
        means = F.adaptive_avg_pool2d(pictures[:, :3], 2).flatten(1)[:, :E] + 1
        return F.normalize(means - means.mean(1, keepdim=True) + 0.05, dim=-1)

    stand_in = torch.nn.Module()
    stand_in.forward = corner_encoder
    sets = [
        make_pairs(make_parts(ToyPairs(), stand_in, count, captions=1, seed=seed), tokenizer, encoder, 1)
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
    assert steps["splitter"]["cosine_of_several"] > 0.8 and steps["splitter"]["right_parts"] > 0.8
    text = sets[1].text(np.arange(4))
    torch.testing.assert_close(load_splitter(tmp_path / "splitter")(*text), splitter.module(*text))

    layout = trained("layout", LayoutTask, LayoutConfig, width=48, blocks=2, noise=0.1)
    assert steps["layout"]["right_numbers"] > 0.9 and steps["layout"]["right_background"] == 1
    assert steps["layout"]["distance"] < 0.2, "of corners that are half a frame apart"
    given = torch.randn(4, LAYOUT), torch.full((4,), 500), torch.randn(4, PARTS, E), *text
    torch.testing.assert_close(load_layout(tmp_path / "layout")(*given), layout.module(*given))

    prior = trained("prior", PriorTask, PriorTrainingConfig, width=32, layers=2, text_noise=0.02)
    assert (
        steps["prior"]["cosine"] > 0.9
        and steps["prior"]["one_step_cosine"] > steps["prior"]["text_itself_cosine"]
    )
    whole = load_prior(tmp_path / "prior")
    torch.testing.assert_close(whole.std, prior.module.std)
    x, t = torch.randn(4, E), torch.full((4,), 500)
    torch.testing.assert_close(whole.part(x, t, text[0]), prior.module(x, t, text[0]))
    sample = whole(torch.randn(4, X + LAYOUT), torch.full((4,), 999), *text)
    assert (sample[:, X + BACKGROUND] < 0).all(), "no toy scene has a background"

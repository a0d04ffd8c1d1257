"""Diffusion arithmetic against closed forms and against diffusers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddim import betas_for_alpha_bar, rescale_zero_terminal_snr

from scripts.training.diffusion import (
    Schedule,
    drop,
    lognormal_timesteps,
    loss_weight,
    squaredcos_cap_v2_betas,
    stratified_timesteps,
)


@pytest.mark.parametrize("zero_terminal_snr", [False, True])
def test_the_schedule_equals_diffusers(zero_terminal_snr):
    betas = betas_for_alpha_bar(1000).double()
    betas = rescale_zero_terminal_snr(betas) if zero_terminal_snr else betas
    expected = torch.cumprod(1 - betas, 0).sqrt()
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr)
    assert torch.allclose(schedule.alphas.double(), expected, atol=2e-6)


def test_betas_are_capped_and_alpha_bar_follows_the_cosine_before_the_cap():
    betas = squaredcos_cap_v2_betas(1000)
    assert betas.max() == 0.999
    cosine = np.cos((np.arange(1, 1001) / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2
    start = np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    assert np.allclose(np.cumprod(1 - betas)[:990], (cosine / start)[:990])


def test_zero_terminal_snr_ends_in_pure_noise_and_keeps_the_first_level():
    schedule, plain = Schedule.squaredcos_cap_v2(1000, True), Schedule.squaredcos_cap_v2(1000)
    assert schedule.alphas[-1] == 0 and schedule.sigmas[-1] == 1
    assert schedule.alphas[0] == pytest.approx(float(plain.alphas[0]))
    assert (schedule.alphas.diff() < 0).all()


def test_alpha_and_sigma_are_on_the_unit_circle_and_minus_one_is_clean():
    schedule = Schedule.squaredcos_cap_v2(1000, True)
    assert torch.allclose(schedule.alphas**2 + schedule.sigmas**2, torch.ones(1000), atol=1e-6)
    alpha, sigma = schedule.level(torch.tensor([-1, 999]), torch.zeros(2, 4, 8, 8))
    assert alpha.flatten().tolist() == [1.0, 0.0] and sigma.flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize("kind", ["x0", "epsilon", "v"])
def test_the_target_of_every_kind_gives_x0_and_epsilon_back(kind):
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=kind != "epsilon")
    t = torch.tensor([0, 10, 500, 900, 999 if kind != "epsilon" else 950])
    x0, noise = torch.randn(5, 4, 8, 8), torch.randn(5, 4, 8, 8)
    x = schedule.q_sample(x0, t, noise)
    got_x0, got_noise = schedule.to_x0_epsilon(kind, x, t, schedule.target(kind, x0, t, noise))
    assert torch.allclose(got_x0, x0, atol=1e-4)
    # at t = 0 almost no noise is in x, so float32 can't give it back from x0 exactly
    assert torch.allclose(got_noise, noise, atol=1e-4)


def test_loss_weights_of_all_kinds_mean_the_same_weight_of_the_error_of_x0():
    schedule = Schedule.squaredcos_cap_v2(1000)
    t = torch.arange(0, 1000, 37)
    snr = schedule.snr(t)
    alpha, sigma = schedule.level(t, snr)
    for weighting in ("min_snr", "min_snr_plus_one", "uniform_v"):
        of_x0 = loss_weight(weighting, "x0", snr)
        # an error d of x0 at fixed x_t is an error d / sigma of v and d * alpha / sigma of epsilon
        assert torch.allclose(loss_weight(weighting, "v", snr) / sigma**2, of_x0, rtol=1e-3)
        assert torch.allclose(loss_weight(weighting, "epsilon", snr) * (alpha / sigma) ** 2, of_x0, rtol=1e-3)
    assert torch.allclose(loss_weight("uniform_v", "v", snr), torch.ones_like(snr))


def test_only_weights_with_plus_one_train_the_timestep_without_signal():
    snr = torch.zeros(1)
    assert loss_weight("min_snr", "v", snr) == 0
    assert loss_weight("min_snr_plus_one", "v", snr) == 1


def test_timesteps_are_uniform_and_spread_over_the_batch():
    generator = torch.Generator().manual_seed(0)
    t = stratified_timesteps(10, 1000, generator, torch.device("cpu"))
    assert [int(value) // 100 for value in t] == list(range(10))


def test_dropping_zeroes_rows_and_masks():
    dropped = torch.tensor([True, False])
    assert drop(torch.ones(2, 3), dropped).sum(1).tolist() == [0, 3]
    assert drop(torch.ones(2, 3, dtype=torch.bool), dropped).any(1).tolist() == [False, True]


def test_lognormal_timesteps_have_the_wanted_noise_levels():
    schedule = Schedule.squaredcos_cap_v2(zero_terminal_snr=True)
    generator = torch.Generator().manual_seed(0)
    t = lognormal_timesteps(20_000, schedule, -1.2, 1.2, generator, torch.device("cpu"))
    levels = (schedule.sigmas / schedule.alphas).log()[t]
    wanted = torch.tensor([-1.2 - 1.2 * 0.6745, -1.2, -1.2 + 1.2 * 0.6745])  # quartiles of the normal
    torch.testing.assert_close(levels.quantile(torch.tensor([0.25, 0.5, 0.75])), wanted, atol=0.02, rtol=0)
    assert t.min() >= 0 and t.max() < 1000

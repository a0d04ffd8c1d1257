"""The Python samplers on Gaussian data, whose ideal denoiser is known, and against diffusers."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler

from scripts.sampling import (
    SAMPLERS,
    ddim,
    decoder_timesteps,
    network_predict,
    tail_timesteps,
    trailing_timesteps,
)
from scripts.training.diffusion import Schedule

MEAN, DEVIATION = 0.3, 0.5


def ideal_v(schedule: Schedule):
    """E[v | x_t] for x0 ~ N(MEAN, DEVIATION^2)."""

    def network(x, t):
        alpha, sigma = schedule.level(t, x)
        gain = alpha * DEVIATION**2 / (alpha**2 * DEVIATION**2 + sigma**2)
        x0 = MEAN + gain * (x - alpha * MEAN)
        return alpha * ((x - alpha * x0) / sigma) - sigma * x0

    return network


DETERMINISTIC = ("ddim", "dpm++2m")


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_samplers_turn_noise_into_the_gaussian_exactly_in_the_limit(name):
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=True)
    predict = network_predict(schedule, "v", ideal_v(schedule), clamp=None)
    x = torch.linspace(-3, 3, 13).view(-1, 1)
    result = SAMPLERS[name](predict, schedule, x, trailing_timesteps(1000, 250))
    # the probability-flow ODE maps N(0, 1) to N(MEAN, DEVIATION^2) linearly
    assert torch.allclose(result, MEAN + DEVIATION * x, atol=0.02)


def test_the_second_order_sampler_is_closer_in_few_steps():
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=True)
    predict = network_predict(schedule, "v", ideal_v(schedule), clamp=None)
    x = torch.linspace(-3, 3, 13).view(-1, 1)
    error = {}
    for name in DETERMINISTIC:
        result = SAMPLERS[name](predict, schedule, x, trailing_timesteps(1000, 16))
        error[name] = (result - MEAN - DEVIATION * x).abs().max()
    assert error["dpm++2m"] < 0.6 * error["ddim"]


def test_ancestral_ddim_keeps_mean_and_deviation():
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=True)
    predict = network_predict(schedule, "v", ideal_v(schedule), clamp=None)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20000, 1, generator=generator)
    result = ddim(
        predict,
        schedule,
        x,
        trailing_timesteps(1000, 100),
        eta=1.0,
        noise=lambda: torch.randn(x.shape, generator=generator),
    )
    assert result.mean().item() == pytest.approx(MEAN, abs=0.02)
    assert result.std().item() == pytest.approx(DEVIATION, rel=0.04)


def test_ddim_equals_diffusers_step_by_step():
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=True)
    reference = DDIMScheduler(
        1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
    )
    reference.set_timesteps(10)
    assert reference.timesteps.tolist() == trailing_timesteps(1000, 10)
    network = ideal_v(schedule)
    x = expected = torch.randn(4, 1, generator=torch.Generator().manual_seed(1))
    for t in reference.timesteps:
        expected = reference.step(network(expected, t.repeat(4)), int(t), expected).prev_sample
    got = ddim(network_predict(schedule, "v", network, clamp=None), schedule, x, trailing_timesteps(1000, 10))
    assert torch.allclose(got, expected, atol=1e-3)


def test_clamping_keeps_x_the_sum_of_x0_and_noise():
    schedule = Schedule.squaredcos_cap_v2(1000, zero_terminal_snr=True)
    predict = network_predict(schedule, "v", lambda x, t: torch.full_like(x, 9.0))
    x = torch.randn(3, 2)
    x0, epsilon = predict(x, 700)
    alpha, sigma = schedule.alphas[700], schedule.sigmas[700]
    assert x0.abs().max() <= 1
    assert torch.allclose(alpha * x0 + sigma * epsilon, x, atol=1e-5)


def test_timesteps_begin_at_pure_noise_and_a_tail_is_their_end():
    assert trailing_timesteps(1000, 4) == [999, 749, 499, 249]
    assert tail_timesteps([999, 749, 499, 249], 0.5) == [499, 249]
    assert tail_timesteps([999, 749, 499, 249], 0.3) == [499, 249]


def test_truncated_timesteps_leap_once_and_then_trail():
    assert decoder_timesteps(1000, 5, 399) == [999, 399, 299, 199, 99]
    assert decoder_timesteps(1000, 1, 399) == [999]
    assert decoder_timesteps(1000, 4, None) == [999, 749, 499, 249]

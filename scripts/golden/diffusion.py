"""Writes tests/golden/diffusion.json: what the schedulers of diffusers do, for the C++ samplers to match.

A case feeds random network outputs, one a step, to a scheduler and keeps x after every step. The network does not
look at x, so an error in one step cannot hide in the next.

Run: python -m scripts.golden.diffusion
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, SchedulerMixin, UnCLIPScheduler
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from torch import Tensor

SHAPE = [2, 3, 1, 2]
LATENT_DIFFUSION_BETAS = {"beta_start": 0.00085, "beta_end": 0.012}
PREDICTION_KINDS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}


@dataclass
class Case:
    """One sampling run; the C++ test reads the fields by these names."""

    name: str
    sampler: str
    schedule: str
    kind: str
    timesteps: list[int]
    zero_terminal_snr: bool = False
    eta: float = 0.0
    learned_variance: bool = False
    clamp: str = "none"
    clamp_range: float = 1.0
    output_scale: float = 1.0

    def scheduler_options(self) -> dict[str, object]:
        """The options that DDIM and DPM-Solver++ share; betas are set by use_double."""
        return {
            "prediction_type": PREDICTION_KINDS[self.kind],
            "thresholding": self.clamp == "dynamic",
            "sample_max_value": 1e9,
        }


def reference_betas(schedule: str, zero_terminal_snr: bool) -> Tensor:
    """In double: the schedulers' float32 products of 1000 factors are off by more than the tests allow."""
    options = LATENT_DIFFUSION_BETAS if schedule == "scaled_linear" else {}
    betas = DDIMScheduler(beta_schedule=schedule, **options).betas.double()
    return rescale_zero_terminal_snr(betas) if zero_terminal_snr else betas


def use_double(scheduler: SchedulerMixin, case: Case) -> None:
    scheduler.betas = reference_betas(case.schedule, case.zero_terminal_snr)
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)


Step = Callable[[int, Tensor, Tensor, Tensor], Tensor]  # (step, network output, x, noise) -> next x


def unclip_step(case: Case) -> Step:
    scheduler = UnCLIPScheduler(
        variance_type="learned_range" if case.learned_variance else "fixed_small_log",
        prediction_type=PREDICTION_KINDS[case.kind],
        clip_sample=case.clamp == "static",
        clip_sample_range=case.clamp_range,
    )
    use_double(scheduler, case)

    def step(k: int, output: Tensor, x: Tensor, noise: Tensor) -> Tensor:
        following = case.timesteps[k + 1] if k + 1 < len(case.timesteps) else None
        t = case.timesteps[k]
        # This scheduler takes no noise, only a generator: one that draws `noise` again.
        generator = torch.Generator().manual_seed(k)
        return scheduler.step(output, t, x, prev_timestep=following, generator=generator).prev_sample

    return step


def ddim_step(case: Case) -> Step:
    scheduler = DDIMScheduler(
        clip_sample=case.clamp == "static",
        clip_sample_range=case.clamp_range,
        timestep_spacing="trailing",
        **case.scheduler_options(),
    )
    use_double(scheduler, case)
    scheduler.set_timesteps(len(case.timesteps))
    assert scheduler.timesteps.tolist() == case.timesteps

    def step(k: int, output: Tensor, x: Tensor, noise: Tensor) -> Tensor:
        return scheduler.step(
            output,
            case.timesteps[k],
            x,
            eta=case.eta,
            use_clipped_model_output=True,
            variance_noise=noise if case.eta > 0 else None,
        ).prev_sample

    return step


def dpmpp_2m_step(case: Case) -> Step:
    scheduler = DPMSolverMultistepScheduler(**case.scheduler_options())
    use_double(scheduler, case)
    if case.zero_terminal_snr:
        scheduler.alphas_cumprod[-1] = 2**-24  # as the scheduler does when it rescales betas itself
    scheduler.set_timesteps(timesteps=case.timesteps)

    def step(k: int, output: Tensor, x: Tensor, noise: Tensor) -> Tensor:
        return scheduler.step(output, case.timesteps[k], x).prev_sample

    return step


STEPS: dict[str, Callable[[Case], Step]] = {"ddpm": unclip_step, "ddim": ddim_step, "dpm++2m": dpmpp_2m_step}


def unclip_timesteps(steps: int) -> list[int]:
    scheduler = UnCLIPScheduler()
    scheduler.set_timesteps(steps)
    return scheduler.timesteps.tolist()


def trailing(steps: int) -> list[int]:
    return list(range(999, -1, -(1000 // steps)))


def cases() -> list[Case]:
    cosine = "squaredcos_cap_v2"
    return [
        Case(
            "prior", "ddpm", cosine, "x0", unclip_timesteps(8), clamp="static", output_scale=5, clamp_range=10
        ),
        Case(
            "decoder", "ddpm", cosine, "epsilon", unclip_timesteps(9), learned_variance=True, clamp="static"
        ),
        Case("super-resolution", "ddpm", cosine, "epsilon", unclip_timesteps(7), clamp="static"),
        Case("DDIM", "ddim", "linear", "epsilon", trailing(10)),
        Case("DDIM with noise", "ddim", "scaled_linear", "epsilon", trailing(10), eta=0.7, clamp="static"),
        Case("DDIM with dynamic thresholding", "ddim", cosine, "v", trailing(8), clamp="dynamic"),
        Case("DDIM from zero SNR", "ddim", cosine, "v", trailing(10), zero_terminal_snr=True, eta=1.0),
        Case("DPM-Solver++", "dpm++2m", "linear", "epsilon", [999, 740, 500, 270, 100, 20, 3]),
        Case("DPM-Solver++ in 20 steps", "dpm++2m", cosine, "x0", trailing(20)),
        Case("DPM-Solver++ from zero SNR", "dpm++2m", cosine, "v", trailing(8), zero_terminal_snr=True),
    ]


def numbers(values: Tensor) -> list[float]:
    """Nine digits hold a float32 exactly."""
    return [float(f"{value:.9g}") for value in values.flatten().tolist()]


def noise_of_step(k: int) -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(k))


def run(case: Case, seed: int) -> dict[str, object]:
    generator = torch.Generator().manual_seed(seed)
    steps = len(case.timesteps)
    output_shape = [SHAPE[0], SHAPE[1] * (2 if case.learned_variance else 1), *SHAPE[2:]]
    start = torch.randn(SHAPE, generator=generator)
    outputs = case.output_scale * torch.randn(steps, *output_shape, generator=generator)
    noise = [noise_of_step(k) for k in range(steps)]

    step = STEPS[case.sampler](case)
    x = start
    xs = []
    for k in range(steps):
        x = step(k, outputs[k], x, noise[k])
        xs.append(x)
    return {
        **vars(case),
        "x": numbers(start),
        "outputs": [numbers(output) for output in outputs],
        "noise": [numbers(draw) for draw in noise] if case.sampler == "ddpm" or case.eta > 0 else [],
        "expected": [numbers(x) for x in xs],
    }


def schedule_samples() -> list[dict[str, object]]:
    """alpha_bar at some timesteps of every schedule."""
    at = [0, 1, 10, 100, 500, 900, 990, 998, 999]
    rows = []
    for name in ("linear", "scaled_linear", "squaredcos_cap_v2"):
        for zero_terminal_snr in (False, True):
            alpha_bars = torch.cumprod(1 - reference_betas(name, zero_terminal_snr), dim=0)[at]
            rows.append({"name": name, "zero_terminal_snr": zero_terminal_snr, "timesteps": at,
                         "alpha_bars": numbers(alpha_bars)})  # fmt: skip
    return rows


def timestep_samples() -> list[dict[str, object]]:
    rows = []
    for spacing in ("linspace", "leading", "trailing"):
        for steps in (2, 3, 7, 16, 25, 27, 50, 250, 999, 1000):
            scheduler = DDIMScheduler(timestep_spacing=spacing)
            scheduler.set_timesteps(steps)
            rows.append({"spacing": spacing, "steps": steps, "timesteps": scheduler.timesteps.tolist()[:30]})
    for steps in (2, 7, 25, 50):
        rows.append({"spacing": "linspace", "steps": steps, "timesteps": unclip_timesteps(steps)[:30]})
    return rows


def generator_sample() -> dict[str, object]:
    generator = torch.Generator().manual_seed(1234)
    return {"seed": 1234, "shape": [4, 5, 5],
            "draws": [numbers(torch.randn(4, 5, 5, generator=generator)) for _ in range(2)]}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("tests/golden/diffusion.json"))
    out = parser.parse_args().out
    golden = {
        "shape": SHAPE,
        "schedules": schedule_samples(),
        "timesteps": timestep_samples(),
        "generator": generator_sample(),
        "cases": [run(case, seed) for seed, case in enumerate(cases())],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

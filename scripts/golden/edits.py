"""Writes tests/golden/edits.json: slerp, text diff, DDIM inversion and inpainting by their formulas, in plain Python.

The pictures are those of the tiny package; the noise is that of scripts/package/pipeline.py.

Run: python -m scripts.golden.edits
"""

import json
import math
from pathlib import Path

import torch
from torch import Tensor

from scripts.golden.thinned import thinned
from scripts.package.pipeline import Noise, Pipeline, to_clamp, to_schedule
from scripts.sampling import decoder_timesteps, network_predict, trailing_timesteps

PROMPTS = ["a red fox", "snow"]
SEEDS = [7, 4_000_000_000]
STEPS = 5
INVERSION_ITERATIONS = 2
KNOWN_SIZE = 256
SAMPLES = 97  # values kept of a tensor, evenly spread


def rounded(tensor: Tensor) -> list[float]:
    return [round(float(value), 6) for value in thinned(tensor, SAMPLES)]


def slerp(a: list[float], b: list[float], t: float) -> list[float]:
    """Shoemake 1985, on vectors of any length: sums and products of numbers, nothing elementwise by accident."""
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    angle = math.acos(dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b)))
    return [
        (math.sin((1 - t) * angle) * x + math.sin(t * angle) * y) / math.sin(angle)
        for x, y in zip(a, b, strict=True)
    ]


def text_diff(
    embedding: list[float], before: list[float], after: list[float], strength: float
) -> list[float]:
    """Ramesh et al. 2022, section 3.3."""
    difference = [y - x for x, y in zip(before, after, strict=True)]
    length = math.sqrt(sum(x * x for x in embedding) / sum(x * x for x in difference))
    return slerp(embedding, [x * length for x in difference], strength)


def wave(rows: int, width: int, speed: float) -> Tensor:
    """Numbers that C++ makes as well: sin(speed * k), k = 1, 2, …"""
    return torch.sin(speed * torch.arange(1, rows * width + 1, dtype=torch.float64)).view(rows, width)


def known_picture(size: int) -> Tensor:
    """A premultiplied picture [1, 4, size, size] in [-1, 1]: ramps over an opaque ground."""
    ramp = torch.linspace(-1, 1, size)
    x, y = ramp.view(1, -1).expand(size, size), ramp.view(-1, 1).expand(size, size)
    return torch.stack([x, y, -x, torch.ones(size, size)])[None]


def known_mask(size: int) -> Tensor:
    """1 in the right half, where it is drawn anew."""
    return (torch.arange(size) >= size // 2).float().view(1, 1, 1, size).expand(1, 1, size, size).contiguous()


def inpaint(predict, schedule, x: Tensor, noise: Tensor, timesteps: list[int]) -> Tensor:
    """DDIM with the known part put back after every step (Lugmayr et al. 2022, equation 8)."""
    size = x.shape[-1]
    picture = torch.nn.functional.adaptive_avg_pool2d(known_picture(KNOWN_SIZE), size)
    mask = torch.nn.functional.adaptive_avg_pool2d(known_mask(KNOWN_SIZE), size)
    for t, t_next in zip(timesteps, timesteps[1:] + [-1], strict=True):
        x0, epsilon = predict(x, t)
        alpha, sigma = (1.0, 0.0) if t_next < 0 else (schedule.alphas[t_next], schedule.sigmas[t_next])
        drawn = alpha * x0 + sigma * epsilon
        known = alpha * picture + sigma * noise
        x = mask * drawn + (1 - mask) * known
    return x


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    pipeline = Pipeline(root / "tests/fixtures/tiny")
    a, b = wave(2, 32, 0.7), wave(2, 32, 1.9)
    ways = [0.0, 0.25, 0.5, 1.0]
    golden = {
        "ways": ways,
        "slerp": [[slerp(p, q, t) for t in ways] for p, q in zip(a.tolist(), b.tolist(), strict=True)],
        "text_diff": text_diff(a[0].tolist(), a[1].tolist(), b[1].tolist(), 0.4),
        "prompts": PROMPTS,
        "seeds": SEEDS,
        "steps": STEPS,
        "known_size": KNOWN_SIZE,
    }
    decoder = pipeline.part("decoder")
    schedule = to_schedule(decoder)
    timesteps = decoder_timesteps(schedule.num_timesteps, STEPS, decoder["truncate_at"])
    with torch.no_grad():
        condition = pipeline.encode(PROMPTS)
        condition.image_embedding = torch.nn.functional.normalize(wave(2, 32, 0.7).float())

        def network(x: Tensor, t: Tensor) -> Tensor:
            return pipeline.call(decoder, x, t, *condition.arguments())

        noise = Noise(SEEDS, "decoder")(4, 64, 64)
        predict = network_predict(schedule, decoder["prediction"], network, to_clamp(decoder))
        small = inpaint(predict, schedule, noise, noise, timesteps)
        golden["inpainted"] = rounded(small)

        upsampler = pipeline.part("upsampler")
        large_schedule, start = to_schedule(upsampler), upsampler["start"]["timestep"]
        large_steps = trailing_timesteps(start + 1, 2)
        large_noise = Noise(SEEDS, "upsampler")(4, KNOWN_SIZE, KNOWN_SIZE)
        resized = torch.nn.functional.interpolate(
            small, (KNOWN_SIZE, KNOWN_SIZE), mode="bicubic", align_corners=False
        )
        x = large_schedule.alphas[start] * resized + large_schedule.sigmas[start] * large_noise
        large_predict = network_predict(
            large_schedule,
            upsampler["prediction"],
            lambda x, t: pipeline.call(upsampler, x, t, small),
            1.0,
        )
        golden["inpainted_large"] = rounded(
            inpaint(large_predict, large_schedule, x, large_noise, large_steps)
        )

        unclamped = network_predict(schedule, decoder["prediction"], network, None)
        golden["inverted"] = rounded(invert(unclamped, schedule, small, timesteps))
    (root / "tests/golden/edits.json").write_text(json.dumps(golden, indent=1) + "\n")


def invert(predict, schedule, x: Tensor, timesteps: list[int]) -> Tensor:
    """Solves each step x' = alpha' x0(x) + sigma' epsilon(x) of DDIM for x by fixed-point iteration."""
    alpha_cleaner, sigma_cleaner = 1.0, 0.0
    for t in reversed(timesteps):
        alpha, sigma = float(schedule.alphas[t]), float(schedule.sigmas[t])
        guess = x
        for _ in range(INVERSION_ITERATIONS):
            x0, epsilon = predict(guess, t)
            if alpha < sigma and sigma_cleaner > 0:  # epsilon = (x' - alpha' x0) / sigma'
                guess = alpha * x0 + sigma * (x - alpha_cleaner * x0) / sigma_cleaner
            else:  # x0 = (x' - sigma' epsilon) / alpha'
                guess = alpha * (x - sigma_cleaner * epsilon) / alpha_cleaner + sigma * epsilon
        x, alpha_cleaner, sigma_cleaner = guess, alpha, sigma
    return x


if __name__ == "__main__":
    main()

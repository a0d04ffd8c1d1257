"""Where the defaults of a package come from: steps x sampler, and guidance x classifier scale, measured and plotted."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from scripts.evaluation.context import Context
from scripts.evaluation.distances import kid, recall
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sheets import plot
from scripts.package.settings import Settings
from scripts.sampling import SAMPLERS

SEED = 1213
REALS = 500  # real pictures to compare with
AS_GOOD = 0.98  # of the best agreement
AS_NEAR = 1.25  # times the smallest KID
AS_VARIED = 0.9  # of the largest recall
LABEL = {"facecolor": "white", "edgecolor": "none", "pad": 1}


@dataclass
class Point:
    settings: Settings
    agreement: float  # evaluator's cosine of picture and caption
    kid: float
    recall: float
    seconds: float  # a picture, in this process

    def to_json(self) -> dict[str, object]:
        s = self.settings
        chosen = {
            "sampler": s.sampler,
            "steps": s.steps,
            "guidance": s.guidance,
            "classifier_scale": s.classifier_scale,
        }
        return chosen | {
            "agreement": self.agreement,
            "kid": self.kid,
            "recall": self.recall,
            "seconds": self.seconds,
        }


def kid_noise(reals: Tensor, size: int) -> float:
    """Deviation of KID between `size` real pictures and the others: what a difference must exceed to mean anything."""
    rng = np.random.default_rng(SEED)
    size = min(size, len(reals) // 2)
    orders = [torch.from_numpy(rng.permutation(len(reals))) for _ in range(8)]
    return float(np.std([kid(reals[order[:size]], reals[order[size:]]) for order in orders]))


def measure_points(context: Context, choices: list[Settings]) -> tuple[list[Point], float]:
    """A point for each choice, and the noise of their KID."""
    scenes = context.scenes(context.scale.sweep, SEED)
    captions = [scene.caption for scene in scenes]
    text = context.evaluator.texts(captions)
    reals = context.evaluator.pictures(np.stack([s.picture for s in context.scenes(REALS, SEED + 1)]))
    points = []
    for number, settings in enumerate(choices, 1):
        title = f"{number}/{len(choices)} {settings.sampler} {settings.steps}"
        start = time.perf_counter()
        made = context.evaluator.pictures(context.paint(title, captions, 1, settings))
        seconds = (time.perf_counter() - start) / len(captions)
        agreement = float((made * text).sum(1).mean())
        points.append(Point(settings, agreement, kid(made, reals), recall(reals, made), seconds))
    return points, kid_noise(reals, len(captions))


def cheapest(points: list[Point], noise: float) -> Point:
    """The fewest steps that are nearly as good as the best in both measures, else in agreement."""
    best, nearest = max(p.agreement for p in points), min(p.kid for p in points)
    good = [p for p in points if p.agreement >= AS_GOOD * best]
    near = [p for p in good if p.kid <= AS_NEAR * max(nearest, 0) + noise]
    return min(near or good, key=lambda p: (p.settings.steps, -p.agreement))


def most_agreeing(points: list[Point], noise: float) -> Point:
    """The best agreement among the points that lose neither quality nor variety, else the smallest KID."""
    nearest, widest = min(p.kid for p in points), max(p.recall for p in points)
    kept = [
        p for p in points if p.kid <= AS_NEAR * max(nearest, 0) + noise and p.recall >= AS_VARIED * widest
    ]
    return max(kept, key=lambda p: p.agreement) if kept else min(points, key=lambda p: p.kid)


def measure_steps(context: Context) -> Result:
    choices = [
        replace(context.settings, sampler=sampler, steps=steps)
        for sampler in SAMPLERS
        for steps in context.scale.steps
    ]
    points, noise = measure_points(context, choices)
    best = cheapest(points, noise)

    def draw(figure) -> None:
        axes = figure.subplots(1, 2)
        for axis, (attribute, title) in zip(axes, (("agreement", "caption agreement"), ("kid", "KID"))):
            for sampler in SAMPLERS:
                own = [p for p in points if p.settings.sampler == sampler]
                axis.plot(
                    [p.settings.steps for p in own], [getattr(p, attribute) for p in own], "o-", label=sampler
                )
            axis.set_xscale("log", base=2)
            axis.set_xticks(context.scale.steps, context.scale.steps)
            axis.minorticks_off()
            axis.set_xlabel("steps")
            axis.set_title(title)
        axes[0].legend()

    suggestion = f"{best.settings.sampler}, {best.settings.steps} steps"
    return Result(
        [Row("suggested steps", best.settings.steps, note=suggestion)],
        {"points": [p.to_json() for p in points], "suggested": best.to_json(), "kid_noise": noise},
        {"steps.png": plot(draw)},
    )


def measure_guidance(context: Context) -> Result:
    scales = context.scale.classifier if "classifier" in context.pipeline.manifest["networks"] else (0.0,)
    grid = [(guidance, scale) for guidance in context.scale.guidance for scale in scales]
    points, noise = measure_points(
        context,
        [replace(context.settings, guidance=guidance, classifier_scale=scale) for guidance, scale in grid],
    )
    best = most_agreeing(points, noise)
    return Result(
        [
            Row("suggested guidance", best.settings.guidance, note="classifier-free"),
            Row("suggested classifier scale", best.settings.classifier_scale, note="0 is off"),
        ],
        {"points": [p.to_json() for p in points], "suggested": best.to_json(), "kid_noise": noise},
        {"guidance.png": _heat_maps(points, context.scale.guidance, scales)},
    )


def _heat_maps(points: list[Point], guidance: tuple[float, ...], scales: tuple[float, ...]) -> Image.Image:
    def draw(figure) -> None:
        measures = (("agreement", "caption agreement"), ("kid", "KID"), ("recall", "recall"))
        for axis, (attribute, title) in zip(figure.subplots(1, 3), measures):
            values = np.array([getattr(p, attribute) for p in points]).reshape(len(guidance), len(scales))
            axis.imshow(values, cmap="viridis_r" if attribute == "kid" else "viridis", aspect="auto")
            for (row, column), value in np.ndenumerate(values):
                axis.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=8, bbox=LABEL)
            axis.set_xticks(range(len(scales)), scales)
            axis.set_yticks(range(len(guidance)), guidance)
            axis.set_xlabel("classifier scale")
            axis.set_ylabel("guidance")
            axis.set_title(title)

    return plot(draw)

"""The six tasks of composition on pictures of plain prompts, and on real scenes of the same plans."""

from __future__ import annotations

import numpy as np

from scripts.data.spec import SceneSpec
from scripts.evaluation.context import Context
from scripts.evaluation.judges import TASKS, plain_prompt, wanted
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sheets import contact_sheet

SEED = 20_260
DRAWS = 50  # plans for each prompt before a small bank is taken to have no more


def plans(context: Context, task: str) -> list[SceneSpec]:
    """Plans with different prompts, the same on every run; a subject to paint always gets its colour."""
    composer, rng = context.composer(), np.random.default_rng([SEED, list(TASKS).index(task)])
    chosen: dict[str, SceneSpec] = {}
    for _ in range(DRAWS * context.scale.prompts):
        if len(chosen) == context.scale.prompts:
            break
        spec = composer.plan(rng, task)
        if TASKS[task].painted and not all(group.recoloured for group in spec.groups):
            continue
        chosen.setdefault(plain_prompt(spec, composer.bank.concepts), spec)
    return list(chosen.values())


def verdicts(context: Context, task: str, pictures: np.ndarray, specs: list[SceneSpec]) -> list[bool]:
    """One a picture; `specs` has one entry a picture."""
    judge = TASKS[task].judge
    found = context.detector.detect(pictures, TASKS[task].painted)
    return [
        judge(cuts, wanted(spec, context.recogniser), spec) for cuts, spec in zip(found, specs, strict=True)
    ]


def measure(context: Context, task: str) -> Result:
    composer, row = context.composer(), TASKS[task]
    specs = plans(context, task)
    prompts = [plain_prompt(spec, composer.bank.concepts) for spec in specs]
    real = np.stack([composer.render(spec) for spec in specs])
    each = context.scale.each
    repeated = [spec for spec in specs for _ in range(each)]
    pictures = context.paint(row.title, prompts, each)
    passed = verdicts(context, task, pictures, repeated)
    ceiling = np.mean(verdicts(context, task, real, specs))
    floor = np.mean(verdicts(context, task, real, specs[1:] + specs[:1]))
    labels = [f"{'+' if ok else '-'} {prompt}" for ok, prompt in zip(passed, np.repeat(prompts, each))]
    return Result(
        [Row(f"{row.title} (GenEval)", float(np.mean(passed)), float(ceiling), float(floor), row.dalle2,
             row.first_release, note=f"goal {row.goal:.2f}")],
        {"prompts": prompts, "passed": [int(ok) for ok in passed], "pictures_per_prompt": each},
        {
            f"{task}.png": contact_sheet(pictures, labels),
            f"{task}_real.png": contact_sheet(real, prompts),
        },
    )  # fmt: skip

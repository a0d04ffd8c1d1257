"""Pictures of captions of random scenes against other real scenes: quality and variety as distributions."""

from __future__ import annotations

import numpy as np

from scripts.evaluation.context import Context
from scripts.evaluation.distances import kid, recall
from scripts.evaluation.pictures import all_resized
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sheets import contact_sheet

SEED = 501


def blurred(pictures: np.ndarray, to: int = 32) -> np.ndarray:
    """Shrunk and enlarged again: visibly worse, and a yardstick for distances."""
    return all_resized(all_resized(pictures, to), pictures.shape[1])


def measure(context: Context) -> Result:
    count = context.scale.scenes
    told = context.scenes(count, SEED)  # their captions are the prompts
    other = context.scenes(count, SEED + 1)
    captions = [scene.caption for scene in told]
    pictures = context.paint("random scenes", captions)
    see = context.evaluator.pictures
    real = np.stack([scene.picture for scene in other])
    same = np.stack([scene.picture for scene in told])
    made, reals, sames, blurs = see(pictures), see(real), see(same), see(blurred(same))
    distance, yardstick = kid(made, reals), kid(blurs, reals)
    text = context.evaluator.texts(captions)
    recalled, possible = recall(reals, made), recall(reals, sames)
    return Result(
        [
            Row(f"KID x 1000, {count} pictures", 1000 * distance, 1000 * kid(sames, reals), target=500 * yardstick,
                at_most=True, note=f"real pictures blurred by half: {1000 * yardstick:.2f}"),
            Row("recall (k = 3)", recalled, possible, target=0.5 * possible),
            Row("precision (k = 3)", recall(made, reals), recall(sames, reals)),
            Row("caption agreement (evaluator cosine)", float((made * text).sum(1).mean()),
                float((sames * text).sum(1).mean()), float((sames.roll(1, 0) * text).sum(1).mean())),
        ],
        {"kid": distance, "kid_blurred": yardstick},
        {"random_scenes.png": contact_sheet(pictures, captions)},
    )  # fmt: skip

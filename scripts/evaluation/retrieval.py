"""Is the judge any good? Among 1,000 real test scenes the evaluator must find the one that a caption describes."""

from __future__ import annotations

import numpy as np

from scripts.evaluation.context import Context
from scripts.evaluation.distances import first_matches
from scripts.evaluation.results import Result, Row
from scripts.training.clip import equal_rows

SEED = 31


def measure(context: Context) -> Result:
    scenes = context.scenes(context.scale.retrieval, SEED, split="test")
    captions = [scene.caption for scene in scenes]
    images = context.evaluator.pictures(np.stack([scene.picture for scene in scenes]))
    texts = context.evaluator.texts(captions)
    same = equal_rows(captions)
    count = len(scenes)
    return Result(
        [
            Row(f"evaluator R@1 of {count} real test scenes, text to picture", first_matches(texts, images, same),
                target=0.8, note="says how far the other numbers can be trusted"),
            Row(f"evaluator R@1 of {count} real test scenes, picture to text", first_matches(images, texts, same)),
        ]
    )  # fmt: skip

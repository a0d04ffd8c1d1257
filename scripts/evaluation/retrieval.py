"""Is the judge any good? The evaluator must find, among 1,000 real test scenes, the one that a caption describes; the
recogniser must know things in drawings that it has nothing alike of."""

from __future__ import annotations

import numpy as np

from scripts.evaluation.concepts import accuracy, cells, drawings_of
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
    sprites = cells(context, "seen")
    known, _ = accuracy(context.recogniser, drawings_of(context, sprites), sprites, themselves=False)
    count = len(scenes)
    return Result(
        [
            Row(f"evaluator R@1 of {count} real test scenes, text to picture", first_matches(texts, images, same),
                target=0.8, note="says how far the other numbers can be trusted"),
            Row(f"evaluator R@1 of {count} real test scenes, picture to text", first_matches(images, texts, same)),
            Row("recogniser top-1, real drawings in a style that it lacks", float(np.mean(known)),
                chance=1 / len(context.recogniser.concepts), note="of concepts that it has in other styles"),
        ]
    )  # fmt: skip

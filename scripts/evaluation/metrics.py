"""The table of measurements. A new one: a file with `measure(context) -> Result`, and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from scripts.evaluation import (
    composition,
    concepts,
    copies,
    distribution,
    edges,
    prior,
    retrieval,
    sweeps,
    unseen_words,
    upsampling,
)
from scripts.evaluation.context import Context
from scripts.evaluation.judges import TASKS
from scripts.evaluation.results import Result


@dataclass(frozen=True)
class Metric:
    name: str
    summary: str
    measure: Callable[[Context], Result]
    needs: tuple[str, ...] = ()  # optional networks of the package


METRICS = (
    Metric("retrieval", "the evaluator on real scenes, before anything else", retrieval.measure),
    *(
        Metric(task, f"GenEval: {row.title}", partial(composition.measure, task=task))
        for task, row in TASKS.items()
    ),
    Metric("seen", "concept and style of seen combinations", partial(concepts.measure, kind="seen")),
    Metric("cells", "concept and style of held-out combinations", partial(concepts.measure, kind="cells")),
    Metric("concepts", "concepts that no trainer saw", partial(concepts.measure, kind="concepts")),
    Metric("copies", "training drawings among pictures of held-out combinations", copies.measure),
    Metric("words", "synonyms and other words, in many languages", unseen_words.measure),
    Metric("distribution", "KID, recall and precision", distribution.measure),
    Metric(
        "prior", "the prior's embeddings, and the decoder without them", prior.measure, ("image_encoder",)
    ),
    Metric("upsampler", "against bicubic enlargement", upsampling.measure, ("upsamplers",)),
    Metric("edges", "of stickers", edges.measure),
    Metric("steps", "steps x sampler", sweeps.measure_steps),
    Metric("guidance", "guidance x classifier scale", sweeps.measure_guidance),
)

"""Is the prior worth having? Its embeddings against true ones, and the decoder with and without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from scripts.evaluation.context import Context
from scripts.evaluation.distances import first_matches, kid
from scripts.evaluation.pictures import to_signed, to_uint8
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sheets import contact_sheet
from scripts.training.condition import Condition

SEED = 907
BATCH = 50


def embeddings(context: Context, captions: list[str], pictures: np.ndarray) -> tuple[list[Condition], Tensor]:
    """Conditions with sampled image embeddings, batch by batch, and the true embeddings."""
    pipeline, conditions, true = context.pipeline, [], []
    for start in tqdm(range(0, len(captions), BATCH), desc="prior", unit="batch", leave=False):
        condition = pipeline.encode(captions[start : start + BATCH])
        seeds = list(range(start, start + len(condition.mask)))
        conditions.append(pipeline.prior(condition, seeds, context.settings))
        true.append(pipeline.encode_pictures(to_signed(pictures[start : start + BATCH])))
    return conditions, torch.cat(true)


def measure(context: Context) -> Result:
    scenes = context.scenes(context.scale.prior, SEED, split="test")
    captions = [scene.caption for scene in scenes]
    pictures = np.stack([scene.picture for scene in scenes])
    conditions, true = embeddings(context, captions, pictures)
    sampled = torch.cat([condition.image_embedding for condition in conditions])
    text = torch.cat([condition.text_embedding for condition in conditions])
    rows = [
        Row("prior: cosine to the true embedding, held-out scenes", _cosine(sampled, true), 1.0,
            _cosine(sampled.roll(1, 0), true), target=0.75),
        Row("text embedding itself: cosine to the true embedding", _cosine(text, true)),
        Row("prior: variance of its embeddings, of the true ones'", float(sampled.var(0).sum() / true.var(0).sum()), 1.0),
    ]  # fmt: skip
    ablation = ablate(context, captions, pictures, conditions, true)
    return Result(rows + ablation.rows, ablation.details, ablation.pictures)


def ablate(
    context: Context, captions: list[str], real: np.ndarray, conditions: list[Condition], true: Tensor
) -> Result:
    """The same noise decoded from the prior's embedding, the text embedding in its place, none, and the true one."""
    count = min(context.scale.ablation, len(captions))
    sampled = torch.cat([condition.image_embedding for condition in conditions])[:count]
    text = torch.cat([condition.text_embedding for condition in conditions])[:count]
    ways = {
        "prior": sampled,
        "text embedding in its place": text,
        "text alone": torch.zeros_like(text),
        "true embedding": true[:count],
    }
    wanted = context.evaluator.texts(captions[:count])
    reals = context.evaluator.pictures(real)
    whole = Condition(*(torch.cat(parts)[:count] for parts in zip(*(c.arguments() for c in conditions))))
    elsewhere = replace(whole, sketch=None)  # only the prior has one
    table, tiles = {}, []
    for way, image in ways.items():
        known = whole if way == "prior" else elsewhere
        made = _decode(context, replace(known, image_embedding=image), way)
        seen = context.evaluator.pictures(made)
        table[way] = {
            "agreement": float((seen * wanted).sum(1).mean()),
            "recall1": first_matches(wanted, seen),
            "kid": kid(seen, reals),
        }
        tiles.append(made[:10])
    real_agreement = float((reals[:count] * wanted).sum(1).mean())
    rows = [Row(f"decoder from {way}: caption agreement", values["agreement"], real_agreement,
                note=f"R@1 {values['recall1']:.2f}, KID x 1000 {1000 * values['kid']:.1f}")
            for way, values in table.items()]  # fmt: skip
    rows[0].target = table["text embedding in its place"]["agreement"]  # the prior must win
    labels = [f"{way}: {caption}" for way in ways for caption in captions[:10]]
    return Result(rows, {"ablation": table}, {"prior.png": contact_sheet(np.concatenate(tiles), labels)})


def _decode(context: Context, condition: Condition, title: str) -> np.ndarray:
    made = []
    for start in tqdm(range(0, len(condition.mask), BATCH), desc=title, unit="batch", leave=False):
        part = condition.map(lambda rows, start=start: rows[start : start + BATCH])
        seeds = list(range(start, start + len(part.mask)))
        made.append(to_uint8(context.pipeline.decoder(part, seeds, context.settings)))
    return np.concatenate(made)


def _cosine(a: Tensor, b: Tensor) -> float:
    return float(F.cosine_similarity(a.cpu(), b.cpu()).mean())

"""Makes work folders of an exported package, so that training goes on where the trainers' own folders are gone.

    python -m scripts.training.from_package --package models/emoji --work DIR

Averaged fp16 weights are what a package has: optimisers start anew (the trainers warm up again), and CLIP, whose
distillation head is not exported and whose sketch is the fine one's, can be used by the other trainers but not trained
further.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from scripts.networks.packed_tokens import unpacked
from scripts.training.checkpoint import read_weights, save_checkpoint, under
from scripts.training.clip import ROLES, TUNED, Clip
from scripts.training.config import option, parse_config
from scripts.training.loop import HISTORY
from scripts.training.tokenizer import Tokenizer

TRAINING = "training.json"  # what every network's training was: a checkpoint's HISTORY and its config


@dataclass
class FromPackageConfig:
    package: Path = option(Path("models/emoji"), "package folder to read")
    work: Path = option(None, "folder in which to make the work folders; none of them may exist yet")


def with_prefix(prefix: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in weights.items()}


def clip_weights(package: Path, vocabulary: int, decoder: dict[str, Tensor]) -> dict[str, Tensor]:
    sketch = with_prefix("sketch.", under("sketch.sketch.", decoder))
    untrained = Clip(ROLES["generator"], vocabulary).state_dict()
    return (
        untrained
        | with_prefix("text.encoder.", unpacked(read_weights(package / "text_encoder.pt")))
        | with_prefix("image.", read_weights(package / "image_encoder.pt"))
        | sketch
    )


def prior_weights(package: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Tensor]]:
    """Of the networks in the prior's file; none of them where it is of an earlier design, to be trained anew."""
    weights = read_weights(package / "prior.pt")
    if not under("layout.", weights):
        print(f"{package / 'prior.pt'}: of an earlier design; splitter, layout and prior begin anew")
        return {}
    normalisation = {key: torch.tensor(manifest["embedding"][key]) for key in ("mean", "std")}
    return {
        "prior": with_prefix("network.", under("part.", weights)) | normalisation,
        "splitter": under("splitter.", weights),
        "layout": under("layout.", weights),
    }


def classifier_weights(package: Path, manifest: dict[str, Any]) -> dict[str, Tensor]:
    scale = torch.tensor(manifest["networks"]["classifier"]["logit_scale"]).log()
    weights = with_prefix("network.", read_weights(package / "classifier.pt"))
    return weights | {"log_scale": scale, "bias": torch.tensor(-10.0)}


def main() -> None:
    config = parse_config(FromPackageConfig, "", "Makes work folders of an exported package.")
    package = config.package
    manifest = json.loads((package / "model.json").read_text(encoding="utf-8"))
    training = json.loads((package / TRAINING).read_text(encoding="utf-8"))
    vocabulary = len(Tokenizer(package / "tokenizer.model"))
    decoder = read_weights(package / "decoder.pt")
    weights = {
        "clip": clip_weights(package, vocabulary, decoder),
        "sketch": under("sketch.", decoder),
        "decoder": decoder,
        **prior_weights(package, manifest),
    }
    for tuned in TUNED:  # CLIP as it was tuned; what came before is gone
        if tuned in training:
            weights[tuned] = weights["clip"]
    if manifest["networks"].get("upsamplers"):
        weights["upsampler"] = read_weights(package / "upsampler_256.pt")
    if manifest["networks"].get("classifier"):
        weights["classifier"] = classifier_weights(package, manifest)
    for name in weights:
        if (config.work / name).exists():
            raise SystemExit(f"{config.work / name}: is there already; move it away or choose another --work")
    for name, of_network in weights.items():
        history = {key: training[name][key] for key in (*HISTORY, "config")}
        save_checkpoint(config.work / name, history | {"weights": of_network, "ema": of_network})
    for name in weights.keys() & {"clip", *TUNED}:
        shutil.copyfile(package / "tokenizer.model", config.work / name / "tokenizer.model")


if __name__ == "__main__":
    main()

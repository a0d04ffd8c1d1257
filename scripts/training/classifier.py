"""Trains the classifier that guides sampling: the CLIP image encoder made to read noised pictures.

    python -m scripts.training.classifier --work DIR/classifier

It begins as the image encoder, sees x_t at the decoder's noise levels, and learns to agree with the frozen text
encoder (SigLIP's loss, as in scripts.training.clip) and with what the image encoder says of the clean picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.data.compose import Composer
from scripts.data.tensors import stacked, to_signed
from scripts.networks.classifier import Classifier
from scripts.networks.image_encoder import ImageEncoder
from scripts.networks.text_encoder import TextEncoder
from scripts.training.checkpoint import load_trained
from scripts.training.clip import ROLES, clip_folder, equal_rows, hits, image_config, load_clip, siglip_loss
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.diffusion import Schedule, stratified_timesteps
from scripts.training.loop import Task, train
from scripts.training.tokenizer import Tokenizer

EVALUATED_TIMESTEPS = (0, 200, 400, 600, 800, 950)


@dataclass
class ClassifierConfig(LoopConfig):
    steps: int = option(4000, "stop after this many optimiser steps in all")
    batch: int = option(128, "scenes in a step")
    lr: float = option(3e-4, "peak learning rate")
    clip: Path = option(None, "work folder of CLIP (default: ../clip from the work folder)")
    bank: Path = option(None, "sprite bank (default: ../bank)")
    curriculum: float = option(0.4, "share of composed scenes")
    imitation_weight: float = option(2.0, "weight of the cosine to the clean picture's embedding")
    held_out: int = option(512, "held-out scenes for evaluation")


class ScoredClassifier(nn.Module):
    """The network with the scale and bias of its contrastive loss, which aren't exported."""

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.network = network
        self.log_scale = nn.Parameter(torch.tensor(20.0).log())
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.network(x, t), self.log_scale.clamp(max=4.6).exp(), self.bias


def classifier_from(image_encoder: ImageEncoder) -> Classifier:
    """A classifier that gives the image encoder's embedding at every timestep until trained."""
    classifier = Classifier(image_config(ROLES["generator"]))
    missing, unexpected = classifier.trunk.load_state_dict(image_encoder.trunk.state_dict(), strict=False)
    if unexpected or not all(".modulation." in name for name in missing):
        raise ValueError(f"the image encoder is of another size: {[*missing, *unexpected]}")
    return classifier.requires_grad_(True)


class ClassifierTask(Task):
    def __init__(
        self,
        config: ClassifierConfig,
        encoders: tuple[Tokenizer, TextEncoder, ImageEncoder],
        composer: Composer,
        unseen: Composer,
    ) -> None:
        self.config, self.composer = config, composer
        self.tokenizer, self.text_encoder, self.image_encoder = encoders
        self.schedule = Schedule.squaredcos_cap_v2(zero_terminal_snr=True)
        self.module = ScoredClassifier(classifier_from(self.image_encoder))
        self.held_out = self._compose(unseen, np.random.default_rng(987_654_321), config.held_out)

    def _compose(self, composer: Composer, rng: np.random.Generator, count: int) -> dict[str, Tensor]:
        scenes = [composer.sample(rng) for _ in range(count)]
        captions = [scene.caption for scene in scenes]
        ids, mask = self.tokenizer(captions, trim=True)
        return {
            "pictures": stacked(scenes),
            "ids": ids,
            "mask": mask,
            "same": equal_rows(captions),
            "ignored": equal_rows([tuple(sorted(scene.concepts)) for scene in scenes]),
        }

    def make_batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        return self._compose(self.composer, rng, self.config.batch)

    @torch.no_grad()
    def _targets(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """(x0, embedding of the caption, embedding of the clean picture)."""
        x0 = to_signed(batch["pictures"])
        x0 = x0.contiguous(memory_format=torch.channels_last)
        self.text_encoder.to(x0.device)
        self.image_encoder.to(x0.device)
        text, _ = self.text_encoder(batch["ids"], batch["mask"])
        return x0, text.float(), self.image_encoder(x0).float()

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        x0, text, clean = self._targets(batch)
        t = stratified_timesteps(len(x0), self.schedule.num_timesteps, generator, x0.device)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device)
        embedding, scale, bias = module(self.schedule.q_sample(x0, t, noise), t)
        similarity = embedding.float() @ text.T
        contrastive = siglip_loss(similarity, batch["same"], batch["ignored"], scale, bias)
        imitation = (1 - (embedding.float() * clean).sum(-1)).mean()
        extras = {"contrastive": contrastive.detach(), "imitation": imitation.detach()}
        return contrastive + self.config.imitation_weight * imitation, extras

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Image-to-text accuracy among the held-out scenes, by noise level."""
        device = next(module.parameters()).device
        batch = {key: value.to(device) for key, value in self.held_out.items()}
        x0, text, _ = self._targets(batch)
        generator = torch.Generator(device).manual_seed(0)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        result = {}
        for timestep in EVALUATED_TIMESTEPS:
            t = torch.full((len(x0),), timestep, dtype=torch.int64, device=device)
            x = self.schedule.q_sample(x0, t, noise)
            parts = [module.network(*part) for part in zip(x.split(128), t.split(128), strict=True)]
            similarity = torch.cat(parts).float() @ text.T
            result[f"top1_t{timestep}"] = float(hits(similarity, batch["same"]).mean())
        return result

    def describe(self, batch: Any) -> str:
        return "; ".join(self.tokenizer.pieces.decode(row.tolist()) for row in batch["ids"][:8])


def load_classifier(work: Path) -> Classifier:
    """The trained network: averaged weights, eval(), frozen."""
    state = load_trained(work, "classifier")
    module = ScoredClassifier(Classifier(image_config(ROLES["generator"])))
    module.load_state_dict(state["ema"])
    return module.network.eval().requires_grad_(False)


def main() -> None:
    config = parse_config(ClassifierConfig, "classifier", "Trains the noise-aware CLIP image encoder.")
    torch.manual_seed(config.seed)
    beside = config.work.parent
    bank = config.bank or beside / "bank"
    composers = [
        Composer(bank, split=split, size=64, curriculum=config.curriculum) for split in ("train", "test")
    ]
    train(ClassifierTask(config, load_clip(config.clip or clip_folder(beside)), *composers), config)


if __name__ == "__main__":
    main()

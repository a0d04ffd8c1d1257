"""The judge's eye: CLIP trained with another seed, size and text encoder, used by nothing that makes pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.evaluation.pictures import all_resized, to_signed
from scripts.training.clip import load_clip

BATCH = 250
SIZE = 64


class Evaluator:
    """Unit embeddings of pictures and texts. `work`: work folder of `scripts.training.clip --role evaluator`."""

    def __init__(self, work: Path, device: str = "cpu") -> None:
        require_role(work)
        self.device = device
        self.tokenizer, text, image = load_clip(work)
        self.text, self.image = text.to(device), image.to(device)
        self.fingerprint = fingerprint(text, image)

    @torch.no_grad()
    def pictures(self, pictures: np.ndarray) -> Tensor:
        """uint8 [N, S, S, 4] premultiplied -> [N, E]."""
        parts = []
        for start in range(0, len(pictures), BATCH):
            x = to_signed(all_resized(pictures[start : start + BATCH], SIZE)).to(self.device)
            with torch.autocast(self.device, torch.bfloat16):
                embedding = self.image(x)
            parts.append(F.normalize(embedding.float(), dim=-1).cpu())
        return torch.cat(parts)

    @torch.no_grad()
    def texts(self, texts: list[str]) -> Tensor:
        """[N, E]."""
        parts = []
        for start in range(0, len(texts), BATCH):
            ids, mask = self.tokenizer(texts[start : start + BATCH], trim=True)
            parts.append(self.text(ids.to(self.device), mask.to(self.device))[0].float().cpu())
        return torch.cat(parts)


def require_role(work: Path) -> None:
    path = work / "config.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"--evaluator {work}: no config.json there; train one with `python -m scripts.training.clip "
            f"--role evaluator --work {work}`"
        )
    role = json.loads(path.read_text(encoding="utf-8")).get("role")
    if role != "evaluator":
        raise ValueError(
            f"--evaluator {work}: this CLIP has the role '{role}', so it helped to make the pictures that it would judge"
        )


def fingerprint(*modules: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for module in modules:
        for name, tensor in sorted(module.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()

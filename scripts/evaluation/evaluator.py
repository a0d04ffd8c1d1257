"""The judge's eye: CLIP trained with another seed, size and text encoder, used by nothing that makes pictures.

    python -m scripts.evaluation.evaluator --work WORK/evaluator

keeps a trained one in models/evaluator.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.evaluation.pictures import all_resized, to_signed
from scripts.training.checkpoint import load_checkpoint, save_checkpoint
from scripts.training.clip import load_clip
from scripts.training.config import without_paths
from scripts.training.loop import HISTORY
from scripts.training.precision import autocast

DEFAULT = Path("models/evaluator")
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
            with autocast(self.device):
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


def keep(work: Path, out: Path) -> None:
    """Writes the averaged weights as fp16 with all that Evaluator needs, small enough for a repository."""
    require_role(work)
    state = load_checkpoint(work)
    weights = {name: w.half() if w.is_floating_point() else w for name, w in state["ema"].items()}
    history = {key: state[key] for key in HISTORY}
    config = without_paths(state["config"])
    save_checkpoint(out, {"ema": weights, "config": config} | history)
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(work / "tokenizer.model", out / "tokenizer.model")


def main() -> None:
    parser = argparse.ArgumentParser(description="Keeps a trained evaluator for later measurements.")
    parser.add_argument("--work", type=Path, required=True, help="work folder of clip --role evaluator")
    parser.add_argument("--out", type=Path, default=DEFAULT, help="default: %(default)s")
    options = parser.parse_args()
    keep(options.work, options.out)


if __name__ == "__main__":
    main()

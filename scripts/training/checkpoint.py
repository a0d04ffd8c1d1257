"""Checkpoints that survive kills and disk trouble: written aside, synced, renamed, the previous one kept."""

from __future__ import annotations

import os
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

NEWEST = "checkpoint.pt"
PREVIOUS = "checkpoint.previous.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> Path:
    """Writes `state` so that at every moment one whole checkpoint is under a known name."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / (NEWEST + ".partial")
    with open(partial, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    newest = folder / NEWEST
    if newest.exists():
        os.replace(newest, folder / PREVIOUS)
    os.replace(partial, newest)
    return newest


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest readable checkpoint of `folder`, or None when there has been none.

    Raises RuntimeError when files are there and none can be read: starting again silently would
    throw the training away.
    """
    failures = []
    for name in (NEWEST, PREVIOUS):
        path = folder / name
        if not path.exists():
            continue
        try:
            with zipfile.ZipFile(path) as archive:  # torch.load itself checks no sums
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"bad check sum in {damaged}")
            return torch.load(path, map_location="cpu", weights_only=True)
        except (zipfile.BadZipFile, RuntimeError, pickle.UnpicklingError, OSError, EOFError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            failures.append(f"{path}: {reason}")
            print(f"warning: {path} cannot be read ({reason})", file=sys.stderr)
    if failures:
        raise RuntimeError("no readable checkpoint; delete these to start again: " + "; ".join(failures))
    return None


def under(prefix: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def load_trained(folder: Path, network: str) -> dict[str, Any]:
    """The checkpoint of a network that another needs; where there is none, FileNotFoundError names its trainer."""
    state = load_checkpoint(folder)
    if state is None:
        raise FileNotFoundError(
            f"{folder}: no {network} checkpoint there; run scripts.training.{network.lower()} first"
        )
    return state


def read_weights(path: Path) -> dict[str, Tensor]:
    """Weights in fp32 from a work folder or checkpoint (its EMA), or from an exported TorchScript file."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.is_dir():
        state = load_checkpoint(path)
        if state is None:
            raise FileNotFoundError(f"{path} holds no {NEWEST}")
        weights = state["ema"]
    else:
        try:
            weights = torch.jit.load(str(path), map_location="cpu").state_dict()
        except RuntimeError:
            state = torch.load(path, map_location="cpu", weights_only=True)
            weights = state.get("ema", state)
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}


def start_from(module: nn.Module, specification: str) -> None:
    """Loads `[PREFIX=]FILE` into `module`, or into its submodule PREFIX."""
    prefix, _, file = specification.rpartition("=")
    target = module.get_submodule(prefix) if prefix else module
    try:
        target.load_state_dict(read_weights(Path(file)))
    except (RuntimeError, FileNotFoundError) as error:
        raise ValueError(f"--start-from {specification}: {error}") from error

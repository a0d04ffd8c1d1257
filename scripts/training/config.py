"""Typed training configs: a dataclass is the one declaration of flags, defaults, help and the saved JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Config = TypeVar("Config")


def option(default: Any, help: str) -> Any:
    """A dataclass field with the text that `--help` shows."""
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={"help": help})
    return field(default=default, metadata={"help": help})


def default_work_folder() -> Path:
    """Where everything that training writes goes when --work isn't given: never inside the repository."""
    return Path(os.environ.get("DALLE2_WORK", Path.home() / ".cache" / "dalle2-training"))


@dataclass
class LoopConfig:
    """What every trainer has in common. Trainers inherit from it and may change defaults."""

    work: Path = option(None, "folder of checkpoints, losses.csv and sheets; one for each network")
    steps: int = option(100_000, "stop after this many optimiser steps in all")
    batch: int = option(64, "examples in a step, per process")
    lr: float = option(5e-4, "peak learning rate")
    warmup: int = option(50, "steps of linear warm-up")
    cooldown: float = option(0.2, "last share of the run in which the learning rate falls linearly to 0")
    optimizer: str = option("muon", "muon (for hidden matrices and kernels; AdamW for the rest), or adamw")
    weight_decay: float = option(0.01, "weight decay, for matrices and kernels only")
    beta2: float = option(0.99, "AdamW's second beta")
    largest_gradient: float = option(1.0, "gradients are scaled down to at most this norm")
    ema_gamma: float = option(6.94, "exponent of the power-function EMA (6.94 averages about the last 10 %%)")
    seed: int = option(0, "seed of data order, noise and initial weights")
    workers: int = option(1, "processes that make batches (0: in the training process)")
    max_minutes: float = option(0.0, "stop after this many minutes of this call (0: no limit)")
    checkpoint_minutes: float = option(5.0, "minutes between checkpoints")
    log_every: int = option(20, "steps between rows of losses.csv")
    evaluate_every: int = option(500, "steps between held-out evaluations (0: never)")
    sample_every: int = option(2000, "steps between sample sheets (0: never)")
    start_from: list[str] = option([], "[PREFIX=]FILE: initial weights, exported TorchScript or a checkpoint")
    bf16: str = option("auto", "autocast to bf16: auto (where the hardware has it), on, off")
    threads: int = option(0, "CPU threads of this process (0: PyTorch's default)")
    device: str = option("auto", "auto, cpu or cuda")
    dry_run: bool = option(False, "run a few steps, forecast time and memory, write nothing")


def without_paths(config: dict[str, Any]) -> dict[str, Any]:
    """A saved config without what says where things lay on the computer that trained."""
    return {key: value for key, value in config.items() if "/" not in str(value)}


def parse_config(config_type: type[Config], name: str, description: str, arguments=None) -> Config:
    """Parses flags for every field of `config_type`; `name` is the subfolder of the default work folder."""
    parser = argparse.ArgumentParser(description=description)
    types = typing.get_type_hints(config_type)
    for item in dataclasses.fields(config_type):
        flag = "--" + item.name.replace("_", "-")
        text = item.metadata.get("help", "")
        if item.default_factory is not dataclasses.MISSING:
            element = typing.get_args(types[item.name])[0]
            parser.add_argument(flag, nargs="*", type=element, default=item.default_factory(), help=text)
        elif types[item.name] is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=item.default, help=text)
        else:
            shown = f"{text} (default: {item.default})" if item.default is not None else text
            parser.add_argument(flag, type=types[item.name], default=item.default, help=shown)
    values = vars(parser.parse_args(arguments))
    if "work" in values and values["work"] is None:
        values["work"] = default_work_folder() / name
    return config_type(**values)


def config_to_dict(config: Any) -> dict[str, Any]:
    """The config as JSON-friendly values."""
    return json.loads(json.dumps(dataclasses.asdict(config), default=str))

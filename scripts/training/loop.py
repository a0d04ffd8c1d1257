"""The one training loop. A trainer supplies a Task (network, batches, loss); the loop does the rest:

optimiser, learning rate, EMA, bf16 autocast, checkpoints and resuming, losses.csv, progress bar, held-out
evaluation and sample sheets on the EMA weights, clean stops on signals and on divergence, torchrun (DDP).

Batch k is made from (seed, rank, k) alone, so a run that was killed and resumed sees what an uninterrupted
run sees.
"""

from __future__ import annotations

import copy
import json
import math
import os
import resource
import signal
import sys
import time
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from tqdm import tqdm

from scripts.training.batches import batches, to_device
from scripts.training.checkpoint import load_checkpoint, save_checkpoint, start_from
from scripts.training.config import LoopConfig, config_to_dict
from scripts.training.loss_log import LossLog
from scripts.training.muon import Muon, hidden_weights
from scripts.training.precision import autocast

# Of a checkpoint: what it took so far; examples are those of all processes.
HISTORY = ("step", "examples", "seconds")


class TrainingDiverged(RuntimeError):
    """The loss or its gradient stopped being finite."""


class Task:
    """What a trainer gives to the loop."""

    module: nn.Module  # everything that is trained, with one forward (DDP wraps it)

    def make_batch(self, rng: np.random.Generator) -> Any:
        """One batch of CPU tensors (any nesting of dicts, lists, tuples). Runs in a worker process."""
        raise NotImplementedError

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        """The loss and scalar extras for losses.csv. Runs under autocast; random numbers from `generator`."""
        raise NotImplementedError

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Held-out measures of the EMA network, under no_grad and autocast."""
        return {}

    def sample(self, module: nn.Module, step: int) -> None:
        """Writes a sample sheet from the EMA network."""

    def describe(self, batch: Any) -> str:
        """Names a batch (captions) for the message of a divergence."""
        return ""


def unwrapped(module: nn.Module) -> nn.Module:
    """The task's module, whether DDP wraps it or not."""
    return module.module if isinstance(module, nn.parallel.DistributedDataParallel) else module


def choose_device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return torch.device(name)


def learning_rate(config: LoopConfig, step: int, run_share: float) -> float:
    """Warm-up, constant, then linear to 0 over the last `cooldown` of the run, by steps or by time."""
    progress = max(step / config.steps, run_share)
    fall = min(1.0, (1 - progress) / config.cooldown) if config.cooldown else 1.0
    return config.lr * min(1.0, (step + 1) / max(1, config.warmup)) * max(0.0, fall)


def ema_decay(step: int, gamma: float) -> float:
    """Decay after optimiser step `step` (from 1) of the power-function average (Karras et al. 2024, eq. 4)."""
    return (1 - 1 / step) ** (gamma + 1)


@torch.no_grad()
def update_ema(ema: nn.Module, module: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(ema.parameters()), list(module.parameters()), 1 - decay)
    for average, current in zip(ema.buffers(), module.buffers(), strict=True):
        average.copy_(current)


def make_optimizers(module: nn.Module, config: LoopConfig) -> list[torch.optim.Optimizer]:
    hidden = hidden_weights(module) if config.optimizer == "muon" else []
    by_muon = {id(parameter) for parameter in hidden}
    rest = [p for p in module.parameters() if p.requires_grad and id(p) not in by_muon]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizers = [torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, config.beta2), fused=True)]
    return [*optimizers, Muon(hidden, config.lr, weight_decay=config.weight_decay)] if hidden else optimizers


class Trainer:
    """Runs a Task by a LoopConfig. `run` returns the number of steps done in all."""

    def __init__(self, task: Task, config: LoopConfig) -> None:
        self.task, self.config = task, config
        self.device = choose_device(config.device)
        use_threads(config)
        if "RANK" in os.environ and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world = dist.get_world_size() if dist.is_initialized() else 1

        self.module = task.module.to(self.device, memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.module).eval().requires_grad_(False)
        self.optimizers = make_optimizers(self.module, config)
        self.generator = torch.Generator(self.device)
        self.step, self.examples, self.seconds = 0, 0, 0.0
        self.stop_signal: int | None = None
        self._resume()
        self.trained: nn.Module = self.module
        if self.world > 1:
            ids = [self.device.index] if self.device.type == "cuda" else None
            self.trained = nn.parallel.DistributedDataParallel(self.module, device_ids=ids)

    # Checkpoints ------------------------------------------------------------------------------------------
    def _resume(self) -> None:
        state = load_checkpoint(self.config.work)
        if state is None:
            for specification in self.config.start_from:
                start_from(self.module, specification)
            self.ema.load_state_dict(self.module.state_dict())
            torch.manual_seed(self.config.seed * 1000 + self.rank)
            return
        try:
            self.module.load_state_dict(state["weights"])
            self.ema.load_state_dict(state["ema"])
            if "optimizers" in state:  # not in those of scripts.training.from_package
                for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                    optimizer.load_state_dict(saved)
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                f"the checkpoint in {self.config.work} is of another network: {error}"
            ) from error
        if "rng" in state:
            torch.set_rng_state(state["rng"])
        self.step, self.examples, self.seconds = (state[key] for key in HISTORY)
        old, new = state["config"], config_to_dict(self.config)
        changed = [f"{key} {old.get(key)} -> {new[key]}" for key in new if old.get(key) != new[key]]
        if self.rank == 0:
            print(f"resumed {self.config.work} at step {self.step}", *changed, sep="; ", file=sys.stderr)

    def save(self) -> None:
        if self.rank or self.config.dry_run:
            return
        state = {
            "weights": self.module.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "rng": torch.get_rng_state(),
            "config": config_to_dict(self.config),
        }
        history = {key: getattr(self, key) for key in HISTORY}
        save_checkpoint(self.config.work, state | history)

    # One step ---------------------------------------------------------------------------------------------
    def _train_step(self, batch: Any, run_share: float) -> dict[str, float]:
        batch = to_device(batch, self.device)
        # Noise is seeded by the step, so it needs no state of its own to resume.
        seeds = np.random.SeedSequence([self.config.seed, self.rank, self.step])
        self.generator.manual_seed(int(seeds.generate_state(1)[0]))
        rate = learning_rate(self.config, self.step, run_share)
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        with autocast(self.device, self.config.bf16):
            loss, extras = self.task.loss(self.trained, batch, self.generator)
        self.module.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.module.parameters(), self.config.largest_gradient)
        values = {"loss": float(loss.detach()), "gradient": float(norm), "lr": rate}
        if not (math.isfinite(values["loss"]) and math.isfinite(values["gradient"])):
            raise TrainingDiverged(
                f"step {self.step}: loss {values['loss']}, gradient norm {values['gradient']}. The last checkpoint "
                f"is untouched; run again with a lower --lr. The batch: {self.task.describe(batch)}"
            )
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.examples += self.config.batch * self.world
        update_ema(self.ema, self.module, ema_decay(self.step, self.config.ema_gamma))
        return values | {key: float(value) for key, value in extras.items()}

    def _must_stop(self, minutes: float) -> bool:
        wanted = self.stop_signal is not None or 0 < self.config.max_minutes <= minutes
        if self.world == 1:
            return wanted
        flag = torch.tensor(float(wanted), device=self.device)  # all processes leave at the same step
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag)

    @torch.no_grad()
    def _evaluate(self) -> dict[str, float]:
        with autocast(self.device, self.config.bf16):
            return {key: float(value) for key, value in self.task.evaluate(self.ema).items()}

    @torch.no_grad()
    def _sample(self) -> None:
        with autocast(self.device, self.config.bf16):
            self.task.sample(self.ema, self.step)

    # The loop ---------------------------------------------------------------------------------------------
    def run(self) -> int:
        config, first_step = self.config, self.step
        if config.dry_run:
            return self._dry_run()
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)
        }
        log = None
        if self.rank == 0:
            config.work.mkdir(parents=True, exist_ok=True)
            (config.work / "config.json").write_text(json.dumps(config_to_dict(config), indent=1) + "\n")
            log = LossLog(config.work / "losses.csv", self.step)
        bar = tqdm(total=config.steps, initial=self.step, unit="step", disable=self.rank > 0, mininterval=1.0)
        began = last_save = last_time = time.monotonic()
        waited, sums = 0.0, {}
        source = batches(self.task.make_batch, config, self.rank, self.step)
        try:
            self.module.train()
            while self.step < config.steps:
                now = time.monotonic()
                batch = next(source)
                waited += time.monotonic() - now
                minutes = (now - began) / 60
                values = self._train_step(batch, minutes / config.max_minutes if config.max_minutes else 0.0)
                for key, value in values.items():
                    sums.setdefault(key, []).append(value)
                now = time.monotonic()
                self.seconds += now - last_time
                elapsed, last_time = now - last_time, now
                bar.update()
                bar.set_postfix(
                    loss=f"{values['loss']:.4f}", per_s=f"{config.batch * self.world / elapsed:.1f}"
                )
                if self.step % config.log_every == 0 or self.step == config.steps:
                    row: dict[str, Any] = {"step": self.step, "seconds": round(self.seconds, 1)}
                    row |= {key: f"{np.mean(items):.6g}" for key, items in sums.items()}
                    row["waited_for_data"] = round(waited, 2)
                    waited, sums = 0.0, {}
                    if log and config.evaluate_every and self.step % config.evaluate_every < config.log_every:
                        row |= {key: f"{value:.6g}" for key, value in self._evaluate().items()}
                    if log:
                        log.add(row)
                if self.rank == 0 and config.sample_every and self.step % config.sample_every == 0:
                    self._sample()
                if time.monotonic() - last_save > 60 * config.checkpoint_minutes:
                    self.save()
                    last_save = time.monotonic()
                if self._must_stop((time.monotonic() - began) / 60):
                    break
                last_time = time.monotonic()  # evaluations and checkpoints aren't training time
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            bar.close()
        if self.step > first_step:
            self.save()
        return self.step

    def _on_signal(self, number: int, _: Any) -> None:
        self.stop_signal = number

    def _dry_run(self) -> int:
        """A few real steps on this machine; prints what the whole run would take."""
        self.module.train()
        source = batches(self.task.make_batch, self.config, self.rank, self.step)
        times = []
        for _ in range(3):
            batch = next(source)
            began = time.monotonic()
            self._train_step(batch, 0.0)
            times.append(time.monotonic() - began)
        count = sum(parameter.numel() for parameter in self.module.parameters())
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(self.device)
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        hours = min(times) * self.config.steps / 3600
        print(
            f"{count:,} parameters; {min(times):.3f} s a step of {self.config.batch} examples; "
            f"{self.config.steps:,} steps would take {hours:.2f} h; peak memory {peak / 2**30:.2f} GiB; "
            f"checkpoints take {2 * count * 16 / 2**20:.0f} MiB in {self.config.work}"
        )
        return self.step


def use_threads(config: LoopConfig) -> None:
    if config.threads:
        torch.set_num_threads(config.threads)


def prepare(config: LoopConfig) -> None:
    """Seed and threads for what a trainer makes before its loop begins."""
    torch.manual_seed(config.seed)
    use_threads(config)


def train(task: Task, config: LoopConfig) -> int:
    """Trains until steps, minutes or a signal end it; returns the steps done in all."""
    try:
        return Trainer(task, config).run()
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()

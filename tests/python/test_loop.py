"""The training loop: resuming, damaged checkpoints, EMA, divergence and stops."""

from __future__ import annotations

import csv
import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from scripts.training.checkpoint import NEWEST, PREVIOUS, load_checkpoint, read_weights, save_checkpoint
from scripts.training.config import LoopConfig, parse_config
from scripts.training.loop import Task, Trainer, TrainingDiverged, ema_decay, learning_rate, train

ROOT = Path(__file__).parents[2]


class Regression(Task):
    """Noisy linear regression with dropout, so that every kind of randomness takes part."""

    def __init__(self, poison_step: int = -1, signal_step: int = -1) -> None:
        torch.manual_seed(1)
        self.module = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 1))
        self.poison_step, self.signal_step, self.calls = poison_step, signal_step, 0

    def make_batch(self, rng):
        return {"x": torch.from_numpy(rng.normal(size=(16, 4)).astype("float32")), "caption": "a batch"}

    def loss(self, module, batch, generator):
        x = batch["x"]
        target = x.sum(1, keepdim=True) + 0.1 * torch.randn(x.shape[0], 1, generator=generator)
        loss = (module(x).float() - target).square().mean()
        if self.calls == self.poison_step:
            loss = loss * float("nan")
        if self.calls == self.signal_step:
            os.kill(os.getpid(), signal.SIGTERM)
        self.calls += 1
        return loss, {"size": 16}

    def evaluate(self, module):
        return {"held_out": module(torch.ones(1, 4)).float().item()}

    def describe(self, batch):
        return batch["caption"]


def config_for(folder, **changes) -> LoopConfig:
    base = LoopConfig(
        work=folder, steps=12, batch=16, lr=1e-2, warmup=2, workers=0, log_every=2, evaluate_every=4
    )
    return dataclasses.replace(base, bf16="off", **changes)


def test_a_killed_and_resumed_run_equals_an_uninterrupted_one(tmp_path):
    train(Regression(), config_for(tmp_path / "whole"))
    assert train(Regression(signal_step=4), config_for(tmp_path / "parts")) == 5
    assert train(Regression(), config_for(tmp_path / "parts")) == 12
    whole, parts = load_checkpoint(tmp_path / "whole"), load_checkpoint(tmp_path / "parts")
    for kind in ("weights", "ema"):
        for name, value in whole[kind].items():
            assert torch.equal(value, parts[kind][name]), (kind, name)


def test_losses_csv_has_one_row_a_step_logged_even_after_a_kill_without_checkpoint(tmp_path):
    train(Regression(signal_step=6), config_for(tmp_path))
    with open(tmp_path / "losses.csv", "a") as file:
        file.write("10,1,2,3,4,5,6,7\n")  # logged after the last checkpoint, then killed
    train(Regression(), config_for(tmp_path))
    with open(tmp_path / "losses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4, 6, 8, 10, 12]
    assert [bool(row["held_out"]) for row in rows] == [False, True, False, True, False, True]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_previous_one(tmp_path, damage):
    save_checkpoint(tmp_path, {"step": 1, "weights": torch.arange(1000.0)})
    save_checkpoint(tmp_path, {"step": 2, "weights": torch.arange(1000.0)})
    data = bytearray((tmp_path / NEWEST).read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 0xFF
    (tmp_path / NEWEST).write_bytes(
        {"truncated": data[: len(data) // 2], "flipped": data, "empty": b""}[damage]
    )
    assert load_checkpoint(tmp_path)["step"] == 1


def test_two_damaged_checkpoints_are_an_error_and_not_a_silent_restart(tmp_path):
    (tmp_path / NEWEST).write_bytes(b"no")
    (tmp_path / PREVIOUS).write_bytes(b"no")
    with pytest.raises(RuntimeError, match="no readable checkpoint"):
        load_checkpoint(tmp_path)
    assert load_checkpoint(tmp_path / "nothing here") is None


def test_the_power_function_average_weights_steps_by_a_power():
    gamma, steps = 3.0, 50
    average = 0.0
    for step in range(1, steps + 1):
        decay = ema_decay(step, gamma)
        average = decay * average + (1 - decay) * step
    # weight of time t is proportional to t^gamma, so the mean time is (gamma + 1) / (gamma + 2) of the run
    assert average / steps == pytest.approx((gamma + 1) / (gamma + 2), rel=0.02)


def test_the_learning_rate_warms_up_and_falls_by_steps_or_by_time(tmp_path):
    config = LoopConfig(work=tmp_path, steps=100, lr=1.0, warmup=10, cooldown=0.5)
    assert learning_rate(config, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(config, 30, 0.0) == 1.0
    assert learning_rate(config, 75, 0.0) == pytest.approx(0.5)
    assert learning_rate(config, 30, 0.9) == pytest.approx(0.2)
    assert learning_rate(config, 30, 1.5) == 0.0


def test_a_nan_loss_stops_with_the_step_and_the_captions_and_keeps_the_weights(tmp_path):
    task = Regression(poison_step=3)
    with pytest.raises(TrainingDiverged, match="step 3.*a batch"):
        train(task, config_for(tmp_path))
    assert all(torch.isfinite(parameter).all() for parameter in task.module.parameters())


def test_a_checkpoint_of_another_network_is_refused_by_name(tmp_path):
    train(Regression(), config_for(tmp_path))
    other = Regression()
    other.module = nn.Linear(4, 1)
    with pytest.raises(ValueError, match="another network"):
        Trainer(other, config_for(tmp_path))


def test_training_can_start_from_exported_half_precision_weights(tmp_path):
    source = Regression()
    torch.jit.script(source.module.eval().half()).save(str(tmp_path / "net.pt"))
    task = Regression()
    nn.init.zeros_(task.module[0].weight)
    trainer = Trainer(task, config_for(tmp_path / "run", start_from=[str(tmp_path / "net.pt")]))
    assert torch.equal(trainer.module[0].weight, source.module[0].weight.float())
    assert torch.equal(trainer.ema[0].weight, source.module[0].weight.float())
    with pytest.raises(ValueError, match="--start-from nowhere.pt"):
        Trainer(task, config_for(tmp_path / "run", start_from=["nowhere.pt"]))
    assert read_weights(tmp_path / "net.pt")["0.weight"].dtype == torch.float32


def test_a_dry_run_forecasts_and_writes_nothing(tmp_path, capsys):
    train(Regression(), config_for(tmp_path / "dry", dry_run=True))
    assert "parameters" in capsys.readouterr().out
    assert not (tmp_path / "dry").exists()


def test_flags_come_from_the_config(tmp_path):
    config = parse_config(LoopConfig, "decoder", "", ["--work", str(tmp_path), "--lr", "0.1", "--dry-run"])
    assert (config.work, config.lr, config.dry_run, config.start_from) == (tmp_path, 0.1, True, [])
    with pytest.raises(SystemExit):
        parse_config(LoopConfig, "decoder", "", ["--steps", "many"])


TWO_PROCESSES = """
import os
import sys
import time
from pathlib import Path
import torch.distributed as dist
from tests.python.test_loop import Regression, config_for
from scripts.training.loop import Trainer

signal_step = 3 if os.environ["RANK"] == "1" else -1  # one process is told to stop, both must
trainer = Trainer(Regression(signal_step=signal_step), config_for(Path(sys.argv[1])))
steps = trainer.run()
total = sum(parameter.double().sum().item() for parameter in trainer.module.parameters())
print(f"rank {trainer.rank} of {trainer.world}: {steps} steps, weights {total:.12f}", flush=True)
dist.destroy_process_group()
"""


def test_two_processes_keep_the_same_weights_and_stop_at_the_same_step(tmp_path):
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=0"]
    result = subprocess.run(
        [
            *command,
            "--rdzv-backend=c10d",
            "--rdzv-endpoint=localhost:0",
            str(script),
            str(tmp_path / "work"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    lines = sorted(line for line in result.stdout.splitlines() if line.startswith("rank"))
    assert len(lines) == 2 and "rank 1 of 2" in lines[1]
    assert "4 steps" in lines[0]
    assert lines[0].split(":")[1] == lines[1].split(":")[1]
    assert load_checkpoint(tmp_path / "work")["step"] == 4


WITH_WORKER = """
import sys
import time
from pathlib import Path
from scripts.training.loop import train
from tests.python.test_loop import Regression, config_for

config = config_for(Path(sys.argv[1]))
config.workers, config.steps = 1, 10**9
print("running", flush=True)
train(Regression(), config)
"""


def test_a_signal_to_the_whole_process_group_ends_with_a_checkpoint(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WITH_WORKER)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "work")],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    log = tmp_path / "work" / "losses.csv"
    deadline = time.monotonic() + 120
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    assert load_checkpoint(tmp_path / "work")["step"] > 0

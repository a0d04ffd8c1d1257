"""The three programs that are compared, each as a command for one picture and as something that makes many."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

PROMPT = "a red fox sitting in the snow"  # as `dalle2 bench` and benchmarks/worker.py have it


@dataclass
class Setup:
    """What is the same for all of them."""

    binary: Path
    model: Path
    unclip: Path  # diffusers' folder
    scratch: Path
    dtype: str
    threads: int
    steps: list[int]  # of prior, decoder, upsampler

    def environment(self) -> dict[str, str]:
        # Trust in a package of random weights ends with this run.
        return os.environ | {"XDG_CONFIG_HOME": str(self.scratch / "config")}


@dataclass
class Run:
    seconds: float
    memory: int  # bytes that the process held at most
    report: dict[str, Any] = field(default_factory=dict)


class Contender(Protocol):
    name: str

    def cold(self, picture: Path) -> Run:
        """A process of its own, from its start to its end, writes one picture."""

    def warm(self, count: int) -> Run:
        """`count` pictures in one batch, into memory, by a process that has made some before."""

    def close(self) -> None: ...


def run_process(command: list[str], environment: dict[str, str]) -> tuple[float, int, str]:
    """Seconds, peak memory and output of a process. Its peak counts what this one holds, too, so that
    nothing large may be imported here."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read()[-2000:]}")
    return seconds, 1024 * usage.ru_maxrss, output


class Dalle2:
    name = "dalle2"

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.engine = ["--model", str(setup.model), "--dtype", setup.dtype, "--threads", str(setup.threads)]
        self.engine += ["--device", "cpu", "--trust"]

    def dtype(self) -> str:
        """What it computes with, also if it was told "auto"."""
        return self.bench("-n", "1", "--steps", "1")[1]["dtype"]

    def cold(self, picture: Path) -> Run:
        command = [str(self.setup.binary), "generate", PROMPT, "-o", str(picture), "-q", *self.engine]
        seconds, memory, _ = run_process(command, self.setup.environment())
        return Run(seconds, memory)

    def warm(self, count: int) -> Run:
        memory, report = self.bench("-n", str(count))
        return Run(report["seconds"], memory, report)

    def bench(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        command = [
            str(self.setup.binary),
            "bench",
            "--json",
            "-q",
            "--repeats",
            "1",
            *arguments,
            *self.engine,
        ]
        _, memory, output = run_process(command, self.setup.environment())
        return memory, json.loads(output)

    def close(self) -> None:
        pass  # every run is a process of its own


class Worker:
    """A Python contender: a module that uses benchmarks/worker.py."""

    def __init__(self, setup: Setup, name: str, module: str, model: Path) -> None:
        self.name = name
        self.setup = setup
        self.command = [sys.executable, "-m", module, "--model", str(model), "--dtype", setup.dtype]
        self.command += ["--threads", str(setup.threads), "--steps", *map(str, setup.steps)]
        self.process: subprocess.Popen[str] | None = None
        self.made: set[int] = set()

    def cold(self, picture: Path) -> Run:
        seconds, memory, _ = run_process([*self.command, "--picture", str(picture)], self.setup.environment())
        return Run(seconds, memory)

    def warm(self, count: int) -> Run:
        if count not in self.made:  # TorchScript and oneDNN prepare themselves for every shape
            self.made.add(count)
            self.ask(count)
        return self.ask(count)

    def ask(self, count: int) -> Run:
        if self.process is None:
            self.process = subprocess.Popen(
                self.command,
                env=self.setup.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.command)} ended without an answer")
        answer = json.loads(line)
        return Run(answer["seconds"], answer["memory"])

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def make_contenders(setup: Setup) -> list[Contender]:
    return [
        Dalle2(setup),
        Worker(setup, "Python loop", "benchmarks.torchscript_loop", setup.model),
        Worker(setup, "diffusers", "benchmarks.diffusers_pipeline", setup.unclip),
    ]

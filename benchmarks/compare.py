"""Measures dalle2 beside a Python loop with the same TorchScript modules and beside diffusers' UnCLIPPipeline.

    python -m benchmarks.compare [--model models/NAME | --random-weights] [--quick]

Needs the built binary (scripts/setup) and the Python packages of the group "training" in pyproject.toml. Leave the
computer alone meanwhile. Writes benchmarks/results.json, docs/images/benchmarks.png and the tables in
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from benchmarks.contenders import Contender, Dalle2, Run, Setup, make_contenders
from benchmarks.machine import machine_facts
from benchmarks.targets import check_targets

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"


@dataclass
class Plan:
    rounds: int
    batches: list[int]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    weights = parser.add_mutually_exclusive_group()
    weights.add_argument("--model", type=Path, default=ROOT / "models" / "emoji", help="package folder")
    weights.add_argument(
        "--random-weights", action="store_true", help="the default networks at full size, untrained"
    )
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "dalle2")
    parser.add_argument("--dtype", default="auto", help="of all three; auto is what dalle2 takes")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16], help="pictures at once")
    parser.add_argument("--rounds", type=int, default=7, help="repeats of everything")
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON file to write")
    parser.add_argument("--no-report", action="store_true", help="leave docs/ as they are")
    return parser.parse_args()


def run_module(module: str, *arguments: str) -> None:
    """In a process of its own, because what it imports must not count as memory of the contenders."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"python -m {module} failed:\n{done.stderr[-2000:]}")


def default_steps(model: Path) -> list[int]:
    defaults = json.loads((model / "model.json").read_text())["defaults"]
    if "upsampler" not in defaults:
        raise SystemExit(f"{model}: has no upsampler, and diffusers' pipeline cannot do without")
    return [defaults[stage]["steps"] for stage in ("prior", "decoder", "upsampler")]


def measure(contenders: list[Contender], plan: Plan, scratch: Path) -> dict[str, dict[str, list[Run]]]:
    """Every round measures everything once, beginning with another contender each time."""
    tasks = ["cold"] + [f"batch {count}" for count in plan.batches]
    runs = {contender.name: {task: [] for task in tasks} for contender in contenders}
    pictures = 0
    with tqdm(total=(plan.rounds + 1) * len(contenders) * len(tasks), unit="run") as bar:

        def once(contender: Contender, task: str) -> Run:
            nonlocal pictures
            bar.set_description(f"{contender.name}, {task}")
            bar.update()
            pictures += 1
            if task == "cold":
                return contender.cold(scratch / f"{pictures}.png")
            return contender.warm(int(task.split()[1]))

        for contender in contenders:
            once(contender, "cold")  # brings its files into memory
            bar.update(len(tasks) - 1)
        for turn in range(plan.rounds):
            first = turn % len(contenders)
            for task in tasks:
                for contender in contenders[first:] + contenders[:first]:
                    runs[contender.name][task].append(once(contender, task))
    return runs


def summary(runs: list[Run]) -> dict[str, Any]:
    seconds = [run.seconds for run in runs]
    return {
        "median_seconds": median(seconds),
        "fastest_seconds": min(seconds),
        "slowest_seconds": max(seconds),
        "peak_memory_bytes": max(run.memory for run in runs),
    }


def stage_report(runs: dict[str, list[Run]], plan: Plan) -> dict[str, Any]:
    """Medians over rounds of what `dalle2 bench` says about its stages."""
    stages: dict[str, Any] = {}
    for count in plan.batches:
        reports = [run.report for run in runs[f"batch {count}"]]
        stages[f"batch {count}"] = {
            "matmul_peak": median(report["matmul_peak"] for report in reports),
            "load_seconds": median(report["load_seconds"] for report in reports),
            "stages": {
                name: {
                    key: median(report["stages"][name][key] for report in reports)
                    for key in ("seconds", "steps", "operations", "share_of_peak")
                }
                for name in reports[0]["stages"]
            },
        }
    return stages


def compare(arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    plan = Plan(3 if arguments.quick else arguments.rounds, arguments.batches)
    model = arguments.model
    if arguments.random_weights:
        model = scratch / "random"
        run_module("benchmarks.random_model", "--out", str(model))
    unclip = scratch / "unclip"
    setup = Setup(
        binary=arguments.binary,
        model=model,
        unclip=unclip,
        scratch=scratch,
        dtype=arguments.dtype,
        threads=arguments.threads,
        steps=default_steps(model),
    )
    setup.dtype = Dalle2(setup).dtype()  # what auto is here
    options = ["--model", str(model), "--out", str(unclip), "--dtype", setup.dtype]
    run_module("benchmarks.random_unclip", *options)
    contenders = make_contenders(setup)
    try:
        runs = measure(contenders, plan, scratch)
    finally:
        for contender in contenders:
            contender.close()
    results = {
        "model": "random weights" if arguments.random_weights else model.name,
        "dtype": setup.dtype,
        "steps": dict(zip(("prior", "decoder", "upsampler"), setup.steps, strict=True)),
        "rounds": plan.rounds,
        "batches": plan.batches,
        "machine": machine_facts(arguments.threads),
        "shapes": json.loads((unclip / "shapes.json").read_text()),
        "contenders": {
            name: {task: summary(repeats) for task, repeats in tasks.items()} for name, tasks in runs.items()
        },
        "dalle2": stage_report(runs["dalle2"], plan),
    }
    return results | {"targets": check_targets(results)}


def main() -> None:
    arguments = parse_arguments()
    if not arguments.binary.is_file():
        raise SystemExit(
            f"{arguments.binary}: not there; build it with scripts/setup, or name it with --binary"
        )
    if not arguments.random_weights and not (arguments.model / "model.json").is_file():
        raise SystemExit(f"{arguments.model}: no model package; name one with --model, or --random-weights")
    if not arguments.no_report and importlib.util.find_spec("matplotlib") is None:
        raise SystemExit("the plot needs matplotlib: run scripts/setup --training, or give --no-report")
    with tempfile.TemporaryDirectory(prefix="dalle2-benchmark-") as scratch:
        results = compare(arguments, Path(scratch))
    arguments.results.write_text(json.dumps(results, indent=2) + "\n")

    from benchmarks.report import markdown, plot, write_between_markers  # after all measuring: it is large

    tables = markdown(results)
    print(tables)
    if not arguments.no_report:
        write_between_markers(ROOT / "docs" / "benchmarks.md", tables)
        plot(results, ROOT / "docs" / "images" / "benchmarks.png")
    if not all(target["met"] for target in results["targets"]):
        raise SystemExit("not all targets are met")


if __name__ == "__main__":
    main()

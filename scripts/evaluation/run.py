"""Measures a model package.

    python -m scripts.evaluation.run --model models/NAME --bank DIR --out models/NAME/evaluation.json

Prompts and seeds are fixed. Every measurement is kept in the cache as soon as it is done, so that a run that was cut
off goes on where it stopped; another package, evaluator or scale starts anew. Contact sheets, plots and the table go to
the report folder. docs/evaluation.md says what the numbers mean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from scripts.data.errors import ArtError
from scripts.evaluation.context import FULL, QUICK, Context
from scripts.evaluation.evaluator import DEFAULT, Evaluator
from scripts.evaluation.metrics import METRICS, Metric
from scripts.evaluation.painters import BinaryPainter, PythonPainter
from scripts.evaluation.report import to_json, to_markdown
from scripts.evaluation.results import Result
from scripts.package.pipeline import Pipeline
from scripts.training.config import default_work_folder
from scripts.training.precision import has_bf16

NOT_MEASURING = {"run.py", "report.py", "__init__.py"}  # changes of these leave what was measured as it is
DTYPES = {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [metric.name for metric in METRICS]
    table = "\n".join(f"  {metric.name:13} {metric.summary}" for metric in METRICS)
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog=f"tasks:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", type=Path, required=True, help="package folder")
    parser.add_argument("--bank", type=Path, required=True, help="sprite bank")
    parser.add_argument(
        "--evaluator",
        type=Path,
        default=DEFAULT,
        help="work folder of clip --role evaluator (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, help="JSON file (default: evaluation.json in the report folder)")
    parser.add_argument(
        "--report", type=Path, help="folder of table, sheets and plots (default: in the cache)"
    )
    parser.add_argument(
        "--cache", type=Path, default=default_work_folder() / "evaluation", help="default: %(default)s"
    )
    parser.add_argument("--tasks", default=",".join(names), help="some of these, with commas (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="fewer pictures: a few minutes, and noisier numbers"
    )
    parser.add_argument(
        "--binary", type=Path, help="make pictures with this dalle2 binary where that is possible"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", default="auto", choices=DTYPES, help="of the package's networks")
    options = parser.parse_args(arguments)
    options.tasks = [name.strip() for name in options.tasks.split(",") if name.strip()]
    if unknown := sorted(set(options.tasks) - set(names)):
        parser.error(f"--tasks: unknown {', '.join(unknown)}; known are {', '.join(names)}")
    return options


def source_hash() -> str:
    """Of the code that measures."""
    files = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".tsv"))
    return digest(*(path.read_bytes() for path in files if path.name not in NOT_MEASURING))


def digest(*parts: bytes | str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
    return whole.hexdigest()[:16]


def make_context(options: argparse.Namespace) -> Context:
    fastest = torch.bfloat16 if has_bf16(options.device) else torch.float32
    dtype = DTYPES[options.dtype] or fastest
    try:
        pipeline = Pipeline(options.model, dtype, options.device, torch.channels_last)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"--model {error}") from error
    evaluator = Evaluator(options.evaluator, options.device)
    painter = BinaryPainter(options.binary, options.model) if options.binary else PythonPainter(pipeline)
    scale = QUICK if options.quick else FULL
    table = (options.bank / "table.jsonl").read_bytes() if (options.bank / "table.jsonl").is_file() else b""
    judge = digest(evaluator.fingerprint, table)
    key = digest(pipeline.fingerprint, str(dtype), judge, repr(scale), painter.name, source_hash())
    return Context(
        pipeline,
        painter,
        evaluator,
        options.bank,
        options.cache / key,
        options.cache / "judge" / judge,
        scale,
    )


def run_metrics(context: Context, metrics: list[Metric]) -> dict[str, Result]:
    results = {}
    bar = tqdm(metrics, unit="task")
    for metric in bar:
        bar.set_description(metric.name)
        missing = [part for part in metric.needs if not context.pipeline.manifest["networks"].get(part)]
        if missing:
            tqdm.write(f"{metric.name}: left out, the package has no {', '.join(missing)}")
            continue
        result = Result.load(context.cache, metric.name)
        if result is None:
            start = time.perf_counter()
            result = metric.measure(context)
            result.save(context.cache, metric.name)
            tqdm.write(f"{metric.name}: {time.perf_counter() - start:.0f} s")
        results[metric.name] = result
        for row in result.rows:
            tqdm.write(
                f"  {row.name}: {row.value:.4g}" + ("" if row.real is None else f" (real {row.real:.4g})")
            )
    return results


def write_report(options: argparse.Namespace, context: Context, results: dict[str, Result]) -> Path:
    folder = options.report or context.cache / "report"
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "model": context.pipeline.manifest["name"],
        "package": context.pipeline.fingerprint[:16],
        "evaluator": context.evaluator.fingerprint[:16],
        "scale": "quick" if options.quick else "full",
        "painter": context.painter.name,
    }
    for result in results.values():
        for file, image in result.pictures.items():
            image.save(folder / file, optimize=True)
    (folder / "evaluation.md").write_text(to_markdown(about, results), encoding="utf-8")
    out = options.out or folder / "evaluation.json"
    text = json.dumps(to_json(about, results), ensure_ascii=False, indent=1)
    out.write_text(text + "\n", encoding="utf-8")
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        context = make_context(options)
        results = run_metrics(context, [metric for metric in METRICS if metric.name in options.tasks])
        folder = write_report(options, context, results)
    except (ArtError, ValueError, OSError, RuntimeError) as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 1
    print(f"{options.out or folder / 'evaluation.json'}, {folder}/evaluation.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())

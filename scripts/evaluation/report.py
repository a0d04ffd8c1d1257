"""evaluation.json and the markdown table from the results of all measurements."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scripts.evaluation.judges import TASKS
from scripts.evaluation.results import Result, Row

HEAD = "| measure | value | real pictures | other prompts | DALL·E 2 | target | |\n|---|---|---|---|---|---|---|\n"


def overall(results: dict[str, Result]) -> Row | None:
    """GenEval's overall score: the mean of its six tasks; None until all are there."""
    rows = [results[task].rows[0] for task in TASKS if task in results]
    if len(rows) < len(TASKS):
        return None

    def mean(name: str) -> float:
        return sum(getattr(row, name) for row in rows) / len(rows)

    return Row("overall (GenEval)", mean("value"), mean("real"), mean("chance"), 0.52, 0.70, note="goal 0.93")


def all_rows(results: dict[str, Result]) -> list[Row]:
    rows = [row for result in results.values() for row in result.rows]
    last_task = max((i for i, row in enumerate(rows) if row.name.endswith("(GenEval)")), default=-1)
    if row := overall(results):
        rows.insert(last_task + 1, row)
    return rows


def to_json(about: dict[str, Any], results: dict[str, Result]) -> dict[str, Any]:
    return {
        **about,
        "rows": [
            {key: value for key, value in asdict(row).items() if value not in (None, "", False)}
            | {"value": row.value}
            | ({} if row.passes is None else {"passes": row.passes})
            for row in all_rows(results)
        ],
        "details": {name: result.details for name, result in results.items() if result.details},
    }


def to_markdown(about: dict[str, Any], results: dict[str, Result]) -> str:
    lines = [
        f"# Evaluation of {about['model']}\n\n"
        + ", ".join(f"{k}: {v}" for k, v in about.items())
        + "\n\n"
        + HEAD
    ]
    for row in all_rows(results):
        limit = "" if row.target is None else f"{'≤' if row.at_most else '≥'} {row.target:.3g}"
        verdict = {None: "", True: "✓", False: "✗"}[row.passes]
        cells = [
            row.name,
            _number(row.value),
            _number(row.real),
            _number(row.chance),
            _number(row.reference),
            limit,
        ]
        lines.append("| " + " | ".join([*cells, " ".join(filter(None, (verdict, row.note)))]) + " |\n")
    pictures = [file for result in results.values() for file in result.pictures]
    lines += [f"\n![{file}]({file})\n" for file in pictures]
    return "".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"

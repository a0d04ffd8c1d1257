"""Every recipe of docs/cookbook.md, run as it stands in a folder of its own."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.harness import BINARY, REPOSITORY, Dalle2

# Recipes are about many pictures; these make each of them quick.
QUICK = {"DALLE2_SIZE": "64", "DALLE2_PRIOR_STEPS": "1", "DALLE2_THREADS": "1"}

# Stand-ins for what is not installed everywhere, with the part of their behaviour that is used.
STAND_INS = {
    "sbatch": """#!/bin/bash
for task in 0 1 2 3; do
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=4 bash "$1" || exit
done
""",
    "parallel": """#!/bin/bash
command=()
while [[ $1 != ::: ]]; do command+=("$1"); shift; done
shift
for value; do "${command[@]//\\{\\}/$value}" & done
wait
""",
}


@dataclass
class Recipe:
    title: str
    blocks: list[tuple[str, str]]  # language, text

    def __str__(self) -> str:
        return self.title


def recipes() -> list[Recipe]:
    sections = re.split(r"^## ", (REPOSITORY / "docs" / "cookbook.md").read_text(), flags=re.MULTILINE)[1:]
    return [
        Recipe(
            section.partition("\n")[0],
            re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL),
        )
        for section in sections
    ]


# Files that must be there in the end, and how many.
EXPECTED = {
    "A sticker sheet from a list of words": {"sheet.png": 1, "stickers/*.png": 3},
    "A folder of variations by seed": {"foxes/a-red-fox-*.png": 16, "best-fox.png": 1, "fox-[123].png": 3},
    "The best of many": {"ranking.txt": 1, "best.png": 1, "foxes/*.png": 4},
    "From one program to the next": {"foxes/*.png": 2, "owl.json": 1},
    "Prompts with settings of their own": {"jobs/fox/0?.png": 2, "jobs/owl/00.png": 1},
    "A long batch that survives anything": {"pictures/*.png": 3, "pictures/manifest.jsonl": 1},
    "A Slurm array": {"pictures/*.png": 5, "pictures/manifest-?-of-4.jsonl": 4},
    "GNU parallel": {"pictures/*.png": 5, "pictures/manifest-?-of-4.jsonl": 4},
    "A Makefile rule": {"fox.png": 1, "owl.png": 1},
    "The same picture again": {"fox.png": 1, "fox.json": 1, "again.png": 1},
    "See it in the terminal": {"fox.png": 1, "fox.ansi": 1},
    "Watch it being drawn": {"steps/*.png": 8, "steps.png": 1},
}


def run(dalle2: Dalle2, script: str) -> subprocess.CompletedProcess:
    tools = dalle2.home / "bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "dalle2").exists():
        (tools / "dalle2").symlink_to(BINARY)
        for name, text in STAND_INS.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
    environment = dalle2.all_variables() | QUICK
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=dalle2.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("recipe", recipes(), ids=str)
def test_recipe(dalle2: Dalle2, recipe: Recipe) -> None:
    for language, text in recipe.blocks:
        if language == "make":
            (dalle2.folder / "Makefile").write_text(text)
            continue
        assert language == "bash"
        result = run(dalle2, text)
        assert result.returncode == 0, result.stderr
    for pattern, count in EXPECTED[recipe.title].items():
        files = [path for path in Path(dalle2.folder).glob(pattern) if path.stat().st_size > 0]
        assert len(files) == count, f"{pattern}: {files}"

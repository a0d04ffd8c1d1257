"""dalle2 batch: prompt files, names, shards, and runs that are killed and resumed."""

import hashlib
import json
import random
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.harness import Dalle2, Result, failed

QUICK = ["--size", "64", "--steps", "2", "--prior-steps", "1"]
PROMPTS = ["a red fox", "an owl", "a red fox", "ein Füchslein", "a blue house", "snow", "a cat"]


def write_prompts(dalle2: Dalle2, prompts: list[str], name: str = "prompts.txt") -> None:
    (dalle2.folder / name).write_text("".join(prompt + "\n" for prompt in prompts))


def batch(dalle2: Dalle2, folder: str, *more: str, prompts: str = "prompts.txt") -> Result:
    return dalle2("batch", prompts, "--out-dir", folder, *QUICK, *more)


def pictures(dalle2: Dalle2, folder: str) -> dict[str, bytes]:
    """All files but the manifests, by name."""
    files = (dalle2.folder / folder).rglob("*")
    return {
        str(path.relative_to(dalle2.folder / folder)): path.read_bytes()
        for path in files
        if path.is_file() and not path.name.startswith("manifest")
    }


def records(dalle2: Dalle2, folder: str) -> list[dict]:
    return [json.loads(line) for line in (dalle2.folder / folder / "manifest.jsonl").read_text().splitlines()]


def test_makes_a_picture_for_every_line_and_records_it(dalle2: Dalle2) -> None:
    write_prompts(dalle2, PROMPTS)
    result = batch(dalle2, "out")
    assert result.code == 0, result.err
    assert f"{len(PROMPTS)} made" in result.err and "seed 0" in result.err
    made = pictures(dalle2, "out")
    assert sorted(result.lines) == sorted(f"out/{name}" for name in made)
    lines = records(dalle2, "out")
    assert sorted(line["index"] for line in lines) == list(range(len(PROMPTS)))
    for line in lines:
        assert line["prompt"] == PROMPTS[line["index"]]
        assert (line["status"], line["error"]) == ("ok", None)
        assert hashlib.sha256(made[line["file"]]).hexdigest() == line["sha256"]
        assert line["file"].startswith(f"{line['index']:05}-") and line["ms"] >= 0
        stored = Image.open(dalle2.folder / "out" / line["file"]).text["dalle2"]
        assert json.loads(stored)["seed"] == line["seed"]


def test_the_same_prompt_twice_makes_two_pictures(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ["a fox", "a fox"])
    assert batch(dalle2, "out").code == 0
    first, second = pictures(dalle2, "out").values()
    assert first != second


def test_any_split_into_shards_makes_the_same_files_bit_for_bit(dalle2: Dalle2) -> None:
    write_prompts(dalle2, PROMPTS)
    assert batch(dalle2, "whole", "--dtype", "float32").code == 0
    for shards in (2, 3):
        for i in range(1, shards + 1):
            assert batch(dalle2, f"of-{shards}", "--dtype", "float32", "--shard", f"{i}/{shards}").code == 0
        assert pictures(dalle2, f"of-{shards}") == pictures(dalle2, "whole")


def test_a_batch_run_in_shards_can_be_resumed_in_one(dalle2: Dalle2) -> None:
    write_prompts(dalle2, PROMPTS)
    assert batch(dalle2, "out", "--shard", "1/2").code == 0
    half = pictures(dalle2, "out")
    result = batch(dalle2, "out", "--resume")
    assert f"{len(PROMPTS) - len(half)} made, {len(half)} there already" in result.err
    assert batch(dalle2, "whole").code == 0
    assert pictures(dalle2, "out") == pictures(dalle2, "whole")


@pytest.mark.parametrize(
    ("variables", "more", "index"),
    [
        ({"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "4", "SLURM_ARRAY_TASK_COUNT": "2"}, [], 1),
        ({"JOB_COMPLETION_INDEX": "0"}, ["--shard-count", "2"], 0),
    ],
)
def test_a_shard_is_taken_from_the_scheduler(
    dalle2: Dalle2, variables: dict[str, str], more: list[str], index: int
) -> None:
    write_prompts(dalle2, ["a", "b"])
    dalle2.environment |= variables
    result = batch(dalle2, "out", "--shard", "auto", *more)
    assert result.code == 0, result.err
    assert [name[:5] for name in pictures(dalle2, "out")] == [f"{index:05}"]


def test_json_lines_set_what_the_command_line_does_not(dalle2: Dalle2) -> None:
    lines = [
        {"prompt": "a fox", "id": "fox", "n": 2, "seed": 7},
        {"prompt": "an owl", "size": 32, "output": "birds/owl.webp", "background": "#ffffff"},
    ]
    write_prompts(dalle2, [json.dumps(line) for line in lines], "p.jsonl")
    result = batch(dalle2, "out", "--name", "{id}-{seed}", prompts="p.jsonl")
    assert result.code == 0, result.err
    assert set(pictures(dalle2, "out")) == {"fox-7.png", "fox-8.png", "birds/owl.webp"}
    assert Image.open(dalle2.folder / "out/birds/owl.webp").size == (32, 32)


def test_prompts_come_from_standard_input(dalle2: Dalle2) -> None:
    result = dalle2("batch", "-", "--out-dir", "out", *QUICK, "--json", stdin=b"a fox\n\nan owl\n")
    assert result.code == 0, result.err
    assert {json.loads(line)["prompt"] for line in result.lines} == {"a fox", "an owl"}


def test_a_mistake_in_the_last_line_is_known_before_anything_is_made(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ['{"prompt": "a"}', '{"prompt": "b", "stepz": 3}'], "p.jsonl")
    failed(batch(dalle2, "out", prompts="p.jsonl"), 2, "p.jsonl:2", "'stepz'", "did you mean 'steps'")
    assert dalle2.files() == ["p.jsonl"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--name", "{indx}"], ["--name", "'{indx}'", "{index}"]),
        (["--name", "../{index}"], ["--name", "inside"]),
        (["--shard", "3/2"], ["--shard", "'3/2'"]),
        (["--shard", "auto"], ["--shard auto", "SLURM_ARRAY_TASK_ID"]),
        (["--steps", "0"], ["--steps", "1 to 1000"]),
    ],
)
def test_bad_options(dalle2: Dalle2, more: list[str], words: list[str]) -> None:
    write_prompts(dalle2, ["a fox"])
    failed(batch(dalle2, "out", *more), 2, *words)


def test_a_file_of_prompts_that_is_not_there(dalle2: Dalle2) -> None:
    failed(batch(dalle2, "out", prompts="no.txt"), 2, "no.txt")


def test_another_batch_in_the_same_folder_is_refused(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ["a fox"])
    assert batch(dalle2, "out").code == 0
    failed(batch(dalle2, "out"), 5, "out/manifest.jsonl", "--resume")


def test_what_fails_is_recorded_and_the_rest_goes_on(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ["a fox", "an owl", "a cat"])
    assert batch(dalle2, "plan", "--name", "{index}").code == 0
    (dalle2.folder / "out" / "1.png").mkdir(parents=True)  # in the way of the owl
    result = batch(dalle2, "out", "--name", "{index}", "--keep-going")
    assert result.code == 6
    assert "2 made, 1 failed" in result.err and "prompts.txt:2: " in result.err
    assert set(pictures(dalle2, "out")) == {"0.png", "2.png"}
    by_index = {line["index"]: line for line in records(dalle2, "out")}
    assert by_index[1]["status"] == "failed" and by_index[1]["file"] is None and by_index[1]["error"]

    (dalle2.folder / "out" / "1.png").rmdir()
    assert batch(dalle2, "out", "--name", "{index}", "--resume").code == 0
    assert pictures(dalle2, "out") == pictures(dalle2, "plan")


def test_what_this_model_cannot_draw_fails_alone(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ['{"prompt": "a", "size": 4096}', '{"prompt": "b"}'], "p.jsonl")
    result = batch(dalle2, "out", "-k", prompts="p.jsonl")
    assert result.code == 6 and "p.jsonl:1: --size is 4096" in result.err
    assert len(pictures(dalle2, "out")) == 1
    stopped = batch(dalle2, "other", prompts="p.jsonl")
    assert stopped.code == 2 and "p.jsonl:1: --size is 4096" in stopped.err


def test_resume_makes_again_what_was_changed_lost_or_made_with_other_settings(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ["a fox", "an owl", "a cat"])
    assert batch(dalle2, "out", "--name", "{index}").code == 0
    before = pictures(dalle2, "out")
    (dalle2.folder / "out/0.png").write_bytes(before["0.png"][:100])
    (dalle2.folder / "out/1.png").unlink()
    result = batch(dalle2, "out", "--name", "{index}", "--resume")
    assert "2 made, 1 there already" in result.err
    assert len(result.lines) == 3
    assert pictures(dalle2, "out") == before
    assert "3 made" in batch(dalle2, "out", "--name", "{index}", "--resume", "--steps", "3").err
    assert all(data != before[name] for name, data in pictures(dalle2, "out").items())


def test_resume_never_replaces_a_file_of_someone_else(dalle2: Dalle2) -> None:
    write_prompts(dalle2, ["a fox"])
    (dalle2.folder / "out").mkdir()
    (dalle2.folder / "out/0.png").write_bytes(b"mine")
    result = batch(dalle2, "out", "--name", "{index}", "--resume")
    assert result.code == 5 and "0.png: exists already" in result.err
    assert (dalle2.folder / "out/0.png").read_bytes() == b"mine"


def kill_until_done(dalle2: Dalle2, folder: str, kills: int, seed: int) -> None:
    """Runs and kills a batch until it was killed often enough, then lets it end."""
    moments = random.Random(seed)
    for _ in range(kills):
        process = dalle2.start("batch", "prompts.txt", "--out-dir", folder, *QUICK, "--resume")
        # Half of them while it starts, half while pictures are made.
        if moments.random() < 0.5:
            process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.1))
        else:
            time.sleep(moments.uniform(0.0, 1.0))
        process.kill()
        process.communicate()
    assert batch(dalle2, folder, "--resume").code == 0


def check_killed(dalle2: Dalle2, kills: int) -> None:
    write_prompts(dalle2, [f"{prompt} {i}" for i in range(4) for prompt in PROMPTS])
    assert batch(dalle2, "undisturbed").code == 0
    kill_until_done(dalle2, "killed", kills, seed=kills)
    assert pictures(dalle2, "killed") == pictures(dalle2, "undisturbed")
    done = set()
    for line in (dalle2.folder / "killed/manifest.jsonl").read_text().splitlines():
        try:
            done.add(json.loads(line)["index"])
        except json.JSONDecodeError:
            continue  # cut off by a kill
    assert done == set(range(4 * len(PROMPTS)))


def test_killed_at_a_few_moments_and_resumed_makes_the_files_of_an_undisturbed_run(
    dalle2: Dalle2,
) -> None:
    check_killed(dalle2, kills=6)


@pytest.mark.slow
def test_killed_at_any_of_200_moments_and_resumed_makes_the_files_of_an_undisturbed_run(
    dalle2: Dalle2,
) -> None:
    check_killed(dalle2, kills=200)


def peak_kilobytes(dalle2: Dalle2, count: int) -> int:
    write_prompts(dalle2, [f"prompt {i}" for i in range(count)])
    process = dalle2.start(
        "batch",
        "prompts.txt",
        "--out-dir",
        f"out-{count}",
        "--steps",
        "1",
        "--prior-steps",
        "1",
        "--size",
        "64",
    )
    peak = 0
    while process.stdout.readline():
        status = Path(f"/proc/{process.pid}/status")
        for line in status.read_text().splitlines() if status.exists() else []:
            if line.startswith("VmHWM:"):
                peak = int(line.split()[1])
    assert process.wait() == 0
    return peak


@pytest.mark.slow
def test_ten_thousand_prompts_need_no_more_memory_than_a_hundred(dalle2: Dalle2) -> None:
    few, many = peak_kilobytes(dalle2, 300), peak_kilobytes(dalle2, 10_000)
    assert many < 1.05 * few

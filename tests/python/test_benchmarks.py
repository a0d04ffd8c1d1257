"""The benchmarks' bookkeeping: what is compared with what, and what is written where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import contenders, report
from benchmarks.compare import Plan, measure, summary
from benchmarks.contenders import Run, run_process
from benchmarks.machine import cpu_features
from benchmarks.targets import check_targets


def run(seconds: float, memory: int = 10**8) -> dict[str, float]:
    return {
        "median_seconds": seconds,
        "fastest_seconds": seconds,
        "slowest_seconds": seconds,
        "peak_memory_bytes": memory,
    }


def results(ours: float = 1.0, loop: float = 2.0, diffusers: float = 10.0, memory: int = 10**8) -> dict:
    tasks = ("cold", "batch 1")
    shape = {"parameters": 1_000_000, "operations": 1_000_000_000}
    shapes = dict.fromkeys(("text_encoder", "prior", "decoder", "upsampler_256"), shape)
    stage = {"seconds": 0.5, "steps": 2, "operations": 1e9, "share_of_peak": 0.25}
    return {
        "model": "tiny",
        "dtype": "float32",
        "steps": {"prior": 8, "decoder": 16, "upsampler": 2},
        "rounds": 3,
        "machine": {"cpu_features": ["avx2"], "cores": 2, "threads": 2},
        "shapes": {"dalle2": shapes, "diffusers": shapes},
        "contenders": {
            "dalle2": {task: run(ours, memory) for task in tasks},
            "Python loop": {task: run(loop) for task in tasks},
            "diffusers": {task: run(diffusers) for task in tasks},
        },
        "dalle2": {"batch 1": {"matmul_peak": 8e9, "load_seconds": 0.1, "stages": {"decoder": stage}}},
    }


def failed(measured: dict) -> list[str]:
    return [target["name"] for target in check_targets(measured) if not target["met"]]


def test_all_targets_are_met_by_a_quick_and_small_program():
    assert failed(results()) == []


def test_a_loop_that_is_quicker_by_more_than_noise_fails_the_target():
    assert failed(results(loop=0.99)) == []
    assert failed(results(loop=0.95)) == [
        "no slower than the Python loop, cold",
        "no slower than the Python loop, batch 1",
    ]


def test_a_cold_start_of_less_than_a_fifth_of_diffusers_is_wanted():
    assert failed(results(diffusers=5.0)) == []
    assert failed(results(diffusers=4.9)) == ["cold start 5 x sooner than diffusers"]


def test_a_gigabyte_is_the_most_that_a_process_may_hold():
    assert failed(results(memory=10**9)) == []
    assert failed(results(memory=10**9 + 1)) == ["at most 1 GB, cold", "at most 1 GB, batch 1"]


class Recorder:
    """A contender that notes when it was asked for what."""

    def __init__(self, name: str, log: list[tuple[str, str]]) -> None:
        self.name, self.log = name, log

    def cold(self, picture: Path) -> Run:
        self.log.append((self.name, "cold"))
        return Run(len(self.log), 1)

    def warm(self, count: int) -> Run:
        self.log.append((self.name, f"batch {count}"))
        return Run(len(self.log), 1)

    def close(self) -> None: ...


def test_rounds_interleave_the_contenders_and_begin_with_another_each_time(tmp_path):
    log: list[tuple[str, str]] = []
    runs = measure([Recorder(name, log) for name in "abc"], Plan(rounds=2, batches=[4]), tmp_path)
    assert [name for name, _ in log[:3]] == ["a", "b", "c"]  # unrecorded
    assert [name for name, _ in log[3:]] == list("abcabc" + "bcabca")
    assert [run.seconds for run in runs["a"]["cold"]] == [4, 12]
    assert [len(runs[name][task]) for name in "abc" for task in ("cold", "batch 4")] == [2] * 6


def test_a_summary_keeps_the_median_and_the_largest_memory():
    assert summary([Run(3, 5), Run(1, 9), Run(2, 1)]) == {
        "median_seconds": 2,
        "fastest_seconds": 1,
        "slowest_seconds": 3,
        "peak_memory_bytes": 9,
    }


def test_memory_is_that_of_the_process_that_was_started():
    # From a small process, as run_process says: this one holds what all tests before it have imported.
    code = """
import sys
from benchmarks.contenders import run_process
small = run_process([sys.executable, "-c", "print('done')"], {})
large = run_process([sys.executable, "-c", "x = b'1' * 200_000_000"], {})
assert small[2] == "done\\n"
print(large[1] - small[1])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 150_000_000 < int(run.stdout) < 250_000_000


def test_a_process_that_fails_ends_the_run_with_what_it_said():
    with pytest.raises(SystemExit, match="no such thing"):
        run_process([sys.executable, "-c", "raise SystemExit('no such thing')"], {})


def test_a_worker_is_asked_once_unrecorded_for_every_batch_size(tmp_path):
    answer = 'print(\'{"seconds": %d, "memory": 7}\' % int(line), flush=True)'
    script = f"import sys\nfor line in sys.stdin: {answer}"
    setup = contenders.Setup(tmp_path, tmp_path, tmp_path, tmp_path, "float32", 1, [1, 1, 1])
    worker = contenders.Worker(setup, "echo", "none", tmp_path)
    worker.command = [sys.executable, "-c", script]
    try:
        assert worker.warm(3) == Run(3, 7)
        assert worker.warm(5) == Run(5, 7)
        assert worker.made == {3, 5}
    finally:
        worker.close()


def test_both_sides_make_the_same_prompt():
    from benchmarks import worker

    assert worker.PROMPT == contenders.PROMPT
    assert f'"{worker.PROMPT}"' in Path("src/cli/bench.cpp").read_text()


def test_tables_go_between_the_markers_and_leave_the_rest(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_between_markers(page, "new\n")
    assert page.read_text() == f"before\n{report.BEGIN}\n\nnew\n\n{report.END}\nafter\n"
    page.write_text("no markers")
    with pytest.raises(SystemExit, match="page.md: needs the lines"):
        report.write_between_markers(page, "new\n")


def test_the_page_has_the_markers():
    page = Path("docs/benchmarks.md").read_text()
    assert page.index(report.BEGIN) < page.index(report.END)


def test_the_report_states_ratios_targets_and_shapes():
    measured = results()
    text = report.markdown(json.loads(json.dumps(measured | {"targets": check_targets(measured)})))
    assert "| process to first picture | 1.00 s (1.00 to 1.00) | 2.00 s (2.00 to 2.00) | 2.00 x |" in text
    assert "| cold start 5 x sooner than diffusers | 10.0 x | yes |" in text
    assert "| batch 1 | decoder | 2 | 250.0 ms | 2 | 25 % |" in text
    assert "| decoder | 1.0 M | 1.0 M | 1.00 | 1.00 |" in text


def test_operations_count_both_rows_of_a_guided_step():
    # 1 text + 2 x 8 prior + 2 x 16 decoder + 2 upsampler passes of 1 GFLOP each
    assert report.operations_of(results(), "dalle2") == 51e9
    assert report.operations_of(results(), "diffusers") == 52e9  # it encodes the empty prompt too


def test_cpu_features_are_read_from_flags():
    assert cpu_features("processor : 0\nflags : fpu avx2 avx512_bf16 sse\n") == ["avx2", "avx512_bf16"]
    assert cpu_features("") == []

"""Ctrl-C at any moment: said at once, finished pictures whole, nothing else left, the signal raised again."""

import random
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.harness import Dalle2

MOMENTS = 12


def check_whole(dalle2: Dalle2, printed: list[str]) -> None:
    files = dalle2.files()
    assert set(printed) <= set(files)
    assert len(files) - len(printed) <= 1  # written, but not yet printed
    for name in files:
        assert not Path(name).name.startswith(".dalle2-"), "a temporary file was left"
        Image.open(dalle2.folder / name).load()


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_an_interrupt_at_any_moment_leaves_whole_pictures(dalle2: Dalle2, moment: int) -> None:
    wait = random.Random(moment).uniform(0.0, 2.5)
    process = dalle2.start("generate", "a fox", "-n", "50", "--max-batch", "1", "-o", "out/", "--steps", "50")
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 0), err
    assert err.count(b"stopping after this step") <= 1
    check_whole(dalle2, out.decode().splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_sampling_is_answered_and_raised_again(dalle2: Dalle2, number: signal.Signals) -> None:
    process = dalle2.start(
        "generate", "a fox", "-n", "1000", "--max-batch", "1", "--steps", "100", "-o", "out/"
    )
    first = process.stdout.readline().decode()  # by now it is sampling
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -number
    assert b"stopping after this step" in err
    check_whole(dalle2, [first.strip(), *out.decode().splitlines()])


def test_an_ignored_interrupt_stays_ignored(dalle2: Dalle2) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = dalle2.start("generate", "a fox", "-n", "3", "--max-batch", "1", "-o", "fox.png", before=ignore)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert dalle2.files() == ["fox-1.png", "fox-2.png", "fox-3.png"]

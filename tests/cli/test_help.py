"""Help, version and docs/flags.md, and how soon they are there."""

import time

import pytest

from tests.cli.harness import REPOSITORY, Dalle2


def test_flags_document_is_up_to_date(dalle2: Dalle2) -> None:
    made = dalle2("help", "--markdown").out.decode()
    assert made == (REPOSITORY / "docs" / "flags.md").read_text(), (
        "docs/flags.md is older than the option table: build/dalle2 help --markdown > docs/flags.md"
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_overview(dalle2: Dalle2, arguments: list[str]) -> None:
    result = dalle2(*arguments)
    assert (result.code, result.err) == (0, "")
    assert "Usage: dalle2 COMMAND" in result.out.decode()


@pytest.mark.parametrize("command", ["generate", "info", "models", "bench", "doctor"])
def test_help_of_a_command_is_the_same_both_ways(dalle2: Dalle2, command: str) -> None:
    result = dalle2(command, "--help")
    assert result.code == 0
    assert f"Usage: dalle2 {command}" in result.out.decode()
    assert result.out == dalle2("help", command).out


def test_version(dalle2: Dalle2) -> None:
    assert dalle2("--version").out == dalle2("version").out
    assert dalle2("version").out.startswith(b"dalle2 ")


def test_help_and_info_are_there_at_once(dalle2: Dalle2) -> None:
    # Loading LibTorch's libraries takes 0.25 s; anything of it that starts would add to that.
    for arguments in (["--help"], ["info", "tiny"], ["models", "list"]):
        seconds = []
        for _ in range(5):
            start = time.monotonic()
            assert dalle2(*arguments).code == 0
            seconds.append(time.monotonic() - start)
        assert min(seconds) < 1.0, arguments

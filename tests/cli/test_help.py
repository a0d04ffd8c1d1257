"""Help, version and docs/flags.md, and how soon they are there."""

import resource

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


@pytest.mark.parametrize(
    "command",
    ["generate", "batch", "grid", "score", "replay", "info", "models", "bench", "doctor", "completion"],
)
def test_help_of_a_command_is_the_same_both_ways(dalle2: Dalle2, command: str) -> None:
    result = dalle2(command, "--help")
    assert result.code == 0
    assert f"Usage: dalle2 {command}" in result.out.decode()
    assert result.out == dalle2("help", command).out


def test_version(dalle2: Dalle2) -> None:
    assert dalle2("--version").out == dalle2("version").out
    assert dalle2("version").out.startswith(b"dalle2 ")


def processor_seconds() -> float:
    """Of all child processes that have ended; unlike the clock, no matter what else is running."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("arguments", [["--help"], ["info", "tiny"], ["models", "list"]])
def test_help_and_info_are_there_at_once(dalle2: Dalle2, arguments: list[str]) -> None:
    # The loader needs 0.3 s for LibTorch's libraries; anything of LibTorch that starts adds to that.
    seconds = []
    for _ in range(3):
        before = processor_seconds()
        assert dalle2(*arguments).code == 0
        seconds.append(processor_seconds() - before)
    assert min(seconds) < 0.6

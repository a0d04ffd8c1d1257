"""Completion scripts, in a shell where there is one, and the manual page."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.harness import Dalle2, failed

SHELLS = ["bash", "zsh", "fish"]


def script(dalle2: Dalle2, shell: str) -> Path:
    result = dalle2("completion", shell)
    assert (result.code, result.err) == (0, "")
    path = dalle2.folder / f"completion.{shell}"
    path.write_bytes(result.out)
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_valid(dalle2: Dalle2, shell: str) -> None:
    path = script(dalle2, shell)
    text = path.read_text()
    assert "save-steps" in text and "dpm++2m" in text and "markdown" not in text
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here to read it")
    subprocess.run([shell, "-n", path], check=True, capture_output=True)


def completed(dalle2: Dalle2, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    bash = f"""
      source {script(dalle2, "bash")}
      COMP_WORDS=(dalle2 "$@") COMP_CWORD=$#
      _dalle2
      printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    run = subprocess.run(["bash", "-uc", bash, "bash", *words], check=True, capture_output=True, text=True)
    return run.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ba"], ["batch"]),
        (["generate", "--sampler", "dd"], ["ddpm", "ddim"]),
        (["generate", "x", "--format", ""], ["png", "jpeg", "webp"]),
        (["generate", "--prior-s"], ["--prior-steps"]),
        (["batch", "--device", "c"], ["cpu", "cuda"]),
        (["models", ""], ["list", "verify"]),
        (["completion", ""], SHELLS),
        (["help", "ver"], ["version"]),
        (["generate", "--steps", ""], []),  # any number
        (["grid", "--col"], ["--columns"]),
        (["generate", "--col"], []),
        (["nonsense", "--"], []),
    ],
)
def test_bash_offers_what_fits(dalle2: Dalle2, words: list[str], offered: list[str]) -> None:
    assert completed(dalle2, *words) == offered


def test_bash_leaves_file_names_to_readline(dalle2: Dalle2) -> None:
    assert "complete -o default -F _dalle2 dalle2" in script(dalle2, "bash").read_text()
    assert completed(dalle2, "info", "fox") == []
    assert completed(dalle2, "generate", "-o", "fox") == []


def test_an_unknown_shell_is_refused(dalle2: Dalle2) -> None:
    failed(dalle2("completion", "tcsh"), 2, "'tcsh'", "bash, zsh and fish")


def test_completion_works_with_a_broken_configuration(dalle2: Dalle2) -> None:
    (dalle2.folder / ".dalle2.toml").write_text("nonsense")
    assert dalle2("completion", "bash").code == 0


def test_the_manual_page_has_every_command_option_and_exit_code(dalle2: Dalle2) -> None:
    page = dalle2("help", "--man").out.decode()
    for text in ("dalle2 batch", "\\-\\-save\\-steps", "SH EXIT STATUS", "DALLE2_PRIOR_STEPS"):
        assert text in page
    assert "markdown" not in page
    groff = shutil.which("groff")
    if not groff:
        pytest.skip("no groff here to set it")
    run = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-Kutf8"], input=page, capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    assert "PROMPT" in run.stdout

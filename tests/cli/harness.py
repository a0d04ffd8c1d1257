"""The binary from outside: exit code, standard output, standard error, files.

DALLE2_BINARY names the binary; without it, build/dalle2 is taken.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "tests" / "fixtures"
BINARY = Path(os.environ.get("DALLE2_BINARY", REPOSITORY / "build" / "dalle2")).resolve()


@dataclass
class Result:
    code: int  # negative for the signal that ended it
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()


@dataclass
class Dalle2:
    """Runs the binary in an empty folder, with a home of its own and the tiny model installed."""

    folder: Path
    home: Path
    models: Path
    environment: dict[str, str] = field(default_factory=dict)

    def all_variables(self) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS")
            if name in os.environ
        }
        own = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "DALLE2_MODELS": str(self.models),
            "DALLE2_MODEL": "tiny",
            "OMP_NUM_THREADS": "1",
        }
        return kept | own | self.environment

    def start(
        self, *arguments: str | bytes | Path, before: Callable[[], None] | None = None, **options
    ) -> subprocess.Popen:
        def prepare() -> None:
            # A test run in the background may have handed us an ignored SIGINT.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if before:
                before()

        streams = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        } | options
        return subprocess.Popen(
            [BINARY, *arguments], cwd=self.folder, env=self.all_variables(), preexec_fn=prepare, **streams
        )

    def __call__(self, *arguments: str | bytes | Path, stdin: bytes = b"", **options) -> Result:
        process = self.start(*arguments, stdin=subprocess.PIPE, **options)
        out, err = process.communicate(stdin, timeout=120)
        return Result(process.returncode, out or b"", (err or b"").decode(errors="replace"))

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


def failed(result: Result, code: int, *words: str) -> None:
    """One sentence on standard error that has all `words` in it, nothing on standard output."""
    assert result.code == code, f"exit code {result.code}: {result.err}"
    assert result.out == b"", result.out
    lines = [line for line in result.err.splitlines() if not line.startswith("seed ")]
    assert len(lines) == 1, result.err
    assert lines[0].startswith("dalle2: "), result.err
    assert len(lines[0]) < 600, result.err
    for word in words:
        assert word in lines[0], f"{word!r} is missing in {lines[0]!r}"

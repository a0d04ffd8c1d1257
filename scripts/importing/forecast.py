"""What an import will need, told beforehand."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from scripts.importing.faults import ImportFault
from scripts.importing.files import EXAMPLE_BATCH, NetworkFile
from scripts.importing.tokenizer import TokenizerFiles
from scripts.importing.tracing import MARKER

LIBRARIES = 1_000_000_000  # memory of Python with torch, diffusers and transformers in it
LAYERS_AT_ONCE = 60  # results of a U-Net's widest layer that fill the memory its tracing takes; measured


@dataclass
class Forecast:
    """Bytes."""

    files: list[tuple[str, int]]
    package: int
    disk: int  # at the worst moment: a file lies there twice while it is written
    memory: int

    def lines(self) -> list[str]:
        rows = [f"  {name:24}{gigabytes(size)}" for name, size in self.files]
        total = f"{gigabytes(self.package)} in all; {gigabytes(self.disk)} of disk while importing"
        return [*rows, f"{total}, about {gigabytes(self.memory)} of memory"]


def forecast(networks: list[NetworkFile], tokenizer: TokenizerFiles, dtype: torch.dtype) -> Forecast:
    files = [(file.name, file.parameters() * dtype.itemsize) for file in networks]
    texts = [("vocab.json", tokenizer.vocab), ("merges.txt", tokenizer.merges)]
    files += [(name, len(text.encode())) for name, text in texts]
    package = sum(size for _, size in files)
    return Forecast(
        files=files,
        package=package,
        disk=package + max(size for _, size in files),
        memory=LIBRARIES + max(memory_of(file, dtype) for file in networks),
    )


def memory_of(file: NetworkFile, dtype: torch.dtype) -> int:
    """The network with what was read of its file, a copy to trace, and the results of its layers."""
    reading = sum(part.file_bytes() for part in file.parts)
    layer = EXAMPLE_BATCH * MARKER.itemsize * sum(part.layer_values() for part in file.parts)
    tracing = file.parameters() * MARKER.itemsize + LAYERS_AT_ONCE * layer
    return file.parameters() * dtype.itemsize + reading + tracing


def require_disk(need: Forecast, folder: Path) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < need.disk:
        raise ImportFault(f"{there} has {gigabytes(free)} free; the import needs {gigabytes(need.disk)}")


def gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e7 else f"{size / 1e6:.2f} MB"

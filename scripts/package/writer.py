"""Writes model packages: a folder of TorchScript networks, a tokenizer and model.json (docs/model-package.md).

A package appears under its name in one step, when it is whole; until then it is a hidden folder beside it.
"""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

import torch
from torch import nn

from scripts.package.manifest import Manifest

# LibTorch's writer makes these itself.
OWN_RECORDS = {"version", "byteorder", ".data/serialization_id"}

CODE_BYTES = 1 << 22  # of a network's file, at most, besides its weights


class PackageWriter:
    """`with PackageWriter(folder, manifest) as writer:` add networks and files, then `writer.finish()`.

    Leaving without finish(), for whatever reason, leaves nothing behind.
    """

    def __init__(self, folder: Path, manifest: Manifest, dtype: torch.dtype = torch.float16) -> None:
        self.folder = folder
        self.manifest = manifest
        self.dtype = dtype
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))

    def __enter__(self) -> "PackageWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self.partial, ignore_errors=True)

    def add_network(self, name: str, module: nn.Module) -> "PackageWriter":
        """Scripts `module` (unless it is TorchScript already) into file `name`. Takes it over: its weights are
        converted in place, so that no second copy is held."""
        module = module.eval().requires_grad_(False).to(self.dtype)
        for key, tensor in module.state_dict().items():
            if tensor.is_floating_point() and not tensor.isfinite().all():
                raise ValueError(f"{name}: {key} has numbers that {self.dtype} cannot hold")
        script = module if isinstance(module, torch.jit.ScriptModule) else torch.jit.script(module)
        save_script(script, self.partial / name)
        return self

    def add_bytes(self, name: str, contents: bytes) -> "PackageWriter":
        (self.partial / name).write_bytes(contents)
        return self

    def add_text(self, name: str, text: str) -> "PackageWriter":
        return self.add_bytes(name, text.encode())

    def finish(self) -> Path:
        """Writes model.json and gives the package its name, replacing an older package of that name."""
        for name in self.manifest.network_files():
            if not (self.partial / name).is_file():
                raise ValueError(f"the manifest names {name}, which was not added")
        files = {
            path.name: {"size": path.stat().st_size, "sha256": sha256(path)}
            for path in sorted(self.partial.iterdir())
        }
        manifest = self.manifest.to_json() | {"files": files}
        self.add_text("model.json", compact_json(manifest) + "\n")
        for path in self.partial.iterdir():
            sync(path)
        self.partial.chmod(0o755)
        replace_folder(self.partial, self.folder)
        return self.folder


def save_script(script: torch.jit.ScriptModule, path: Path) -> None:
    """torch.jit.save without the debug records, which hold the paths of the sources on this computer."""
    require_room(
        path.parent, 2 * (CODE_BYTES + sum(tensor.nbytes for tensor in script.state_dict().values()))
    )
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        torch.jit.save(script, str(whole))
        reader = torch._C.PyTorchFileReader(str(whole))
        writer = torch._C.PyTorchFileWriter(str(path))
        for name in reader.get_all_records():
            if name not in OWN_RECORDS and not name.endswith(".debug_pkl"):
                record = reader.get_record(name)
                writer.write_record(name, record, len(record))
        writer.write_end_of_file()


def require_room(folder: Path, size: int) -> None:
    """Raises OSError if a full disk, a quota or a limit is in the way: torch's writer would end the process."""
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, size)


def compact_json(value: object, indent: int = 0) -> str:
    """JSON with a line per key, except for lists of numbers, which would take a line a number."""
    inner = " " * (indent + 2)
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(key)}: {compact_json(item, indent + 2)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        lines = [inner + compact_json(item, indent + 2) for item in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_folder(new: Path, folder: Path) -> None:
    """Folders cannot replace each other in one step: the old one steps aside, and comes back if that fails."""
    if not folder.exists():
        new.rename(folder)
        return
    aside = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    try:
        new.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)

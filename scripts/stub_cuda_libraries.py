"""Lets PyPI's CUDA build of torch be imported by Python on a machine without the CUDA libraries.

LibTorch on CPU needs two CUDA libraries (libcudart, libcupti); `import torch` loads libtorch_cuda
too, and with it another 3.4 GB of libraries that a CPU never calls. This script compiles libraries of
the same names whose functions only abort, so that the loader is satisfied. Libraries that are really
there are left alone, and a later install of the real ones wins: their folders come first in RPATH.

Usage: stub_cuda_libraries.py SITE_PACKAGES
"""

import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


def elf_lines(tool: list[str], path: Path) -> list[str]:
    return subprocess.run([*tool, str(path)], capture_output=True, text=True, check=True).stdout.splitlines()


def needed(path: Path) -> set[str]:
    lines = elf_lines(["readelf", "-d"], path)
    return {line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line}


def symbols(path: Path, which: str) -> set[str]:
    return {line.split()[-1] for line in elf_lines(["nm", "-D", which], path) if line.strip()}


def version_owners(path: Path) -> dict[str, str]:
    """Symbol version -> the library it is expected from."""
    owners, library = {}, ""
    for line in elf_lines(["readelf", "-VW"], path):
        if "File: " in line:
            library = line.split("File: ")[1].split()[0]
        elif "Name: " in line and library:
            owners[line.split("Name: ")[1].split()[0]] = library
    return owners


def compile_stub(directory: Path, soname: str, versions: dict[str, set[str]]) -> None:
    """Versions maps a symbol version ("" for none) to the functions that carry it."""
    with tempfile.TemporaryDirectory() as work:
        source, script = Path(work, "stub.c"), Path(work, "stub.map")
        functions = sorted(set().union(*versions.values()))
        bodies = "".join(f"void {name}(void) {{ abort(); }}\n" for name in functions)
        source.write_text(f"#include <stdlib.h>\n{bodies}")
        command = ["gcc", "-w", "-fno-builtin", "-shared", "-fPIC", f"-Wl,-soname,{soname}", str(source)]
        named = {version: names for version, names in versions.items() if version}
        if named:
            nodes = [
                f"{version} {{ global: {'; '.join(sorted(names))}; }};" for version, names in named.items()
            ]
            script.write_text("\n".join(nodes))
            command.append(f"-Wl,--version-script={script}")
        command += ["-o", str(directory / soname)]
        subprocess.run(command, check=True)


def main() -> None:
    site = Path(sys.argv[1])
    torch_lib = site / "torch" / "lib"
    nvidia = [path for path in site.glob("nvidia/*/lib/*.so*") if path.is_file()]
    present = {path.name for path in nvidia}
    torch_libraries = sorted(
        path for path in torch_lib.glob("*.so*") if path.name.startswith(("libtorch", "libc10"))
    )

    wanted = set().union(*(needed(path) for path in torch_libraries))
    missing = {
        name for name in wanted if name.startswith(("libcu", "libnccl", "libnvshmem")) and name not in present
    }

    by_library: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in torch_libraries:
        owners = version_owners(path)
        for symbol in symbols(path, "--undefined-only"):
            name, _, version = symbol.partition("@")
            if version:
                by_library[owners.get(version, "")][version].add(name)
            elif name.startswith(("nccl", "cuFile", "cusparseLt", "curand")):
                by_library["libnccl.so.2"][""].add(name)  # unversioned: any one library may define it

    for soname in sorted(missing):
        compile_stub(torch_lib, soname, by_library[soname] or {"": set()})
    print(f"stubbed {len(missing)} CUDA libraries in {torch_lib}")


if __name__ == "__main__":
    main()

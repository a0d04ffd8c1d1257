"""What of this computer the numbers depend on, without naming it."""

import os
from pathlib import Path

# As /proc/cpuinfo has them; those that decide which kernels LibTorch takes.
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")


def cpu_features(cpuinfo: str) -> list[str]:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return [feature for feature in FEATURES if feature in value.split()]
    return []


def machine_facts(threads: int) -> dict[str, object]:
    cpuinfo = Path("/proc/cpuinfo")
    return {
        "cpu_features": cpu_features(cpuinfo.read_text()) if cpuinfo.is_file() else [],
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
    }

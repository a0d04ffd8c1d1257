"""What dalle2 is to reach, checked against measured numbers."""

from typing import Any

NOISE = 0.02  # medians of the same thing differ by that much
COLD_START_GAIN = 5.0
MEMORY_BYTES = 10**9


def target(name: str, value: float, text: str, met: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "text": text, "met": met}


def check_targets(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Each with `value`, the same as `text`, and whether it is `met`."""
    contenders = results["contenders"]
    ours, loop, diffusers = (contenders[name] for name in ("dalle2", "Python loop", "diffusers"))

    def gain(other: dict[str, Any], task: str) -> float:
        return other[task]["median_seconds"] / ours[task]["median_seconds"]

    targets = []
    for task in ours:
        ratio = gain(loop, task)
        targets.append(
            target(f"no slower than the Python loop, {task}", ratio, f"{ratio:.2f} x", ratio >= 1 - NOISE)
        )
    ratio = gain(diffusers, "cold")
    targets.append(
        target(
            f"cold start {COLD_START_GAIN:.0f} x sooner than diffusers",
            ratio,
            f"{ratio:.1f} x",
            ratio >= COLD_START_GAIN,
        )
    )
    for task, run in ours.items():
        memory = run["peak_memory_bytes"]
        targets.append(
            target(f"at most 1 GB, {task}", memory, f"{memory / 1e9:.2f} GB", memory <= MEMORY_BYTES)
        )
    return targets

"""Results as tables in Markdown and as a picture."""

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def counted(task: str) -> int:
    return 1 if task == "cold" else int(task.split()[1])


def described(task: str) -> str:
    return "process to first picture" if task == "cold" else f"warm, {task}"


def operations_of(results: dict[str, Any], who: str) -> float:
    """Of one picture: its text, both rows of each guided step, and the upsampler's steps."""
    shapes, steps = results["shapes"][who], results["steps"]
    return (
        shapes["text_encoder"]["operations"] * (2 if who == "diffusers" else 1)
        + 2 * steps["prior"] * shapes["prior"]["operations"]
        + 2 * steps["decoder"] * shapes["decoder"]["operations"]
        + steps["upsampler"] * shapes["upsampler_256"]["operations"]
    )


def times_table(results: dict[str, Any]) -> str:
    contenders = results["contenders"]
    rows = []
    for task, ours in contenders["dalle2"].items():
        row = [described(task)]
        for runs in contenders.values():
            run = runs[task]
            ratio = run["median_seconds"] / ours["median_seconds"]
            row.append(
                f"{run['median_seconds']:.2f} s ({run['fastest_seconds']:.2f} to {run['slowest_seconds']:.2f})"
            )
            if run is not ours:
                row.append(f"{ratio:.2f} x")
        rows.append(row)
    loop, diffusers = list(contenders)[1:]
    return table(["median (fastest to slowest)", "dalle2", loop, "ratio", diffusers, "ratio"], rows)


def throughput_table(results: dict[str, Any]) -> str:
    rows = []
    for name, tasks in results["contenders"].items():
        operations = operations_of(results, "diffusers" if name == "diffusers" else "dalle2")
        for task, run in tasks.items():
            if task == "cold":
                continue
            rate = counted(task) / run["median_seconds"]
            rows.append(
                [
                    name,
                    task,
                    f"{rate:.2f}",
                    f"{operations / 1e9:.0f}",
                    f"{rate * operations / 1e9:.0f}",
                    f"{run['peak_memory_bytes'] / 1e9:.2f} GB",
                ]
            )
        rows.append([name, "cold", "", "", "", f"{tasks['cold']['peak_memory_bytes'] / 1e9:.2f} GB"])
    return table(["", "", "pictures/s", "GFLOP a picture", "GFLOP/s", "peak memory"], rows)


def stages_table(results: dict[str, Any]) -> str:
    rows = []
    for task, report in results["dalle2"].items():
        for name, stage in report["stages"].items():
            rows.append(
                [
                    task,
                    name,
                    f"{stage['steps']:.0f}",
                    f"{1e3 * stage['seconds'] / stage['steps']:.1f} ms",
                    f"{stage['operations'] / stage['seconds'] / 1e9:.0f}",
                    f"{100 * stage['share_of_peak']:.0f} %",
                ]
            )
        peak = report["matmul_peak"]
        rows.append([task, "matrix product", "", "", f"{peak / 1e9:.0f}", "100 %"])
    return table(["", "stage", "steps", "a step", "GFLOP/s", "of the peak"], rows)


def shapes_table(results: dict[str, Any]) -> str:
    ours, theirs = results["shapes"]["dalle2"], results["shapes"]["diffusers"]
    rows = []
    for name, shape in ours.items():
        other = theirs[name]
        rows.append(
            [name]
            + [f"{one['parameters'] / 1e6:.1f} M" for one in (shape, other)]
            + [f"{one['operations'] / 1e9:.2f}" for one in (shape, other)]
        )
    return table(["network", "parameters", "diffusers", "GFLOP a row and step", "diffusers"], rows)


def targets_table(results: dict[str, Any]) -> str:
    rows = [
        [target["name"], target["text"], "yes" if target["met"] else "**no**"]
        for target in results["targets"]
    ]
    return table(["target", "measured", "met"], rows)


def markdown(results: dict[str, Any]) -> str:
    machine, steps = results["machine"], results["steps"]
    features = ", ".join(machine["cpu_features"]) or "none of note"
    facts = (
        f"{results['model']}, {results['dtype']}, {machine['threads']} threads of a CPU with {features}; "
        f"{steps['prior']} prior, {steps['decoder']} decoder and {steps['upsampler']} upsampler steps; "
        f"{results['rounds']} rounds."
    )
    parts = [facts]
    for title, make in (
        ("Targets", targets_table),
        ("Times", times_table),
        ("Throughput and memory", throughput_table),
        ("Stages of dalle2", stages_table),
        ("Networks compared", shapes_table),
    ):
        parts.append(f"### {title}\n\n{make(results)}")
    return "\n\n".join(parts) + "\n"


def write_between_markers(path: Path, text: str) -> None:
    """Replaces what the last run wrote; the rest of the file is written by hand."""
    document = path.read_text(encoding="utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path}: needs the lines {BEGIN} and {END}, between which the numbers go")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def plot(results: dict[str, Any], path: Path) -> None:
    """Seconds a picture, one group of bars a task."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    contenders = results["contenders"]
    tasks = list(contenders["dalle2"])
    figure, axes = pyplot.subplots(figsize=(6.4, 2.6), layout="constrained")
    height = 0.8 / len(contenders)
    for index, (name, runs) in enumerate(contenders.items()):
        seconds = [runs[task]["median_seconds"] / counted(task) for task in tasks]
        places = [place + index * height for place in range(len(tasks))]
        bars = axes.barh(places, seconds, height, label=name)
        axes.bar_label(bars, [f" {value:.2f} s" for value in seconds], fontsize=8)
    axes.set_yticks([place + height for place in range(len(tasks))], [described(task) for task in tasks])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("seconds a picture")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)

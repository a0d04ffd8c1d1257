"""Writes a pipeline's parts as a model package, one part in memory at a time."""

from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from scripts.importing.faults import ImportFault
from scripts.importing.files import NetworkFile, network_files
from scripts.importing.manifest import make_manifest
from scripts.importing.pipeline import Pipeline
from scripts.importing.tokenizer import TokenizerFiles
from scripts.importing.tracing import TraceError, trace
from scripts.package.manifest import Manifest
from scripts.package.writer import PackageWriter


@dataclass
class Labels:
    name: str
    title: str
    licence: str


def write_package(pipeline: Pipeline, folder: Path, labels: Labels, dtype: torch.dtype) -> None:
    manifest = make_manifest(pipeline, labels.name, labels.title, labels.licence, read_learned(pipeline))
    write_networks(folder, manifest, network_files(pipeline), pipeline.tokenizer, dtype)


def write_networks(
    folder: Path, manifest: Manifest, files: list[NetworkFile], tokenizer: TokenizerFiles, dtype: torch.dtype
) -> None:
    """Leaves nothing behind unless it comes to its end."""
    total = sum(file.parameters() for file in files) * dtype.itemsize
    with (
        PackageWriter(folder, manifest, dtype) as writer,
        tqdm(total=total, unit="B", unit_scale=True, desc="importing") as bar,
    ):
        writer.add_text("vocab.json", tokenizer.vocab)
        writer.add_text("merges.txt", tokenizer.merges)
        for file in files:
            bar.set_description(f"{file.name}: reading")
            network = file.assemble(*(part.load(dtype) for part in file.parts))
            bar.set_description(f"{file.name}: tracing")
            try:
                script = trace(network, file.example)
            except TraceError as error:
                names = " and ".join(part.name for part in file.parts)
                raise ImportFault(f"{names} cannot become TorchScript: {error}") from None
            bar.set_description(f"{file.name}: writing")
            try:
                writer.add_network(file.name, script)
            except ValueError as error:
                raise ImportFault(f"{error}; import with --dtype float32") from None
            del network, script
            bar.update(file.parameters() * dtype.itemsize)
        bar.set_description("finishing")
        writer.finish()


def read_learned(pipeline: Pipeline) -> dict[str, list[float]]:
    """What stands among the weights and goes into model.json."""
    prior, text_proj = pipeline.parts["prior"], pipeline.parts["text_proj"]
    std = prior.tensor("clip_std").flatten().tolist()
    if min(std) <= 0:
        raise ImportFault(f"{prior.folder}: clip_std has numbers that are not above 0")
    return {
        "mean": prior.tensor("clip_mean").flatten().tolist(),
        "std": std,
        "unconditional": text_proj.tensor("learned_classifier_free_guidance_embeddings").tolist(),
    }

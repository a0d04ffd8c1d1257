"""Makes a model package of what was trained.

    python -m scripts.package.export --work DIR --out models/emoji

Reads the averaged weights of the trainers' work folders in DIR. Those of clip, prior, splitter, layout and decoder
must be there; --without leaves out others. README.md of the package says what was trained for how long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn
from tqdm import tqdm

from scripts.networks.compositor import Compositor
from scripts.networks.packed_tokens import PackedTokens
from scripts.networks.places import LAYOUT
from scripts.networks.prior import Prior
from scripts.package import manifest as m
from scripts.package.tokenizer_file import without_paths as tokenizer_without_paths
from scripts.package.writer import PackageWriter
from scripts.training.checkpoint import load_checkpoint
from scripts.training.classifier import load_classifier
from scripts.training.clip import clip_folder, load_clip
from scripts.training.config import option, parse_config, without_paths
from scripts.training.decoder import load_decoder
from scripts.training.from_package import TRAINING
from scripts.training.loop import HISTORY
from scripts.training.normalised import CLAMP
from scripts.training.prior import load_prior
from scripts.training.sketch import load_fine_sketch
from scripts.training.upsampler import load_upsampler

# Work folders of the parts of the prior, and what they are called in it.
OF_PRIOR = {"prior": "part", "splitter": "splitter", "layout": "layout"}
REQUIRED = ("clip", "sketch", *OF_PRIOR, "decoder")
OPTIONAL = ("upsampler", "classifier")
PURPOSES = {
    "text_encoder": "prompt to CLIP text embedding and token states",
    "prior": "what a text says of a thing or background to its CLIP image embedding",
    "splitter": "text to what it says of each thing and the background; in the prior's file",
    "layout": "image embeddings of things, and the text, to where they stand; in the prior's file",
    "sketch": "image embedding to a first look of the picture; in the compositor's file and the decoder's",
    "decoder": "image embedding and text to a 64 x 64 picture",
    "upsampler_256": "64 x 64 to 256 x 256",
    "classifier": "CLIP's view of noised pictures, for classifier guidance",
    "image_encoder": "picture to CLIP image embedding",
}


@dataclass
class ExportConfig:
    work: Path = option(None, "folder that holds the trainers' work folders and the sprite bank")
    out: Path = option(Path("models/emoji"), "package folder to write; its name is the model's")
    title: str = option("Emoji, stickers and icons with transparent backgrounds", "one line for people")
    licence: str = option("Apache-2.0; art it learned from: see ATTRIBUTION.md", "licence of the weights")
    notes: Path = option(None, "Markdown for the model card: how it was trained, what it can and cannot do")
    without: list[str] = option([], f"parts to leave out: {', '.join(OPTIONAL)}")
    prior_sampler: str = option("ddim", "the prior's default sampler")
    prior_steps: int = option(8, "the prior's default steps")
    prior_guidance: float = option(2.0, "the prior's default guidance")
    prior_candidates: int = option(16, "embeddings sampled a picture, the most typical is used")
    sampler: str = option("ddpm", "the decoder's default sampler")
    steps: int = option(16, "the decoder's default steps")
    guidance: float = option(1.5, "the decoder's default guidance")
    classifier_scale: float = option(8.0, "default scale of classifier guidance")
    upsampler_sampler: str = option("ddim", "the upsampler's default sampler")
    upsampler_steps: int = option(2, "the upsampler's default steps")
    upsampler_start: int = option(499, "timestep to which the enlarged picture is noised")
    size: int = option(0, "default size of pictures (default: the largest)")


@dataclass
class Trained:
    """A network and the checkpoint that it comes from."""

    network: nn.Module
    state: dict[str, Any]

    def row(self, name: str) -> str:
        packed = (part.values for part in self.network.modules() if isinstance(part, PackedTokens))
        parameters = sum(part.numel() for part in (*self.network.parameters(), *packed))
        hours = self.state["seconds"] / 3600
        return (
            f"| {name} | {PURPOSES[name]} | {parameters / 1e6:.1f} M | {self.state['step']:,} | "
            f"{self.state['examples']:,} | {hours:.2f} |"
        )


def included(config: ExportConfig) -> set[str]:
    """The optional parts that are both trained and wanted."""
    if unknown := set(config.without) - set(OPTIONAL):
        raise SystemExit(f"--without {' '.join(sorted(unknown))}: unknown; known: {', '.join(OPTIONAL)}")
    for part in REQUIRED:
        if not (config.work / part).is_dir():
            raise SystemExit(f"{config.work / part}: not there; a package needs {', '.join(REQUIRED)}")
    trained = {part for part in ("upsampler", "classifier") if (config.work / part).is_dir()}
    return trained - set(config.without)


def checkpoint(folder: Path) -> dict[str, Any]:
    state = load_checkpoint(folder)
    if state is None:
        raise SystemExit(f"{folder}: holds no checkpoint; train it first")
    return state


def trained_parts(config: ExportConfig, parts: set[str], prior: Prior) -> Iterator[tuple[str, Trained]]:
    """One network after the other, so that few are in memory."""
    work = config.work
    _, text_encoder, image_encoder = load_clip(clip_folder(work))
    text_encoder.tokens = PackedTokens(text_encoder.tokens.weight)
    yield "text_encoder", Trained(text_encoder, checkpoint(clip_folder(work)))
    yield "prior", Trained(prior, checkpoint(work / "prior"))
    yield "decoder", Trained(load_decoder(work / "decoder"), checkpoint(work / "decoder"))
    if "upsampler" in parts:
        yield "upsampler_256", Trained(load_upsampler(work / "upsampler"), checkpoint(work / "upsampler"))
    if "classifier" in parts:
        yield "classifier", Trained(load_classifier(work / "classifier"), checkpoint(work / "classifier"))
    yield "image_encoder", Trained(image_encoder, checkpoint(work / "clip"))


def rounded(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def logit_scale(folder: Path) -> float:
    """Of the classifier's contrastive loss, as its training limits it."""
    return float(f"{checkpoint(folder)['ema']['log_scale'].clamp(max=4.6).exp():.4g}")


def upsampler_part(config: ExportConfig) -> m.Upsampler:
    return m.Upsampler(
        "upsampler_256.pt",
        m.Schedule("squaredcos_cap_v2"),
        "x0",
        m.Clamp("static", 1.0),
        input_size=64,
        output_size=256,
        start={"from": "noised_low_res", "timestep": config.upsampler_start},
    )


def make_manifest(config: ExportConfig, parts: set[str], length: int, prior: Prior) -> m.Manifest:
    upsamplers = [upsampler_part(config)] if "upsampler" in parts else []
    text_width, guided = prior.splitter.out.in_features, prior.parts * prior.embedding
    return m.Manifest(
        name=config.out.name,
        title=config.title,
        licence=config.licence,
        tokenizer=m.Tokenizer("sentencepiece", length, pad_id=0),
        embedding=m.Embedding(len(prior.mean), rounded(prior.mean.tolist()), rounded(prior.std.tolist())),
        picture=m.Picture(channels=4, size=64, alpha="premultiplied"),
        networks=m.Networks(
            text_encoder=m.TextEncoder("text_encoder.pt", text_width),
            prior=m.Prior(
                "prior.pt",
                m.Schedule("squaredcos_cap_v2"),
                "x0",
                m.Clamp("static", CLAMP),
            ),
            compositor=m.Compositor("compositor.pt", guided + LAYOUT, guided),
            decoder=m.Decoder(
                "decoder.pt",
                m.Schedule("squaredcos_cap_v2", rescale_zero_terminal_snr=True),
                "v",
                m.Clamp("static", 1.0),
                truncate_at=checkpoint(config.work / "decoder")["config"]["truncate_at"],
            ),
            upsamplers=upsamplers,
            classifier=(
                m.Classifier("classifier.pt", logit_scale(config.work / "classifier"))
                if "classifier" in parts
                else None
            ),
            image_encoder=m.ImageEncoder("image_encoder.pt", 64),
        ),
        defaults=m.Defaults(
            prior=m.PriorStage(
                config.prior_sampler,
                config.prior_steps,
                guidance=config.prior_guidance,
                candidates=config.prior_candidates,
            ),
            decoder=m.DecoderStage(
                config.sampler,
                config.steps,
                guidance=config.guidance,
                classifier_scale=config.classifier_scale,
                guidance_interval=[0.5, 1.0],  # not in the first step, which is the sketch
            ),
            upsampler=m.Stage(config.upsampler_sampler, config.upsampler_steps) if upsamplers else None,
            size=config.size or (256 if upsamplers else 64),
            transparent_prompt="{prompt} on a transparent background",
            opaque_prompt="{prompt} on a white background",
        ),
    )


def model_card(config: ExportConfig, rows: list[str]) -> str:
    """README.md of the package, from what the checkpoints recorded."""
    bank = config.work / "bank"
    with open(bank / "table.jsonl", encoding="utf-8") as table:
        sprites = sum(1 for _ in table)
    lines = [
        f"# {config.out.name}",
        "",
        f"{config.title}. A model package for dalle2.",
        "",
        f"Licence: {config.licence}.",
        "",
        "## Networks",
        "",
        "Averaged weights of training, stored as float16 TorchScript.",
        "",
        "| network | what it does | parameters | training steps | examples | hours |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "## Data",
        "",
        f"Scenes composed on the fly from {sprites:,} drawings, captioned by templates. ATTRIBUTION.md names the works, "
        "their authors and licences.",
        "",
    ]
    notes = config.notes.read_text(encoding="utf-8") if config.notes else ""
    return "\n".join(lines) + (f"\n{notes}" if notes else "")


def training_record(work: Path, parts: set[str]) -> str:
    """What scripts.training.from_package needs besides the weights; without this computer's paths."""
    record = {}
    names = [*REQUIRED, clip_folder(work).name, *sorted(parts & {"upsampler", "classifier"})]
    for name in dict.fromkeys(names):  # CLIP is one folder, or two where it has been tuned
        state = checkpoint(work / name)
        record[name] = {key: state[key] for key in HISTORY} | {"config": without_paths(state["config"])}
    return json.dumps(record, indent=1) + "\n"


def main() -> None:
    config = parse_config(ExportConfig, "", "Makes a model package of what was trained.")
    parts = included(config)
    if config.notes and not config.notes.is_file():
        raise SystemExit(f"--notes {config.notes}: no such file")
    prior = load_prior(config.work / "prior")
    tokenizer, text_encoder, _ = load_clip(clip_folder(config.work))
    length = min(tokenizer.length, text_encoder.positions.shape[0] - 1)
    rows = []
    with PackageWriter(config.out, make_manifest(config, parts, length, prior)) as writer:
        writer.add_bytes("tokenizer.model", tokenizer_without_paths(tokenizer.path.read_bytes()))
        for name, trained in tqdm(trained_parts(config, parts, prior), total=4 + len(parts), unit="network"):
            if name == "prior":
                for folder, part in OF_PRIOR.items():
                    of_part = Trained(getattr(trained.network, part), checkpoint(config.work / folder))
                    rows.append(of_part.row(folder))
                sketch = load_fine_sketch(config.work / "sketch")
                rows.append(Trained(sketch, checkpoint(config.work / "sketch")).row("sketch"))
                writer.add_network("compositor.pt", Compositor(sketch, prior.mean, prior.std).eval())
            else:
                rows.append(trained.row(name))
            writer.add_network(f"{name}.pt", trained.network)
        writer.add_bytes("ATTRIBUTION.md", (config.work / "bank" / "ATTRIBUTION.md").read_bytes())
        writer.add_text("README.md", model_card(config, rows))
        writer.add_text(TRAINING, training_record(config.work, parts))
        writer.finish()
    size = sum(path.stat().st_size for path in config.out.iterdir())
    print(f"{config.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

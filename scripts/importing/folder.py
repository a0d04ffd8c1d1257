"""What a folder in diffusers' layout holds: which pipeline, with which parts."""

import json
from pathlib import Path
from typing import Any

from scripts.importing.faults import ImportFault

TEXT_TO_IMAGE = "UnCLIPPipeline"
IMAGE_VARIATION = "UnCLIPImageVariationPipeline"

DECODING = {
    "tokenizer": "CLIPTokenizer",
    "text_encoder": "CLIPTextModelWithProjection",
    "text_proj": "UnCLIPTextProjModel",
    "decoder": "UNet2DConditionModel",
    "decoder_scheduler": "UnCLIPScheduler",
    "super_res_first": "UNet2DModel",
    "super_res_last": "UNet2DModel",
    "super_res_scheduler": "UnCLIPScheduler",
}
PARTS = {
    TEXT_TO_IMAGE: DECODING | {"prior": "PriorTransformer", "prior_scheduler": "UnCLIPScheduler"},
    IMAGE_VARIATION: DECODING
    | {"feature_extractor": "CLIPImageProcessor", "image_encoder": "CLIPVisionModelWithProjection"},
}


def pipeline_class(folder: Path) -> str:
    """TEXT_TO_IMAGE or IMAGE_VARIATION; all parts of it are there and of the classes that it needs."""
    if not folder.is_dir():
        raise ImportFault(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    if not (folder / "model_index.json").is_file():
        raise ImportFault(f"{folder} has no model_index.json: {other_content(folder)}")
    index = read_json(folder / "model_index.json")
    name = index.get("_class_name")
    if name not in PARTS:
        raise ImportFault(
            f"{folder} holds a {name}, which is not an unCLIP pipeline; "
            f"{TEXT_TO_IMAGE} and {IMAGE_VARIATION} can be imported"
        )
    for part, wanted in PARTS[name].items():
        check_part(folder, index, part, wanted)
    return name


def check_part(folder: Path, index: dict[str, Any], part: str, wanted: str) -> None:
    entry = index.get(part)
    found = entry[1] if isinstance(entry, list) and len(entry) == 2 else None
    if found is None:
        raise ImportFault(f"{folder}/model_index.json names no {part}")
    if found.removesuffix("Fast").removesuffix("Pil") != wanted and found not in ALSO_FINE.get(part, ()):
        raise ImportFault(f"{folder}: {part} is a {found}; a {wanted} is needed")
    if not (folder / part).is_dir():
        raise ImportFault(f"{folder}/{part} is missing: the {found} that model_index.json names")


ALSO_FINE = {"feature_extractor": ("CLIPFeatureExtractor",)}  # the name before transformers 4.25


def other_content(folder: Path) -> str:
    """In words, what a folder holds that is not a pipeline."""
    if (folder / "model.json").is_file():
        return "it is a model package already; run it with dalle2 generate --model"
    if (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        kind = config.get("_class_name") or ", ".join(config.get("architectures") or []) or "model"
        return f"it holds a {kind} alone; give the folder of the whole pipeline"
    checkpoints = [path.name for path in folder.iterdir() if path.suffix in (".ckpt", ".pt", ".pth", ".th")]
    if checkpoints:
        return (
            f"it holds checkpoints ({', '.join(sorted(checkpoints)[:3])}); diffusers has scripts that "
            "convert Karlo's original ones to its layout"
        )
    return "it is not a pipeline that diffusers saved"


def read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImportFault(f"cannot read {path}: {error}") from None
    if not isinstance(content, dict):
        raise ImportFault(f"{path} does not hold a JSON object")
    return content

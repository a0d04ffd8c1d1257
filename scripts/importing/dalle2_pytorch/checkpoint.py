"""Weights out of the files that DALLE2-pytorch's trainers save, without running what else is pickled in them."""

import pickle
import types
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from scripts.importing.faults import ImportFault

Weights = dict[str, Tensor]

TENSORS = {
    ("collections", "OrderedDict"),
    ("torch._utils", "_rebuild_parameter"),
    ("torch._utils", "_rebuild_tensor"),
    ("torch._utils", "_rebuild_tensor_v2"),
}
SIGNS = {"prior": "net.learned_query", "decoder": "unets.0.null_image_embed"}
CLASSES = {"prior": "DiffusionPrior", "decoder": "Decoder"}


class Ignored(dict):
    """Stands for schedulers, versions and whatever else lies beside the weights: a pickle can name any program."""

    __hash__ = object.__hash__

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __setstate__(self, _: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        pass

    extend = append


class TensorUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        is_storage = module == "torch" and name.endswith("Storage")
        if is_storage or (module, name) in TENSORS:
            return super().find_class(module, name)
        return Ignored


TENSOR_PICKLE = types.SimpleNamespace(
    __name__="tensor_pickle",
    Unpickler=TensorUnpickler,
    UnpicklingError=pickle.UnpicklingError,
    load=lambda file, **options: TensorUnpickler(file, **options).load(),
)


def read_weights(path: Path, model: str, use_ema: bool) -> Weights:
    """Of `model`, "prior" or "decoder", named as its class names them. They stay on disk until they are used."""
    content = read_file(path)
    sections = [content.get("model"), content.get("model_params")]
    whole = next((section for section in sections if isinstance(section, dict)), content)
    weights = without_prefix(whole, f"{model}.") or whole  # of DALLE2, or of the model alone
    if SIGNS[model] not in weights:
        raise ImportFault(f"{path} holds no {CLASSES[model]}: {other_content(weights)}")
    if use_ema and model == "prior" and isinstance(content.get("ema_model"), dict):
        weights = content["ema_model"]
    if use_ema and model == "decoder" and isinstance(content.get("ema"), dict):
        weights = dict(weights)
        for name, tensor in content["ema"].items():
            number, _, rest = name.partition(".")
            if rest.startswith("ema_model."):
                weights[f"unets.{number}.{rest.removeprefix('ema_model.')}"] = tensor
    return {name: tensor for name, tensor in weights.items() if isinstance(tensor, Tensor)}


def read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ImportFault(f"{path} is not a file" if path.exists() else f"{path} does not exist")
    try:
        content = torch.load(
            path, map_location="cpu", mmap=True, weights_only=False, pickle_module=TENSOR_PICKLE
        )
    except Exception as error:  # whatever a file of something else makes the unpickler raise
        raise ImportFault(
            f"{path} is not a checkpoint that torch saved: {' '.join(str(error).split())[:200]}"
        ) from None
    if not isinstance(content, dict):
        raise ImportFault(f"{path} holds no weights by name")
    return content


def other_content(weights: dict[str, Any]) -> str:
    for model, sign in SIGNS.items():
        if sign in weights or f"{model}.{sign}" in weights:
            return f"it holds a {CLASSES[model]}"
    return f"its first entries are {', '.join(map(str, list(weights)[:3]))}" if weights else "it is empty"


def without_prefix(weights: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): x for name, x in weights.items() if str(name).startswith(prefix)}

"""The parts of a pipeline: their settings without their weights, and, one at a time, with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import PriorTransformer, UnCLIPScheduler, UNet2DConditionModel, UNet2DModel
from diffusers.pipelines.deprecated.unclip.text_proj import UnCLIPTextProjModel
from safetensors import safe_open
from torch import Tensor, nn
from transformers import CLIPTextModelWithProjection, CLIPVisionModelWithProjection

from scripts.importing.faults import ImportFault
from scripts.importing.folder import read_json

CLASSES: dict[str, type] = {
    "text_encoder": CLIPTextModelWithProjection,
    "text_proj": UnCLIPTextProjModel,
    "prior": PriorTransformer,
    "decoder": UNet2DConditionModel,
    "super_res_first": UNet2DModel,
    "super_res_last": UNet2DModel,
    "image_encoder": CLIPVisionModelWithProjection,
}
WEIGHTS = (".safetensors", ".bin")


@dataclass
class Part:
    """A network of the pipeline. `config` has every setting, those that the file leaves out at their defaults."""

    name: str
    folder: Path  # of the pipeline
    config: Any
    parameters: int

    def file_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.weight_files())

    def load(self, dtype: torch.dtype) -> nn.Module:
        """Every weight comes from the folder: none may be missing, none may have another shape."""
        options = {"output_loading_info": True, "use_safetensors": None}
        try:
            if self.name.endswith("_encoder"):
                found = CLASSES[self.name].from_pretrained(self.folder / self.name, dtype=dtype, **options)
            else:
                found = CLASSES[self.name].from_pretrained(
                    self.folder, subfolder=self.name, torch_dtype=dtype, low_cpu_mem_usage=False, **options
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise ImportFault(f"cannot read {self.folder / self.name}: {first_lines(error)}") from None
        network, info = found
        missing = sorted(info["missing_keys"])
        if missing:
            raise ImportFault(
                f"{self.folder / self.name}: {len(missing)} weights are missing, such as {missing[0]}"
            )
        return network

    def tensor(self, name: str) -> Tensor:
        """One weight in fp32, without the others."""
        for path in self.weight_files():
            if path.suffix == ".safetensors":
                with safe_open(path, "pt") as file:
                    names = file.keys()
                    if name in names:
                        return file.get_tensor(name).float()
            else:
                weights = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
                if name in weights:
                    return weights[name].float()
        raise ImportFault(f"{self.folder / self.name}: the weight {name} is missing")

    def weight_files(self) -> list[Path]:
        """safetensors where there are both, as diffusers chooses."""
        for suffix in WEIGHTS:
            files = sorted((self.folder / self.name).glob(f"*{suffix}"))
            if files:
                return files
        raise ImportFault(f"{self.folder / self.name} has no weights (a .safetensors or .bin file)")


def first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:400]


def read_part(folder: Path, name: str) -> Part:
    path = folder / name
    settings = read_json(path / "config.json")
    cls = CLASSES[name]
    try:
        with torch.device("meta"):
            if name.endswith("_encoder"):
                network = cls(cls.config_class.from_dict(settings))
            else:
                network = cls.from_config(settings)
    except Exception as error:  # whatever impossible settings make the constructors raise
        raise ImportFault(f"{path}/config.json does not describe a {cls.__name__}: {error}") from None
    parameters = sum(parameter.numel() for parameter in network.parameters())
    part = Part(name, folder, network.config, parameters)
    part.weight_files()
    return part


def read_scheduler(folder: Path, name: str) -> Any:
    try:
        return UnCLIPScheduler.from_config(read_json(folder / name / "scheduler_config.json")).config
    except ValueError as error:
        raise ImportFault(f"{folder / name}: {error}") from None

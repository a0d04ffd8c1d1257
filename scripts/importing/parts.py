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
    folder: Path  # the part's own
    config: Any
    parameters: int

    def file_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.weight_files())

    def layer_values(self) -> int:
        """In a result of a U-Net's first level, which has the most pixels; 0 for other networks."""
        channels = getattr(self.config, "block_out_channels", None)
        return self.config.sample_size**2 * channels[0] if channels else 0

    def load(self, dtype: torch.dtype) -> nn.Module:
        """Every weight comes from the folder: none may be missing, none may have another shape."""
        options = {"output_loading_info": True, "use_safetensors": None}
        try:
            if self.name.endswith("_encoder"):
                found = CLASSES[self.name].from_pretrained(self.folder, dtype=dtype, **options)
            else:
                found = CLASSES[self.name].from_pretrained(
                    self.folder, torch_dtype=dtype, low_cpu_mem_usage=False, **options
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise ImportFault(f"cannot read {self.folder}: {first_lines(error)}") from None
        network, info = found
        missing = sorted(info["missing_keys"])
        if missing:
            raise ImportFault(f"{self.folder}: {len(missing)} weights are missing, such as {missing[0]}")
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
        raise ImportFault(f"{self.folder}: the weight {name} is missing")

    def weight_files(self) -> list[Path]:
        """safetensors where there are both, as diffusers chooses."""
        for suffix in WEIGHTS:
            files = sorted(self.folder.glob(f"*{suffix}"))
            if files:
                return files
        raise ImportFault(f"{self.folder} has no weights (a .safetensors or .bin file)")


def first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:400]


def read_part(folder: Path, name: str) -> Part:
    """`folder` holds the part of that name alone; for an encoder, CLIP as a whole will do."""
    settings = read_json(folder / "config.json")
    cls = CLASSES[name]
    try:
        with torch.device("meta"):
            if name.endswith("_encoder"):
                network = cls(cls.config_class.from_pretrained(folder))
            else:
                network = cls.from_config(settings)
    except Exception as error:  # whatever impossible settings make the constructors raise
        raise ImportFault(f"{folder}/config.json does not describe a {cls.__name__}: {error}") from None
    parameters = sum(parameter.numel() for parameter in network.parameters())
    part = Part(name, folder, network.config, parameters)
    part.weight_files()
    return part


def read_scheduler(folder: Path, name: str) -> Any:
    try:
        return UnCLIPScheduler.from_config(read_json(folder / name / "scheduler_config.json")).config
    except ValueError as error:
        raise ImportFault(f"{folder / name}: {error}") from None

"""model.json as typed Python; docs/model-package.md says what every field means. None leaves a key out."""

from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT_VERSION = 1


@dataclass
class Tokenizer:
    kind: str  # sentencepiece, clip_bpe
    max_length: int
    pad_id: int | None = None
    add_bos: bool = False
    add_eos: bool = False


@dataclass
class Embedding:
    width: int
    mean: float | list[float]
    std: float | list[float]


@dataclass
class Picture:
    channels: int
    size: int
    alpha: str  # premultiplied with 4 channels, none with 3


@dataclass
class Schedule:
    kind: str  # linear, scaled_linear, squaredcos_cap_v2, betas
    num_timesteps: int = 1000
    rescale_zero_terminal_snr: bool = False
    beta_start: float | None = None
    beta_end: float | None = None
    betas: list[float] | None = None


@dataclass
class Clamp:
    kind: str  # none, static, dynamic
    range: float | None = None
    percentile: float | None = None


@dataclass
class TextEncoder:
    file: str
    token_width: int


@dataclass
class Diffusion:
    file: str
    schedule: Schedule
    prediction: str  # epsilon, v, x0
    clamp: Clamp
    variance: str = "fixed_small"
    spacing: str = "trailing"  # linspace, leading, trailing


@dataclass
class Prior(Diffusion):
    unconditional: dict[str, Any] = field(default_factory=lambda: {"text": "zeros"})


@dataclass
class Decoder(Diffusion):
    unconditional: dict[str, Any] = field(
        default_factory=lambda: {"text": "zeros", "image_embedding": "zeros"}
    )
    truncate_at: int | None = None


@dataclass(kw_only=True)
class Upsampler(Diffusion):
    input_size: int
    output_size: int
    start: dict[str, Any]  # {"from": "noise"} or {"from": "noised_low_res", "timestep": N}
    last_step_file: str | None = None


@dataclass
class Classifier:
    file: str
    logit_scale: float


@dataclass
class ImageEncoder:
    file: str
    size: int


@dataclass
class Compositor:
    file: str
    width: int  # of the prior's samples
    guided_width: int  # of their first part, which guidance changes


@dataclass
class Networks:
    text_encoder: TextEncoder
    prior: Prior
    decoder: Decoder
    compositor: Compositor | None = None
    upsamplers: list[Upsampler] = field(default_factory=list)
    classifier: Classifier | None = None
    image_encoder: ImageEncoder | None = None


@dataclass
class Stage:
    sampler: str
    steps: int
    eta: float = 0.0


@dataclass
class PriorStage(Stage):
    guidance: float = 1.0
    candidates: int = 1


@dataclass
class DecoderStage(Stage):
    guidance: float = 1.0
    classifier_scale: float = 0.0
    guidance_interval: list[float] = field(default_factory=lambda: [0.0, 1.0])


@dataclass
class Defaults:
    prior: PriorStage
    decoder: DecoderStage
    size: int
    upsampler: Stage | None = None
    transparent_prompt: str | None = None
    opaque_prompt: str | None = None


@dataclass
class Manifest:
    name: str
    title: str
    licence: str
    tokenizer: Tokenizer
    embedding: Embedding
    picture: Picture
    networks: Networks
    defaults: Defaults

    def to_json(self) -> dict[str, Any]:
        """Everything but "files", which PackageWriter adds."""
        return {"format_version": FORMAT_VERSION} | without_none(asdict(self))

    def network_files(self) -> list[str]:
        networks = self.networks
        parts = [networks.text_encoder, networks.prior, networks.decoder, *networks.upsamplers]
        parts += [
            part
            for part in (networks.compositor, networks.classifier, networks.image_encoder)
            if part is not None
        ]
        last_steps = [
            upsampler.last_step_file for upsampler in networks.upsamplers if upsampler.last_step_file
        ]
        return [part.file for part in parts] + last_steps


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value

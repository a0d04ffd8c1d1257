"""Noise-aware CLIP image encoder; the gradient of its agreement with the text steers sampling."""

from torch import Tensor, nn

from scripts.networks.blocks import timestep_features
from scripts.networks.image_encoder import ImageEncoderConfig, ImageTrunk

MODULATION = 128


class Classifier(nn.Module):
    """forward(x_t [B, C, 64, 64], t [B] int64) -> unit embedding [B, E], differentiable in x_t.

    The image encoder's trunk, each block scaled and shifted by the noise level (Nichol et al. 2021, noised CLIP).
    With the modulation at zero, as it begins, it is the image encoder.
    """

    def __init__(self, config: ImageEncoderConfig) -> None:
        super().__init__()
        self.features = MODULATION  # TorchScript sees no globals
        self.time = nn.Sequential(nn.Linear(MODULATION, MODULATION), nn.SiLU())
        self.trunk = ImageTrunk(config, MODULATION)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.trunk(x, self.time(timestep_features(t, self.features).to(x.dtype)))

"""Pictures as the evaluation keeps them: uint8 [N, S, S, 4], premultiplied RGBA."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

ALPHA_SNAP = 0.015  # as the binary writes its files: nearly clear and nearly opaque become clear and opaque


def to_uint8(x: Tensor) -> np.ndarray:
    """Network pictures [N, 4, S, S] in [-1, 1]."""
    unit = x.detach().float().cpu().add(1).div(2).clamp(0, 1)
    alpha = unit[:, 3:]
    alpha = alpha.masked_fill(alpha < ALPHA_SNAP, 0).masked_fill(alpha > 1 - ALPHA_SNAP, 1)
    pixels = torch.cat([torch.minimum(unit[:, :3], alpha), alpha], dim=1)
    return (pixels * 255).round().byte().permute(0, 2, 3, 1).numpy()


def to_signed(pictures: np.ndarray) -> Tensor:
    """[N, S, S, 4] uint8 to [N, 4, S, S] in [-1, 1]."""
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32)) / 127.5 - 1


def resized(picture: np.ndarray, size: int) -> np.ndarray:
    """One premultiplied picture [S, S, 4] at another size, by area where it shrinks."""
    if picture.shape[0] == size:
        return picture
    filtering = Image.Resampling.BOX if size < picture.shape[0] else Image.Resampling.BICUBIC
    out = np.array(Image.fromarray(np.ascontiguousarray(picture), "RGBa").resize((size, size), filtering))
    np.minimum(out[..., :3], out[..., 3:], out=out[..., :3])
    return out


def all_resized(pictures: np.ndarray, size: int) -> np.ndarray:
    return np.stack([resized(picture, size) for picture in pictures])


def premultiplied(path) -> np.ndarray:
    """A picture file as premultiplied RGBA."""
    with Image.open(path) as image:
        straight = np.asarray(image.convert("RGBA")).astype(np.uint16)
    out = straight.copy()
    out[..., :3] = (straight[..., :3] * straight[..., 3:] + 127) // 255
    return out.astype(np.uint8)

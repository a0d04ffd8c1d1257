"""Where arithmetic in bf16 pays. A CPU without it emulates it, some fifty times slower than float32."""

from __future__ import annotations

import torch


def has_bf16(device: torch.device | str) -> bool:
    """Whether bf16 is fast on this device, not merely emulated."""
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


def autocast(device: torch.device | str, bf16: str = "auto") -> torch.autocast:
    """Autocast to bf16: auto (where the hardware has it), on, off."""
    enabled = bf16 == "on" or (bf16 == "auto" and has_bf16(device))
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=enabled)

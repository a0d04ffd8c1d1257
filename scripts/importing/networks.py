"""Parts of a diffusers pipeline with the inputs and outputs that a model package's networks have
(docs/model-package.md). What UnCLIPPipeline does between its parts is done inside.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class TextEncoder(nn.Module):
    """CLIP's text encoder sees padding too, as in diffusers, so the mask goes unused here."""

    def __init__(self, text_encoder: nn.Module) -> None:
        super().__init__()
        self.text_encoder = text_encoder

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        output = self.text_encoder(input_ids=ids)
        return output.text_embeds, output.last_hidden_state


class Prior(nn.Module):
    def __init__(self, prior: nn.Module) -> None:
        super().__init__()
        self.prior = prior

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        return self.prior(x, t, text_embedding, token_states, mask, return_dict=False)[0]


class Decoder(nn.Module):
    """text_proj and decoder. Guidance is the caller's: its unconditional rows bring the image embedding that
    text_proj has learned for them, so text_proj sees plain rows."""

    def __init__(self, text_proj: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.text_proj = text_proj
        self.decoder = decoder

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        image_embedding: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
    ) -> Tensor:
        context, time = self.text_proj(
            image_embeddings=image_embedding,
            prompt_embeds=text_embedding,
            text_encoder_hidden_states=token_states,
            do_classifier_free_guidance=False,
        )
        context_mask = functional.pad(mask, (self.text_proj.clip_extra_context_tokens, 0), value=True)
        return self.decoder(x, t, context, class_labels=time, attention_mask=context_mask, return_dict=False)[
            0
        ]


class Upsampler(nn.Module):
    """A super-resolution network sees the small picture enlarged, beside the noisy large one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.size = network.config.sample_size

    def forward(self, x: Tensor, t: Tensor, low_res: Tensor) -> Tensor:
        enlarged = functional.interpolate(
            low_res.clamp(-1, 1).float(), size=(self.size, self.size), mode="bicubic", antialias=True
        )
        return self.network(torch.cat([x, enlarged.to(x.dtype)], 1), t, return_dict=False)[0]


class ImageEncoder(nn.Module):
    """Pictures in [-1, 1] of the encoder's own size; CLIP's mean and deviation of colours are applied here,
    resizing and cropping is the caller's."""

    def __init__(self, image_encoder: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.image_encoder = image_encoder
        # (x + 1) / 2 and (x - mean) / std in one; constants of fp32, which no conversion of weights rounds.
        self.scale = [0.5 / s for s in std]
        self.shift = [(0.5 - m) / s for m, s in zip(mean, std, strict=True)]

    def forward(self, x0: Tensor) -> Tensor:
        channels = [x0[:, i] * self.scale[i] + self.shift[i] for i in range(3)]
        return self.image_encoder(torch.stack(channels, 1)).image_embeds

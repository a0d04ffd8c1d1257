"""DALLE2-pytorch's networks with the inputs and outputs of a model package (docs/model-package.md), and without what
in them depends on the type of the weights, which a trace would hold fast: they do in every type what the library does
in float32.
"""

import torch
from dalle2_pytorch import dalle2_pytorch as library
from rotary_embedding_torch import RotaryEmbedding
from torch import Tensor, nn
from torch.nn import functional


class Sinusoid(nn.Module):
    """SinusoidalPosEmb of whole timesteps, in float32: bfloat16 cannot tell 999 from 1000."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.register_buffer("like", torch.empty(0), persistent=False)  # has the type of the weights

    def forward(self, t: Tensor) -> Tensor:
        angles = library.SinusoidalPosEmb.forward(self, t.float())
        return angles.to(self.like.dtype)


class Rotary(nn.Module):
    """RotaryEmbedding in float32: its frequencies lie among the weights and would be rounded with them."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def rotate_queries_or_keys(self, x: Tensor) -> Tensor:
        positions = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)
        angles = torch.outer(positions, frequencies(self.dim, x.device)).repeat_interleave(2, dim=-1)
        turned, rest = x[..., : self.dim].float(), x[..., self.dim :]
        pairs = turned.unflatten(-1, (-1, 2))
        crossed = torch.stack((-pairs[..., 1], pairs[..., 0]), dim=-1).flatten(-2)
        return torch.cat(((turned * angles.cos() + crossed * angles.sin()).to(x.dtype), rest), dim=-1)


def frequencies(dim: int, device: torch.device | None = None) -> Tensor:
    return 1 / 10000 ** (torch.arange(0, dim, 2, device=device).float() / dim)


class OrNull(nn.Module):
    """Rows of zeros, with which a package marks the unconditional half, get what was learned for dropped ones."""

    def __init__(self, inner: nn.Module, null: nn.Parameter) -> None:
        super().__init__()
        self.inner = inner
        self.null = null

    def forward(self, embedding: Tensor) -> Tensor:
        output = self.inner(embedding)
        given = (embedding != 0).any(-1).reshape(-1, *[1] * (output.dim() - 1))
        return torch.where(given, output, self.null)


class WholeTimesteps:
    """Unet makes its timesteps `type_as` the picture, which rounds them."""

    def __init__(self, t: Tensor) -> None:
        self.t = t

    def type_as(self, _: Tensor) -> Tensor:
        return self.t


def free_of_types(network: nn.Module) -> nn.Module:
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, library.LayerNorm | library.ChanLayerNorm):
                child.fp16_eps = child.eps
            elif isinstance(child, library.WeightStandardizedConv2d):
                setattr(parent, name, standardised(child))
            elif isinstance(child, library.MLP):
                setattr(parent, name, child.net)  # MLP itself asks for float32
            elif isinstance(child, library.SinusoidalPosEmb):
                setattr(parent, name, Sinusoid(child.dim))
            elif isinstance(child, RotaryEmbedding):
                setattr(parent, name, Rotary(2 * len(child.freqs)))
    return network


def standardised(layer: nn.Conv2d) -> nn.Conv2d:
    """WeightStandardizedConv2d does this to its weights in every call."""
    weight = layer.weight.data
    variance, mean = torch.var_mean(weight, dim=(1, 2, 3), unbiased=False, keepdim=True)
    with torch.device("meta"):
        plain = nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, padding=layer.padding)
    plain.weight = nn.Parameter((weight - mean) * (variance + 1e-5).rsqrt())
    plain.bias = layer.bias
    return plain


class TextEncoder(nn.Module):
    """CLIP as OpenAIClipAdapter and OpenClipAdapter give it: the embedding of unit length, the last layer's states
    after its norm, 0 behind the end of the text and, as there, where a token's number is 0."""

    def __init__(self, text_encoder: nn.Module, eos_id: int) -> None:
        super().__init__()
        self.text_encoder = text_encoder
        self.eos_id = eos_id

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        output = self.text_encoder(input_ids=ids)
        before_end = (ids == self.eos_id).cumsum(-1) == 0
        real = functional.pad(before_end, (1, -1), value=True) & (ids != 0)
        embedding = functional.normalize(output.text_embeds.float(), dim=-1).type_as(output.text_embeds)
        return embedding, output.last_hidden_state.masked_fill(~real[..., None], 0.0)


class Prior(nn.Module):
    """DiffusionPriorNetwork. Where the text's embedding is 0, the text and the noised image embedding are dropped, as
    both are in the library's unconditional half; the states' own zeros drop their tokens."""

    def __init__(self, network: nn.Module, sees_tokens: bool) -> None:
        super().__init__()
        self.network = network
        self.sees_tokens = sees_tokens
        network.continuous_embedded_time = False  # or it would make timesteps of the weights' type
        network.to_text_embeds = OrNull(network.to_text_embeds, network.null_text_embeds)
        network.to_image_embeds = OrNull(network.to_image_embeds, network.null_image_embed)

    def forward(
        self, x: Tensor, t: Tensor, text_embedding: Tensor, token_states: Tensor, mask: Tensor
    ) -> Tensor:
        conditional = (text_embedding != 0).any(-1, keepdim=True)
        return self.network(
            torch.where(conditional, x, torch.zeros_like(x)),
            t,
            text_embed=text_embedding,
            text_encodings=token_states if self.sees_tokens else None,
        )


class Decoder(nn.Module):
    """The first Unet. An image embedding of zeros is a dropped one; the states' zeros drop their tokens."""

    def __init__(self, unet: nn.Module, normalises_embedding: bool, sigmoid_variance: bool) -> None:
        super().__init__()
        self.unet = unet
        self.normalises_embedding = normalises_embedding
        self.sigmoid_variance = sigmoid_variance
        unet.image_to_tokens = OrNull(unet.image_to_tokens, unet.null_image_embed)
        if unet.to_image_hiddens is not None:
            unet.to_image_hiddens = OrNull(unet.to_image_hiddens, unet.null_image_hiddens)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        image_embedding: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
    ) -> Tensor:
        if self.normalises_embedding:
            image_embedding = functional.normalize(image_embedding.float(), dim=-1).to(x.dtype)
        states = token_states if self.unet.cond_on_text_encodings else None
        output = self.unet(x, WholeTimesteps(t), image_embed=image_embedding, text_encodings=states)
        return constrained(output) if self.sigmoid_variance else output


class Upsampler(nn.Module):
    """A later Unet, which sees the small picture enlarged without smoothing."""

    def __init__(self, unet: nn.Module, size: int, sigmoid_variance: bool) -> None:
        super().__init__()
        self.unet = unet
        self.size = size
        self.sigmoid_variance = sigmoid_variance

    def forward(self, x: Tensor, t: Tensor, low_res: Tensor) -> Tensor:
        enlarged = functional.interpolate(low_res, (self.size, self.size), mode="nearest").clamp(-1, 1)
        output = self.unet(x, WholeTimesteps(t), image_embed=None, lowres_cond_img=enlarged)
        return constrained(output) if self.sigmoid_variance else output


def constrained(output: Tensor) -> Tensor:
    """learned_variance_constrain_frac puts the fraction, (v + 1) / 2, through a sigmoid; v is what a package takes."""
    prediction, v = output.chunk(2, dim=1)
    return torch.cat((prediction, 2 * ((v + 1) / 2).sigmoid() - 1), dim=1)

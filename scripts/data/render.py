"""Drawings to pixels: SVG through librsvg, WebP through Pillow, both cropped, centred and scaled alike.

librsvg draws straight into a premultiplied cairo surface, so nothing is encoded or divided on the way.
"""

import ctypes
import ctypes.util
import io
from functools import cache

import numpy as np
from PIL import Image

from scripts.data.errors import ArtError

MARGIN = 0.97  # the longest side of a sprite takes this share of its square
SUPERSAMPLE = 1.25  # vectors are drawn larger by this and never enlarged, so small symbols stay small
VISIBLE = 8  # alpha below this does not count as part of the drawing


class _Rectangle(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("x", "y", "width", "height")]


class _Error(ctypes.Structure):
    _fields_ = [("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p)]


@cache
def _libraries() -> tuple[ctypes.CDLL, ctypes.CDLL, ctypes.CDLL]:
    found = []
    for name, package in (("rsvg-2", "librsvg2-2"), ("cairo", "libcairo2"), ("gobject-2.0", "libglib2.0-0")):
        path = ctypes.util.find_library(name)
        if path is None:
            raise ArtError(
                f"lib{name} is not installed, and SVG art needs it (Debian: apt-get install {package})."
            )
        found.append(ctypes.CDLL(path))
    rsvg, cairo, gobject = found
    pointer = ctypes.c_void_p
    rsvg.rsvg_handle_new_from_data.restype = pointer
    rsvg.rsvg_handle_new_from_data.argtypes = [ctypes.c_char_p, ctypes.c_size_t, pointer]
    rsvg.rsvg_handle_render_document.argtypes = [pointer, pointer, pointer, pointer]
    for name in ("cairo_image_surface_create_for_data", "cairo_create"):
        getattr(cairo, name).restype = pointer
    cairo.cairo_image_surface_create_for_data.argtypes = [pointer] + [ctypes.c_int] * 4
    for name in ("cairo_create", "cairo_destroy", "cairo_surface_flush", "cairo_surface_destroy"):
        getattr(cairo, name).argtypes = [pointer]
    gobject.g_object_unref.argtypes = [pointer]
    return rsvg, cairo, gobject


def draw_svg(svg: bytes, size: int) -> np.ndarray:
    """The drawing fitted into size x size: uint8 [size, size, 4], premultiplied RGBA. ArtError if it is broken."""
    rsvg, cairo, gobject = _libraries()
    error = ctypes.POINTER(_Error)()
    handle = rsvg.rsvg_handle_new_from_data(svg, len(svg), ctypes.byref(error))
    if not handle:
        raise ArtError(
            f"not a drawing that librsvg can read: {error.contents.message.decode(errors='replace')}"
        )
    bgra = np.zeros((size, size, 4), np.uint8)
    surface = cairo.cairo_image_surface_create_for_data(bgra.ctypes.data, 0, size, size, size * 4)
    context = cairo.cairo_create(surface)
    viewport = _Rectangle(0, 0, size, size)
    drawn = rsvg.rsvg_handle_render_document(handle, context, ctypes.byref(viewport), ctypes.byref(error))
    cairo.cairo_surface_flush(surface)
    cairo.cairo_destroy(context)
    cairo.cairo_surface_destroy(surface)
    gobject.g_object_unref(handle)
    if not drawn:
        raise ArtError(f"librsvg could not draw it: {error.contents.message.decode(errors='replace')}")
    return bgra[..., [2, 1, 0, 3]]


def decode_bitmap(data: bytes) -> np.ndarray:
    """A PNG or WebP as uint8 [H, W, 4], premultiplied RGBA."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGBA")
    except (OSError, ValueError) as error:
        raise ArtError(f"not a readable picture: {error}") from error
    return np.asarray(picture.convert("RGBa"))


def draw_sprite(data: bytes, size: int, flipped: bool = False) -> np.ndarray | None:
    """A drawing cropped, centred and scaled to uint8 [size, size, 4]; None where nothing can be seen."""
    is_bitmap = data[:4] == b"RIFF" or data[:4] == b"\x89PNG"
    pixels = decode_bitmap(data) if is_bitmap else draw_svg(data, round(size * SUPERSAMPLE))
    if flipped:
        pixels = pixels[:, ::-1]
    box = content_box(pixels)
    if box is None:
        return None
    left, top, right, bottom = box
    scale = min(
        MARGIN * size / max(right - left, bottom - top),
        size / pixels.shape[0] * (1 if is_bitmap else SUPERSAMPLE),
    )
    width, height = (max(1, round(side * scale)) for side in (right - left, bottom - top))
    crop = Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]), "RGBa")
    # Hamming has no negative lobes: no rings around flat shapes, and colours stay below alpha.
    crop = np.asarray(crop.resize((width, height), Image.Resampling.HAMMING))
    out = np.zeros((size, size, 4), np.uint8)
    y, x = (size - height) // 2, (size - width) // 2
    out[y : y + height, x : x + width] = crop
    np.minimum(out[..., :3], out[..., 3:], out=out[..., :3])
    return out


def content_box(pixels: np.ndarray) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom (exclusive) of what is visible; None for an empty picture."""
    visible = pixels[..., 3] > VISIBLE
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def area_average(pixels: np.ndarray, size: int) -> np.ndarray:
    """uint8 [S, S, 4] to [size, size, 4], where size divides S: the mean of each block."""
    return np.asarray(Image.fromarray(pixels, "RGBa").reduce(pixels.shape[0] // size))

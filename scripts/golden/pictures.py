"""Writes tests/unit/image/pictures: files by Pillow for our readers, and what Pillow sees in them and resizes them to.

`expected.json` has {"files": [{file, width, height, rgba, tolerance, metadata}], "resized": [{filter, from, to, ...}]};
pixels are hexadecimal, rows from the top. The resized ones are premultiplied.

Run: python -m scripts.golden.pictures
"""

import argparse
import json
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

SIZE = (7, 5)
SEED = 1
FILTERS = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
RESIZES = [((13, 9), (5, 4)), ((13, 9), (29, 17)), ((13, 9), (13, 3)), ((4, 4), (16, 16)), ((40, 3), (1, 8))]
PARAMETERS = "a red fox, naïve style\nNegative prompt: blurry\nSteps: 20, Sampler: ddim, Seed: 7"
UNICODE_PARAMETERS = "🦊 лиса\nSteps: 20"


def noise(random_source: random.Random, mode: str, size: tuple[int, int]) -> Image.Image:
    """A smooth ramp with noise on it: both flat areas and edges."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = bytearray()
    for y in range(size[1]):
        for x in range(size[0]):
            for c in range(channels):
                ramp = 255 * (x + y * (c + 1)) // (size[0] + size[1] * (c + 1))
                values.append(max(0, min(255, ramp + random_source.choice([0, 0, 0, -90, 90]))))
    return Image.frombytes(mode, size, bytes(values))


def png_16_bit(random_source: random.Random) -> bytes:
    """16-bit RGBA, which Pillow does not write; the low bytes are chosen to round either way."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + random_source.randbytes(SIZE[0] * 8) for _ in range(SIZE[1]))
    header = struct.pack(">IIBBBBB", *SIZE, 16, 6, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def user_comment(text: bytes, mark: bytes, order: str = ">") -> bytes:
    exif = Image.Exif()
    exif.endian = order
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = mark + text
    return exif.tobytes()


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = value
    return exif


def png_files(random_source: random.Random) -> Iterator[tuple[str, Image.Image, dict]]:
    for mode in ("L", "LA", "RGB", "RGBA"):
        yield f"{mode.lower()}.png", noise(random_source, mode, SIZE), {}
    yield "bilevel.png", noise(random_source, "L", SIZE).convert("1"), {}
    palette = noise(random_source, "RGB", SIZE).quantize(11)
    yield "palette.png", palette, {}
    yield "palette_transparent.png", palette, {"transparency": bytes([0, 128, 255])}
    yield "profile.png", noise(random_source, "RGB", SIZE), {"icc_profile": srgb_profile()}
    yield "rotated.png", noise(random_source, "RGB", SIZE), {"exif": orientation(6)}
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", PARAMETERS)
    texts.add_itxt("dalle2", '{"prompt": "🦊"}')
    texts.add_text("packed", "x" * 200, zip=True)
    texts.add_itxt("packed unicode", "лиса" * 50, zip=True)
    yield "texts.png", noise(random_source, "RGB", SIZE), {"pnginfo": texts}


def jpeg_files(random_source: random.Random) -> Iterator[tuple[str, Image.Image, dict]]:
    for mode in ("L", "RGB", "CMYK"):
        yield f"{mode.lower()}.jpg", noise(random_source, mode, SIZE), {"quality": 95, "subsampling": 0}
    progressive = {"progressive": True, "subsampling": 2}
    yield "progressive.jpg", noise(random_source, "RGB", SIZE), progressive
    picture = noise(random_source, "RGB", SIZE)
    for value in range(1, 9):
        yield f"orientation_{value}.jpg", picture, {"exif": orientation(value), "subsampling": 0}
    plain = user_comment(b"Steps: 20", b"ASCII\0\0\0")
    yield "comment_ascii.jpg", picture, {"exif": plain}
    unicode = UNICODE_PARAMETERS.encode("utf-16-be")
    yield "comment_unicode.jpg", picture, {"exif": user_comment(unicode, b"UNICODE\0")}
    little = UNICODE_PARAMETERS.encode("utf-16-le")
    yield "comment_little.jpg", picture, {"exif": user_comment(little, b"UNICODE\0", "<")}


def webp_files(random_source: random.Random) -> Iterator[tuple[str, Image.Image, dict]]:
    picture = noise(random_source, "RGBA", SIZE)
    yield "lossless.webp", picture, {"lossless": True, "exact": True}
    yield "lossy.webp", noise(random_source, "RGB", SIZE), {"quality": 90}
    exif = user_comment(UNICODE_PARAMETERS.encode("utf-16-be"), b"UNICODE\0")
    yield "comment.webp", picture, {"lossless": True, "exact": True, "exif": exif}
    more = [noise(random_source, "RGBA", SIZE) for _ in range(2)]
    animation = {"save_all": True, "append_images": more, "lossless": True, "exact": True, "duration": 100}
    yield "animated.webp", picture, animation


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def metadata_of(path: Path) -> list[list[str]]:
    picture = Image.open(path)
    picture.load()
    if picture.format == "PNG":
        return [[key, str(value)] for key, value in picture.text.items()]
    comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if comment is None:
        return []
    plain = "Steps: 20" if comment.startswith(b"ASCII") else UNICODE_PARAMETERS
    return [["parameters", plain]]


def describe(path: Path) -> dict:
    """Colours of lossy files differ by rounding between decoders' inverse transforms."""
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    lossy = path.suffix == ".jpg" or path.name == "lossy.webp"
    return {
        "file": path.name,
        "width": picture.width,
        "height": picture.height,
        "rgba": picture.tobytes().hex(),
        "tolerance": 2 if lossy else 0,
        "metadata": metadata_of(path),
    }


def describe_16_bit(path: Path, data: bytes) -> dict:
    start = data.index(b"IDAT") + 4
    rows = zlib.decompress(data[start:])
    stride = SIZE[0] * 8 + 1
    samples = b"".join(rows[y * stride + 1 : (y + 1) * stride] for y in range(SIZE[1]))
    values = struct.unpack(f">{len(samples) // 2}H", samples)
    rgba = bytes((value * 255 + 32767) // 65535 for value in values).hex()
    size = {"width": SIZE[0], "height": SIZE[1]}
    return {"file": path.name, **size, "rgba": rgba, "tolerance": 1, "metadata": []}


def resized(random_source: random.Random) -> Iterator[dict]:
    for source_size, target_size in RESIZES:
        source = noise(random_source, "RGBA", source_size).convert("RGBa")
        for name, resampling in FILTERS.items():
            target = source.resize(target_size, resampling)
            yield {
                "filter": name,
                "from": source_size,
                "to": target_size,
                "source": source.tobytes().hex(),
                "target": target.tobytes().hex(),
            }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("tests/unit/image/pictures"), help="folder to write")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    random_source = random.Random(SEED)
    files = []
    for writer in (png_files, jpeg_files, webp_files):
        for name, picture, options in writer(random_source):
            picture.save(folder / name, **options)
            files.append(describe(folder / name))
    deep = png_16_bit(random_source)
    (folder / "deep.png").write_bytes(deep)
    files.append(describe_16_bit(folder / "deep.png", deep))
    expected = {"files": files, "resized": list(resized(random_source))}
    (folder / "expected.json").write_text(json.dumps(expected, indent=0) + "\n", encoding="utf-8")
    print(f"{len(files)} files, {len(expected['resized'])} resizes -> {folder}")


if __name__ == "__main__":
    main()

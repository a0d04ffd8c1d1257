"""Pictures from pictures: vary, interpolate, edit, mix, inpaint, generate --init, embeddings as files."""

import hashlib
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.harness import Dalle2, failed

SMALL = ["--size", "64", "--seed", "7"]


@pytest.fixture
def fox(dalle2: Dalle2) -> Path:
    """An opaque picture that is no square."""
    x, y = np.meshgrid(np.linspace(0, 255, 80), np.linspace(0, 255, 50))
    path = dalle2.folder / "fox.png"
    Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def sticker(dalle2: Dalle2) -> Path:
    """A disc on a transparent ground."""
    y, x = np.mgrid[:64, :64]
    disc = (x - 32) ** 2 + (y - 32) ** 2 < 400
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[disc] = (200, 40, 90, 255)
    path = dalle2.folder / "sticker.webp"
    Image.fromarray(pixels).save(path, lossless=True)
    return path


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGBA")).astype(int)


def source(dalle2: Dalle2, name: str) -> dict:
    return json.loads(dalle2("info", name, "--json").out)["source"]


def test_vary_makes_pictures_that_depend_on_the_seed_and_says_what_of(dalle2: Dalle2, fox: Path) -> None:
    result = dalle2("vary", "fox.png", "-n", "2", *SMALL, "-o", "out/")
    assert result.code == 0, result.err
    assert result.lines == ["out/fox-variation-7.png", "out/fox-variation-8.png"]
    assert result.err == "seed 7 to 8\n"
    first, second = (pixels(dalle2.folder / line) for line in result.lines)
    assert first.shape == (64, 64, 4) and (first != second).any()
    assert dalle2("vary", "fox.png", "--size", "64", "--seed", "8", "-o", "again.png").code == 0
    assert np.abs(pixels(dalle2.folder / "again.png") - second).max() <= 8  # another batch size
    stored = source(dalle2, "again.png")
    assert stored["command"] == "vary" and stored["difference"] == 1
    assert stored["from"] == {"picture": "fox.png", "sha256": hashlib.sha256(fox.read_bytes()).hexdigest()}


def test_a_variation_without_difference_is_the_same_whatever_the_seed(dalle2: Dalle2, sticker: Path) -> None:
    for seed in ("1", "2"):
        result = dalle2(
            "vary", "sticker.webp", "--difference", "0", "--size", "64", "--seed", seed, "-o", f"{seed}.png"
        )
        assert result.code == 0, result.err
    assert (pixels(dalle2.folder / "1.png") == pixels(dalle2.folder / "2.png")).all()


def test_interpolate_writes_frames_a_sheet_and_an_animation(dalle2: Dalle2, fox: Path) -> None:
    result = dalle2("interpolate", "fox.png", "snow", "--frames", "4", *SMALL, "-o", "walk")
    assert result.code == 0, result.err
    frames = [f"walk/frame-{i}.png" for i in (1, 2, 3, 4)]
    assert result.lines == [*frames, "walk/sheet.png", "walk/walk.webp"]
    animation = Image.open(dalle2.folder / "walk" / "walk.webp")
    assert (animation.format, animation.n_frames, animation.size) == ("WEBP", 4, (64, 64))
    assert Image.open(dalle2.folder / "walk" / "sheet.png").size == (152, 152)
    assert source(dalle2, frames[2])["frame"] == 2
    failed(dalle2("interpolate", "fox.png", "snow", "--frames", "4", *SMALL, "-o", "walk"), 5, "frame-1.png")


def test_interpolate_into_a_webp_file_writes_the_animation_alone(dalle2: Dalle2) -> None:
    result = dalle2("interpolate", "a fox", "snow", "--frames", "3", *SMALL, "-o", "walk.webp")
    assert (result.code, result.lines) == (0, ["walk.webp"]), result.err
    assert Image.open(dalle2.folder / "walk.webp").n_frames == 3
    assert dalle2.files() == ["walk.webp"]


def test_edit_changes_more_with_strength(dalle2: Dalle2, sticker: Path) -> None:
    for strength in ("0", "0.1", "0.5"):
        texts = ["--from", "a ball", "--to", "snow", "--strength", strength]
        result = dalle2("edit", "sticker.webp", *texts, *SMALL, "-o", f"{strength}.png")
        assert result.code == 0, result.err
    same, little, much = (pixels(dalle2.folder / f"{s}.png") for s in ("0", "0.1", "0.5"))
    assert 0 < np.abs(little - same).sum() < np.abs(much - same).sum()
    assert source(dalle2, "0.5.png")["to_prompt"] == "snow"


def test_mix_with_all_weight_on_an_embedding_draws_that(dalle2: Dalle2, fox: Path) -> None:
    assert dalle2("vary", "fox.png", *SMALL, "-o", "a.png", "--save-embedding", "fox.json").code == 0
    result = dalle2("mix", "fox.json", "snow", "--weights", "1,0", *SMALL, "-o", "b.png")
    assert result.code == 0, result.err
    assert np.abs(pixels(dalle2.folder / "a.png") - pixels(dalle2.folder / "b.png")).max() <= 8
    assert [part["weight"] for part in source(dalle2, "b.png")["from"]] == [1, 0]


def test_an_embedding_file_draws_the_same_picture(dalle2: Dalle2) -> None:
    plain = dalle2("generate", "a fox", *SMALL, "-o", "plain.png")
    saved = dalle2("generate", "a fox", *SMALL, "-o", "saved.png", "--save-embedding", "fox.json")
    drawn = dalle2("generate", "a fox", *SMALL, "-o", "drawn.png", "--embedding", "fox.json")
    assert [plain.code, saved.code, drawn.code] == [0, 0, 0], saved.err + drawn.err
    expected = pixels(dalle2.folder / "plain.png")
    assert (pixels(dalle2.folder / "saved.png") == expected).all()
    assert (pixels(dalle2.folder / "drawn.png") == expected).all()
    stored = json.loads((dalle2.folder / "fox.json").read_text())
    assert (stored["format"], stored["model"], len(stored["embedding"])) == ("dalle2-embedding", "tiny", 32)


def test_init_keeps_the_more_the_less_the_strength(dalle2: Dalle2, sticker: Path) -> None:
    distances = []
    for strength in ("0.2", "1"):
        arguments = ["--init", "sticker.webp", "--strength", strength, "--steps", "10"]
        result = dalle2("generate", "snow", *arguments, *SMALL, "-o", f"{strength}.png")
        assert result.code == 0, result.err
        distances.append(np.abs(pixels(dalle2.folder / f"{strength}.png") - pixels(sticker)).mean())
    assert distances[0] < distances[1]


@pytest.mark.parametrize("size", ["64", "256"])
def test_inpaint_keeps_every_pixel_outside_the_mask(dalle2: Dalle2, fox: Path, size: str) -> None:
    mask = np.zeros((50, 80), np.uint8)
    mask[10:30, 20:60] = 255
    Image.fromarray(mask).save(dalle2.folder / "mask.png")
    result = dalle2(
        "inpaint", "fox.png", "--mask", "mask.png", "snow", "--size", size, "--seed", "1", "-o", "x.png"
    )
    assert result.code == 0, result.err
    before, after = pixels(fox), pixels(dalle2.folder / "x.png")
    assert after.shape == before.shape
    assert (after[mask == 0] == before[mask == 0]).all()
    assert np.abs(after[mask == 255] - before[mask == 255]).mean() > 5


def test_inpaint_without_a_mask_draws_where_the_picture_is_transparent(dalle2: Dalle2, sticker: Path) -> None:
    assert dalle2("inpaint", "sticker.webp", "snow", *SMALL, "-o", "x.png").code == 0
    before, after = pixels(sticker), pixels(dalle2.folder / "x.png")
    kept = before[..., 3] == 255
    assert (after[kept] == before[kept]).all() and (after[~kept] != before[~kept]).any()


def test_extend_adds_pixels_at_every_side_and_keeps_the_picture(dalle2: Dalle2, fox: Path) -> None:
    result = dalle2("inpaint", "fox.png", "--extend", "16", "snow", *SMALL, "-o", "x.png")
    assert result.code == 0, result.err
    after = pixels(dalle2.folder / "x.png")
    assert after.shape == (82, 112, 4)
    assert (after[16:-16, 16:-16] == pixels(fox)).all()


def test_resampling_draws_another_picture_and_keeps_the_rest(dalle2: Dalle2, fox: Path) -> None:
    arguments = ["inpaint", "fox.png", "--extend", "16", "snow", *SMALL, "--steps", "4"]
    for times in ("1", "3"):
        result = dalle2(*arguments, "--sampler", "ddim", "--resample", times, "-o", f"{times}.png")
        assert result.code == 0, result.err
    once, often = (pixels(dalle2.folder / f"{times}.png") for times in ("1", "3"))
    assert (once != often).any() and (often[16:-16, 16:-16] == pixels(fox)).all()
    assert source(dalle2, "3.png")["resample"] == 3
    failed(
        dalle2(*arguments, "--sampler", "dpm++2m", "--resample", "2", "-o", "x.png"), 2, "resample", "ddim"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vary", "nowhere.png"], ["nowhere.png"]),
        (["vary", "text.png"], ["text.png", "not a PNG, JPEG or WebP"]),
        (["vary", "cut.png"], ["cut.png", "cannot be read"]),
        (["vary", "bomb.png"], ["bomb.png", "pixels"]),
        (["vary", "."], ["."]),
        (["vary", "fox.png", "--difference", "1.5"], ["--difference", "0 to 1"]),
        (["vary", "fox.png", "--sampler", "ddim"], ["--sampler", "other commands"]),
        (["edit", "fox.png", "--to", "snow"], ["--from", "is empty"]),
        (["edit", "fox.png", "--from", "snow", "--to", "snow"], ["--from and --to", "the same"]),
        (["interpolate", "fox.png", "missing.png"], ["missing.png"]),
        (["interpolate", "fox.png", "snow", "--frames", "1"], ["--frames", "2 to 1000"]),
        (["interpolate", "fox.png", "snow", "-o", "-"], ["-o -", "folder"]),
        (["mix", "fox.png", "snow", "--weights", "1"], ["--weights", "1 numbers for 2"]),
        (["mix", "fox.png", "snow", "--weights", "1,x"], ["--weights", "'x'"]),
        (["mix", "fox.png", "fox.png", "--weights", "1,-1"], ["cancel out"]),
        (["mix", "fox.png", "other.json"], ["other.json", "another model"]),
        (["mix", "fox.png", "broken.json"], ["broken.json", "format"]),
        (["inpaint", "fox.png", "snow"], ["fox.png", "--mask", "--extend"]),
        (["inpaint", "fox.png", "snow", "--mask", "small.png"], ["mask", "10x10", "80x50"]),
        (["inpaint", "fox.png", "snow", "--mask", "black.png"], ["nothing to draw"]),
        (["inpaint", "fox.png", "", "--mask", "black.png"], ["prompt", "is empty"]),
        (["generate", "snow", "--strength", "0.5"], ["--strength", "--init"]),
        (["generate", "snow", "--init", "fox.png", "--strength", "0"], ["--strength"]),
        (["generate", "snow", "--init", "fox.png", "--embedding", "other.json"], ["--init"]),
        (["generate", "snow", "--embedding", "other.json"], ["other.json", "another model"]),
        (["generate", "snow", "--embedding", "short.json"], ["3 numbers", "32"]),
        (["generate", "snow", "--save-embedding", "x.json", "-n", "2"], ["--save-embedding", "one picture"]),
    ],
)
def test_unfit_input_is_refused_and_writes_nothing(
    dalle2: Dalle2, fox: Path, arguments: list[str], words: list[str]
) -> None:
    (dalle2.folder / "text.png").write_text("no picture")
    (dalle2.folder / "cut.png").write_bytes(fox.read_bytes()[:-40])
    header = bytearray(fox.read_bytes()[:33])
    header[16:24] = (100_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    (dalle2.folder / "bomb.png").write_bytes(bytes(header) + fox.read_bytes()[33:])
    Image.new("L", (10, 10), 255).save(dalle2.folder / "small.png")
    Image.new("L", (80, 50), 0).save(dalle2.folder / "black.png")
    embedding = {"format": "dalle2-embedding", "version": 1, "model": "x", "model_hash": "f" * 64}
    (dalle2.folder / "other.json").write_text(json.dumps(embedding | {"embedding": [0.1] * 32}))
    (dalle2.folder / "short.json").write_text(
        json.dumps(embedding | {"model_hash": "", "embedding": [1, 2, 3]})
    )
    (dalle2.folder / "broken.json").write_text("{}")
    before = dalle2.files()
    failed(dalle2(*arguments, "--size", "64"), 2, *words)
    assert dalle2.files() == before

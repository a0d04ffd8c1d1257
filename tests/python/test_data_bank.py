"""The bank: raw art to pixels, names and attribution, and what it says when the art is missing or damaged."""

import numpy as np
import pytest

from scripts.data.art_sets import ART_SETS
from scripts.data.bank import Bank
from scripts.data.build_bank import BankConfig, build_bank, main
from scripts.data.collect import collect
from scripts.data.concepts import sentence_name, split_code
from scripts.data.duplicates import find_duplicates
from scripts.data.errors import ArtError
from scripts.data.palette import measure, tint
from scripts.data.render import area_average, draw_sprite, draw_svg
from tests.python.data_fixtures import SKIPPED, write_art, write_json

SKIP = tuple(SKIPPED.split(","))


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Bank:
    folder = tmp_path_factory.mktemp("data")
    build_bank(BankConfig(write_art(folder / "art"), folder / "bank", sizes=(64, 128), skip=SKIP, threads=2))
    return Bank(folder / "bank")


def test_pixels_are_premultiplied_centred_and_of_every_size_asked(bank):
    for size in (64, 128):
        pixels = np.asarray(bank.pixels(size))
        assert pixels.shape == (len(bank.sprites), size, size, 4)
        assert (pixels[..., :3] <= pixels[..., 3:]).all()
    for sprite in bank.sprites:
        left, top, right, bottom = sprite.box
        assert max(right - left, bottom - top) > (0.6 if sprite.style == "3d" else 0.75)
        assert left == pytest.approx(1 - right, abs=0.02) and top == pytest.approx(1 - bottom, abs=0.02)


def test_small_sprites_are_the_mean_of_large_ones(bank):
    small, large = np.asarray(bank.pixels(64)[0], int), np.asarray(bank.pixels(128)[0])
    assert np.abs(small - area_average(large, 64)).max() <= 1


def test_sets_meet_in_concepts_by_code_points_and_names(bank):
    styles = {sprite.style for sprite in bank.by_concept["1f34e"]}
    assert styles == {"noto", "twemoji", "flat", "3d"}
    assert bank.concepts["1f34e"].names == {"en": "red apple", "de": "roter Apfel"}
    assert bank.concepts["1f697"].aliases == ["red car", "motorcar"]
    assert [sprite.style for sprite in bank.by_concept["n:sword"]] == ["glyph"]


def test_the_same_picture_is_kept_once(bank):
    names = [sprite.name for sprite in bank.sprites if sprite.style == "noto"]
    assert "red-apple" in names and "copy-of-red-apple" not in names


def test_skin_tones_are_attributes_of_sprites(bank):
    tones = {sprite.tone for sprite in bank.by_concept["1f44d"] if sprite.style == "3d"}
    assert tones == {None, "dark"}
    assert split_code("1F44D-1F3FF") == ("1f44d", ["dark"])
    assert split_code("2764-FE0F") == ("2764", [])


def test_flags_must_not_be_flipped_and_animals_may(bank):
    assert all(sprite.fixed for sprite in bank.by_concept["1f1f3-1f1f4"])
    assert not any(sprite.fixed for sprite in bank.by_concept["1f431"])


def test_attribution_names_every_author(bank):
    text = (bank.folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for name in ("Painter of noto", "Painter of game-icons", "Microsoft Corporation", "Namer", "CC BY 4.0"):
        assert name in text


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("flag: Norway", "flag of Norway"),
        ("man: red hair", "man with red hair"),
        ("O button (blood type)", "O button"),
        ("kiss: woman, man", "kiss of woman and man"),
        ("keycap: 1", "keycap 1"),
        ("man running: facing right", "man running facing right"),
    ],
)
def test_labels_become_words_for_a_sentence(label, name):
    assert sentence_name(label) == name


def test_a_missing_package_is_named_with_where_to_get_it(tmp_path, capsys):
    art = write_art(tmp_path / "art")
    assert (
        main(
            [
                "--art",
                str(art),
                "--out",
                str(tmp_path / "bank"),
                "--skip",
                SKIPPED.replace("iconify-json-ph,", ""),
            ]
        )
        == 1
    )
    message = capsys.readouterr().err
    assert "iconify-json-ph" in message and "npm pack @iconify-json/ph" in message


def test_the_names_cannot_be_left_out(tmp_path):
    with pytest.raises(ArtError, match="npm pack emojibase-data` there.$"):
        build_bank(BankConfig(tmp_path, tmp_path / "bank", (64,), SKIP))


def test_an_unknown_set_to_skip_is_refused(tmp_path, capsys):
    assert main(["--art", str(tmp_path), "--out", str(tmp_path), "--skip", "nosuch"]) == 1
    assert "nosuch" in capsys.readouterr().err


def test_a_damaged_archive_is_named(tmp_path):
    art = write_art(tmp_path / "art")
    (art / "iconify-json-ph-1.2.3.tgz").write_bytes(b"not an archive")
    with pytest.raises(ArtError, match=r"iconify-json-ph-1\.2\.3\.tgz.*Fetch it again"):
        build_bank(BankConfig(art, tmp_path / "bank", (64,), tuple(set(SKIP) - {"iconify-json-ph"})))


def test_damaged_json_is_named(tmp_path):
    art = write_art(tmp_path / "art")
    (art / "iconify-json-noto-1.0.0" / "package" / "icons.json").write_text("{")
    with pytest.raises(ArtError, match=r"iconify-json-noto.*icons\.json"):
        collect(art, [s for s in ART_SETS if s.package == "iconify-json-noto"], None, tmp_path)


def test_a_set_of_broken_drawings_is_refused_by_name(tmp_path):
    art = write_art(tmp_path / "art")
    icons = {"width": 10, "height": 10, "icons": {"bad-sword": {"body": "<path"}}}
    write_json(art / "iconify-json-game-icons-1.0.0" / "package" / "icons.json", icons)
    with pytest.raises(ArtError, match="iconify-json-game-icons.*bad-sword"):
        build_bank(BankConfig(art, tmp_path / "bank", (64,), SKIP, threads=1))


def test_a_folder_without_tables_is_no_bank(tmp_path):
    with pytest.raises(ArtError, match=r"table\.jsonl.*build_bank"):
        Bank(tmp_path)


def test_pixels_that_do_not_fit_the_table_are_refused(bank, tmp_path):
    for name in ("table.jsonl", "concepts.json"):
        (tmp_path / name).write_text((bank.folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    np.save(tmp_path / "sprites_64.npy", np.zeros((1, 64, 64, 4), np.uint8))
    with pytest.raises(ArtError, match="does not fit"):
        Bank(tmp_path).pixels(64)
    with pytest.raises(ArtError, match=r"sprites_128\.npy.*--sizes 128"):
        Bank(tmp_path).pixels(128)


def test_a_half_transparent_square_is_drawn_premultiplied():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="#f00" opacity=".5"/></svg>'
    assert np.abs(draw_svg(svg, 8).astype(int) - [128, 0, 0, 128]).max() <= 1


def test_a_drawing_of_nothing_is_left_out():
    assert draw_sprite(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>', 32) is None


def test_near_pictures_are_found_and_different_ones_kept():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (40, 16, 16, 4)).astype(np.uint8)
    pictures[30] = np.clip(pictures[7].astype(int) + 3, 0, 255)
    assert find_duplicates(pictures, ["flat"] * 40) == {30}
    assert find_duplicates(pictures, ["flat"] * 30 + ["noto"] * 10) == set()


def test_a_red_thing_is_measured_red_and_can_be_made_blue():
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[4:28, 4:28] = (210, 25, 30, 255)
    pixels[10:14, 10:14] = (255, 255, 255, 255)
    colour = measure(pixels)
    assert colour.name == "red" and colour.share > 0.9
    blue = tint(pixels, "blue", colour.direction)
    assert blue[20, 20, 2] > 150 and blue[20, 20, 0] < 60
    assert tuple(blue[12, 12]) == (255, 255, 255, 255)  # what has no colour keeps it
    assert (blue[0, 0] == 0).all()
    for name in ("white", "black", "brown", "pink"):
        painted = tint(pixels, name, colour.direction)
        assert (painted[..., :3] <= painted[..., 3:]).all()


def test_one_colour_drawings_take_a_colour_flat():
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 2:6, 3] = 255
    assert tuple(tint(pixels, "orange", None)[3, 3]) == (245, 140, 35, 255)

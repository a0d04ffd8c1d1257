"""dalle2 generate: what it writes, prints and stores."""

import io
import json

import pytest
from PIL import Image

from tests.cli.harness import Dalle2, failed


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


def test_writes_the_file_and_prints_its_path_and_the_seed(dalle2: Dalle2) -> None:
    result = dalle2("generate", "a red fox", "-o", "fox.png", "--seed", "7")
    assert result.code == 0, result.err
    assert result.lines == ["fox.png"]
    assert result.err == "seed 7\n"
    assert dalle2.files() == ["fox.png"]
    assert Image.open(dalle2.folder / "fox.png").format == "PNG"


def test_the_same_seed_makes_the_same_file_and_another_does_not(dalle2: Dalle2) -> None:
    for name, seed in [("a", "7"), ("b", "7"), ("c", "8")]:
        assert dalle2("generate", "a red fox", "-o", f"{name}.png", "--seed", seed).code == 0
    a, b, c = [(dalle2.folder / f"{name}.png").read_bytes() for name in "abc"]
    assert a == b
    assert pixels(a) != pixels(c)


def test_the_seed_is_random_unless_given_and_is_in_the_name(dalle2: Dalle2) -> None:
    names = [dalle2("generate", "A Red/Fox!").lines[0] for _ in range(2)]
    assert names[0] != names[1]
    assert all(name.startswith("a-red-fox-") and name.endswith(".png") for name in names)
    assert dalle2.files() == sorted(names)


def test_picture_i_of_several_is_the_one_with_seed_plus_i(dalle2: Dalle2) -> None:
    exactly = "--deterministic"  # float32 may differ in the last digits with the number of pictures in a call
    assert dalle2("generate", "a fox", "-n", "3", "--seed", "5", "-o", "many/", exactly).lines == [
        f"many/a-fox-{seed}.png" for seed in (5, 6, 7)
    ]
    assert dalle2("generate", "a fox", "--seed", "6", "-o", "one.png", exactly).code == 0
    many = (dalle2.folder / "many" / "a-fox-6.png").read_bytes()
    assert pixels(many) == pixels((dalle2.folder / "one.png").read_bytes())


def test_several_pictures_of_one_name_are_numbered(dalle2: Dalle2) -> None:
    assert dalle2("generate", "a fox", "-n", "2", "-o", "fox.png").lines == ["fox-1.png", "fox-2.png"]


def test_json_prints_an_object_for_each_picture(dalle2: Dalle2) -> None:
    result = dalle2("generate", "a fox", "-n", "2", "--seed", "3", "-o", "fox.png", "--json")
    objects = [json.loads(line) for line in result.lines]
    assert [(o["path"], o["seed"], o["prompt"], o["model"]) for o in objects] == [
        ("fox-1.png", 3, "a fox", "tiny"),
        ("fox-2.png", 4, "a fox", "tiny"),
    ]


def test_quiet_says_nothing_but_the_path(dalle2: Dalle2) -> None:
    result = dalle2("generate", "a fox", "-q", "-o", "fox.png")
    assert (result.code, result.lines, result.err) == (0, ["fox.png"], "")


def test_the_prompt_can_come_from_standard_input_and_the_picture_go_to_standard_output(
    dalle2: Dalle2,
) -> None:
    result = dalle2(
        "generate", "-", "-o", "-", "--format", "webp", "--seed", "1", stdin="ein Füchslein\n".encode()
    )
    assert result.code == 0, result.err
    assert Image.open(io.BytesIO(result.out)).format == "WEBP"
    assert dalle2.files() == []


@pytest.mark.parametrize("name", ["fox.png", "fox.jpg", "fox.webp"])
def test_settings_are_stored_in_every_format_and_read_by_info(dalle2: Dalle2, name: str) -> None:
    prompt = 'ein "Füchslein", rot: 🦊'
    assert dalle2("generate", prompt, "--seed", "18446744073709551615", "-o", name).code == 0
    stored = json.loads(dalle2("info", name, "--json").out)
    assert stored["prompt"] == prompt
    assert stored["seed"] == 18446744073709551615
    assert stored["model"] == "tiny"
    assert prompt in dalle2("info", name).out.decode()


def test_the_parameters_that_other_tools_read_are_in_the_png(dalle2: Dalle2) -> None:
    assert (
        dalle2("generate", "a fox", "--seed", "5", "--negative-prompt", "blurry", "-o", "fox.png").code == 0
    )
    text = Image.open(dalle2.folder / "fox.png").text["parameters"]
    prompt, negative, settings = text.splitlines()
    assert (prompt, negative) == ("a fox", "Negative prompt: blurry")
    assert "Seed: 5" in settings and "Steps: " in settings and "Model: tiny" in settings


def test_no_metadata_leaves_nothing_in_the_file(dalle2: Dalle2) -> None:
    assert dalle2("generate", "a secret fox", "--no-metadata", "-o", "x.png").code == 0
    assert b"secret" not in (dalle2.folder / "x.png").read_bytes()
    failed(dalle2("info", "x.png"), 2, "x.png", "no prompt or settings")


def test_a_background_is_put_under_the_picture(dalle2: Dalle2) -> None:
    assert dalle2("generate", "a fox", "--background", "#102030", "-o", "x.png").code == 0
    assert Image.open(dalle2.folder / "x.png").convert("RGBA").getchannel("A").getextrema() == (255, 255)


def test_existing_files_are_skipped_renamed_or_overwritten_as_told(dalle2: Dalle2) -> None:
    def generate(*more: str):
        return dalle2(
            "generate", "a fox", "-n", "2", "--seed", "1", "-o", "fox.png", "--deterministic", *more
        )

    (dalle2.folder / "fox-1.png").write_bytes(b"mine")
    assert generate("--if-exists", "skip").lines == ["fox-1.png", "fox-2.png"]
    assert (dalle2.folder / "fox-1.png").read_bytes() == b"mine"
    second = (dalle2.folder / "fox-2.png").read_bytes()
    assert generate("--if-exists", "rename").lines == ["fox-1-1.png", "fox-2-1.png"]
    assert generate("-f").lines == ["fox-1.png", "fox-2.png"]
    assert (dalle2.folder / "fox-1.png").read_bytes() != b"mine"
    assert pixels((dalle2.folder / "fox-2.png").read_bytes()) == pixels(second)
    assert dalle2.files() == ["fox-1-1.png", "fox-1.png", "fox-2-1.png", "fox-2.png"]


def test_the_picture_does_not_depend_on_the_batch(dalle2: Dalle2) -> None:
    for folder, batch in [("whole/", "16"), ("single/", "1")]:
        arguments = ["-n", "3", "--seed", "1", "--dtype", "float32", "--deterministic", "--max-batch", batch]
        assert dalle2("generate", "a fox", "-o", folder, *arguments).code == 0
    for seed in (1, 2, 3):
        whole, single = [(dalle2.folder / f / f"a-fox-{seed}.png").read_bytes() for f in ("whole", "single")]
        assert pixels(whole) == pixels(single)


def test_a_prompt_that_is_too_long_for_the_model_is_cut_with_a_warning(dalle2: Dalle2) -> None:
    result = dalle2("generate", "fox " * 500 + "zebra", "-o", "fox.png")
    assert result.code == 0
    assert "dalle2: warning: the prompt is longer" in result.err
    assert "zebra" in result.err

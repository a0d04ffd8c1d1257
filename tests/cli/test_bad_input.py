"""Bad input: the documented exit code, one sentence that names what is wrong, nothing half-written."""

import contextlib
import hashlib
import json
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.harness import Dalle2, failed

USAGE, MODEL, DEVICE, OUTPUT = 2, 3, 4, 5


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", ["prompt", "is empty"]),
        (" \t\n", ["prompt", "is empty"]),
        ("a" * 100_000, ["prompt", "100000 bytes", "16384"]),
        (b"a fox \xff", ["prompt", "UTF-8", "byte 7"]),
        (b"\xc3", ["prompt", "UTF-8", "byte 1"]),
        (b"\xed\xa0\x80", ["prompt", "UTF-8"]),
    ],
)
def test_unfit_prompts(dalle2: Dalle2, prompt: str | bytes, words: list[str]) -> None:
    failed(dalle2("generate", prompt, "-o", "x.png"), USAGE, *words)
    data = prompt if isinstance(prompt, bytes) else prompt.encode()
    if len(data) < 100_000:
        failed(
            dalle2("generate", "-", "-o", "x.png", stdin=data), USAGE, "prompt on standard input", words[1]
        )
    assert dalle2.files() == []


def test_a_prompt_of_many_megabytes_on_standard_input(dalle2: Dalle2) -> None:
    process = dalle2.start("generate", "-", stdin=subprocess.PIPE)
    with contextlib.suppress(BrokenPipeError):  # it reads no more than it needs
        process.stdin.write(b"a" * 50_000_000)
    error = process.stderr.read().decode()
    assert process.wait(timeout=60) == USAGE
    assert "prompt on standard input: is 16386 bytes long; at most 16384" in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], ["--steps", "'0'", "1 to 1000"]),
        (["--steps", "1001"], ["--steps", "1 to 1000"]),
        (["--steps", "ten"], ["--steps", "'ten'", "1 to 1000"]),
        (["--seed", "-1"], ["--seed", "'-1'", "0 to 18446744073709551615"]),
        (["--seed", "18446744073709551616"], ["--seed", "0 to 18446744073709551615"]),
        (["--seed", "18446744073709551615", "-n", "2"], ["--seed", "largest seed"]),
        (["--guidance", "nan"], ["--guidance", "0 to 100"]),
        (["--guidance", "1,5"], ["--guidance", "'1,5'"]),
        (["--eta", "1.1"], ["--eta", "0 to 1"]),
        (["-n", "0"], ["--count", "1 to 10000"]),
        (["--sampler", "euler"], ["--sampler", "ddpm, ddim or dpm++2m"]),
        (["--size", "0"], ["--size", "1 to 4096"]),
        (["--background", "red"], ["--background", "#rrggbb"]),
        (["--format", "gif"], ["--format", "png, jpeg or webp"]),
        (["--device", "tpu"], ["--device", "auto, cpu, cuda or cuda:N"]),
        (["--dtype", "int8"], ["--dtype", "float32"]),
        (["--if-exists", "ask"], ["--if-exists", "error, skip, rename or overwrite"]),
        (["--stepz", "5"], ["--stepz", "did you mean '--steps'"]),
        (["--steps"], ["--steps"]),
        (["another argument"], ["too many arguments"]),
        (["--guidance-from", "0.9", "--guidance-until", "0.1"], ["--guidance-from"]),
        (["--config", "nowhere.toml"], ["nowhere.toml"]),
        (["-o", "fox.gif"], ["-o fox.gif", ".png"]),
        (["-o", "fox.jpg", "--format", "png"], ["--format png contradicts", "fox.jpg"]),
        (["-o", "fox.jpg", "--background", "transparent"], ["--background transparent"]),
        (["-o", "-", "--json"], ["-o -", "--json"]),
        (["-o", "-", "-n", "2"], ["-o -", "-n is 2"]),
    ],
)
def test_unfit_options(dalle2: Dalle2, arguments: list[str], words: list[str]) -> None:
    failed(dalle2("generate", "a fox", *arguments), USAGE, *words)
    assert dalle2.files() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["genrate", "x"], ["genrate", "did you mean 'generate'"]),
        (["a red fox"], ["'a red fox' is not a command", 'dalle2 generate "a red fox"']),
        (["generate"], ["generate PROMPT"]),
        (["--json"], ["--json"]),
        (["info"], ["info IMAGE|-|MODEL"]),
        (["info", "nothing.png"], ["nothing.png"]),
        (["models", "lst"], ["'lst'", "list", "verify"]),
        (["doctor", "x"], ["doctor"]),
        (["help", "me"], ["'me' is not a command"]),
    ],
)
def test_unfit_command_lines(dalle2: Dalle2, arguments: list[str], words: list[str]) -> None:
    failed(dalle2(*arguments), USAGE, *words)


def test_the_picture_is_too_large_for_the_model(dalle2: Dalle2) -> None:
    failed(dalle2("generate", "a fox", "--size", "4096", "-o", "x.png"), USAGE, "--size", "4096")
    assert dalle2.files() == []


def test_a_variable_or_configuration_line_is_named(dalle2: Dalle2) -> None:
    dalle2.environment["DALLE2_STEPS"] = "0"
    failed(dalle2("generate", "a fox"), USAGE, "DALLE2_STEPS", "1 to 1000")
    del dalle2.environment["DALLE2_STEPS"]
    (dalle2.folder / ".dalle2.toml").write_text("\nsteps = 0\n")
    failed(dalle2("generate", "a fox"), USAGE, ".dalle2.toml:2", "steps", "1 to 1000")
    (dalle2.folder / ".dalle2.toml").write_bytes(b"\n\n# \xff\n")
    failed(dalle2("generate", "a fox"), USAGE, ".dalle2.toml:3", "UTF-8")


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def swap_networks(folder: Path) -> None:
    prior, decoder = (folder / "prior.pt").read_bytes(), (folder / "decoder.pt").read_bytes()
    (folder / "prior.pt").write_bytes(decoder)
    (folder / "decoder.pt").write_bytes(prior)


def rehash(folder: Path, name: str) -> None:
    """Makes the manifest agree with a file, as a careless or hostile packager would."""
    manifest = json.loads((folder / "model.json").read_text())
    data = (folder / name).read_bytes()
    manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "model.json").write_text(json.dumps(manifest))


def foreign_network(folder: Path) -> None:
    (folder / "decoder.pt").write_bytes((folder / "prior.pt").read_bytes())
    rehash(folder, "decoder.pt")


def not_a_network(folder: Path) -> None:
    (folder / "decoder.pt").write_bytes(b"\x80\x02}q\x00." * 1000)
    rehash(folder, "decoder.pt")


def foreign_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.model").write_bytes(b"not a tokenizer" * 100)
    rehash(folder, "tokenizer.model")


def edit_manifest(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        manifest = json.loads((folder / "model.json").read_text())
        change(manifest)
        (folder / "model.json").write_text(json.dumps(manifest))

    return edit


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "decoder.pt").unlink(), ["decoder.pt"]),
        (lambda f: (f / "tokenizer.model").unlink(), ["tokenizer.model"]),
        (lambda f: (f / "model.json").unlink(), ["tiny"]),
        (lambda f: truncate(f / "prior.pt"), ["prior.pt"]),
        (lambda f: truncate(f / "model.json"), ["model.json"]),
        (lambda f: (f / "model.json").write_text(""), ["model.json"]),
        (lambda f: (f / "model.json").write_text("[]"), ["model.json"]),
        (lambda f: flip_a_byte(f / "decoder.pt"), ["decoder.pt"]),
        (swap_networks, [".pt"]),
        (foreign_network, ["decoder"]),
        (not_a_network, ["decoder"]),
        (foreign_tokenizer, ["tokenizer"]),
        (edit_manifest(lambda m: m.update(format_version=99)), ["format_version", "99"]),
        (edit_manifest(lambda m: m.update(format_version=0)), ["format_version", "0"]),
        (edit_manifest(lambda m: m.update(format_version="1")), ["format_version"]),
        (edit_manifest(lambda m: m.pop("format_version")), ["format_version"]),
        (edit_manifest(lambda m: m.update(surprise=1)), ["surprise"]),
        (edit_manifest(lambda m: m.pop("networks")), ["networks"]),
    ],
)
def test_spoilt_models(
    dalle2: Dalle2, own_model: Path, spoil: Callable[[Path], None], words: list[str]
) -> None:
    spoil(own_model)
    failed(dalle2("generate", "a fox", "-o", "x.png", "-m", str(own_model)), MODEL, *words)
    assert dalle2.files() == []


def test_a_model_that_is_not_there(dalle2: Dalle2) -> None:
    for name in ("nothing", "./nothing", "/nothing/at/all"):
        failed(dalle2("generate", "a fox", "-m", name), MODEL, name)


def test_a_model_from_elsewhere_needs_trust_once_and_again_when_it_changed(
    dalle2: Dalle2, tmp_path: Path
) -> None:
    foreign = tmp_path / "downloads" / "tiny"
    shutil.copytree(dalle2.models / "tiny", foreign)
    arguments = ["generate", "a fox", "-f", "-o", "x.png", "-m", str(foreign)]
    failed(dalle2(*arguments), MODEL, "--trust")
    assert dalle2.files() == []
    assert dalle2(*arguments, "--trust").code == 0
    assert dalle2(*arguments).code == 0
    edit_manifest(lambda m: m.update(title="another"))(foreign)
    failed(dalle2(*arguments), MODEL, "--trust")


def test_a_device_that_is_not_there(dalle2: Dalle2) -> None:
    failed(dalle2("generate", "a fox", "--device", "cuda:77"), DEVICE, "cuda")


@pytest.mark.parametrize("target", ["missing/x.png", "file/x.png", "file/", "/proc/new/", "x" * 300 + ".png"])
def test_places_that_cannot_be_written_to_are_refused_before_the_model_is_looked_at(
    dalle2: Dalle2, target: str
) -> None:
    (dalle2.folder / "file").write_bytes(b"mine")
    failed(dalle2("generate", "a fox", "-o", target, "-m", "no-such-model"), OUTPUT, "-o " + target)
    assert dalle2.files() == ["file"]


def test_a_folder_that_root_may_write_to_but_that_takes_no_files(dalle2: Dalle2) -> None:
    failed(dalle2("generate", "a fox", "-o", "/proc/x.png"), OUTPUT, "/proc/x.png")


def test_an_existing_output_is_refused_before_the_model_is_looked_at(dalle2: Dalle2) -> None:
    (dalle2.folder / "x.png").write_bytes(b"mine")
    failed(dalle2("generate", "a fox", "-o", "x.png", "-m", "no-such-model"), OUTPUT, "x.png", "--if-exists")
    assert (dalle2.folder / "x.png").read_bytes() == b"mine"


def test_devices_are_not_replaced(dalle2: Dalle2) -> None:
    failed(dalle2("generate", "a fox", "-f", "-o", "/dev/null", "--format", "png"), OUTPUT, "/dev/null")
    assert Path("/dev/null").is_char_device()


def test_a_full_disk(dalle2: Dalle2) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    failed(dalle2("generate", "a fox", "-o", "x.png", before=no_room), OUTPUT, "x.png", "File too large")
    assert dalle2.files() == []


def test_a_full_disk_keeps_the_old_file(dalle2: Dalle2) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    (dalle2.folder / "x.png").write_bytes(b"mine")
    failed(dalle2("generate", "a fox", "-f", "-o", "x.png", before=no_room), OUTPUT, "x.png")
    assert dalle2.files() == ["x.png"]
    assert (dalle2.folder / "x.png").read_bytes() == b"mine"


def test_standard_output_that_is_full(dalle2: Dalle2) -> None:
    with open("/dev/full", "wb") as full:
        result = dalle2("generate", "a fox", "-o", "-", stdout=full)
        assert result.code == OUTPUT
        assert "standard output" in result.err
        assert dalle2("--help", stdout=full).code == OUTPUT


def test_standard_output_that_nobody_reads(dalle2: Dalle2) -> None:
    process = dalle2.start("help")
    process.stdout.close()
    assert process.wait(timeout=60) in (-signal.SIGPIPE, 0)

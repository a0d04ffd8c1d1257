"""What scripts.package writes: whole packages or nothing, of the hashes it says."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
import sentencepiece
import torch
from torch import nn

from scripts.package import make_tiny
from scripts.package.manifest import Manifest, without_none
from scripts.package.tokenizer_file import without_paths
from scripts.package.writer import PackageWriter, compact_json, save_script


class Doubler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x * self.weight.to(x.dtype)


def write(folder: Path, manifest: Manifest) -> Path:
    with PackageWriter(folder, manifest) as writer:
        for name in manifest.network_files():
            writer.add_network(name, Doubler())
        return writer.finish()


def test_files_have_the_sizes_and_hashes_of_the_manifest(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny", make_tiny.tiny_manifest())
    files = json.loads((folder / "model.json").read_text())["files"]
    assert sorted(files) == sorted(path.name for path in folder.iterdir() if path.name != "model.json")
    for name, entry in files.items():
        contents = (folder / name).read_bytes()
        assert entry == {"size": len(contents), "sha256": hashlib.sha256(contents).hexdigest()}


def test_weights_are_float16(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny", make_tiny.tiny_manifest())
    network = torch.jit.load(str(folder / "prior.pt"))
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float16}
    assert torch.equal(network.float()(torch.ones(3)), torch.full((3,), 2.0))


def test_weights_too_large_for_float16_are_refused(tmp_path: Path) -> None:
    network = Doubler()
    network.weight.data.fill_(1e6)
    fault = pytest.raises(ValueError, match=r"prior\.pt: weight has numbers")
    with fault, PackageWriter(tmp_path / "tiny", make_tiny.tiny_manifest()) as writer:
        writer.add_network("prior.pt", network)


def test_an_unfinished_package_leaves_nothing(tmp_path: Path) -> None:
    fault = pytest.raises(ValueError, match="was not added")
    with fault, PackageWriter(tmp_path / "tiny", make_tiny.tiny_manifest()) as writer:
        writer.add_network("prior.pt", Doubler())
        writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_new_package_replaces_the_old_one_whole(tmp_path: Path) -> None:
    folder = write(tmp_path / "tiny", make_tiny.tiny_manifest())
    (folder / "left over").write_text("x")
    write(folder, make_tiny.tiny_manifest())
    assert not (folder / "left over").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_saved_networks_do_not_tell_where_they_were_made(tmp_path: Path) -> None:
    save_script(torch.jit.script(Doubler()), tmp_path / "network.pt")
    with zipfile.ZipFile(tmp_path / "network.pt") as archive:
        contents = b"".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if "debug" in name]
    assert __file__.encode() not in contents


def test_a_tokenizer_forgets_its_training_files_and_nothing_else(tmp_path: Path) -> None:
    text = tmp_path / "some-private-place.txt"
    text.write_text("\n".join(make_tiny.TEXTS))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tmp_path / "tokenizer"),
        vocab_size=373,
        byte_fallback=True,
        minloglevel=2,
    )
    model = (tmp_path / "tokenizer.model").read_bytes()
    cleaned = without_paths(model)
    assert b"some-private-place" in model and b"some-private-place" not in cleaned
    before = sentencepiece.SentencePieceProcessor(model_proto=model)
    after = sentencepiece.SentencePieceProcessor(model_proto=cleaned)
    texts = [*make_tiny.TEXTS, "Ünknown ☃ words", ""]
    assert before.encode(texts) == after.encode(texts)
    assert before.vocab_size() == after.vocab_size()


def test_the_committed_tiny_package_is_what_the_script_makes() -> None:
    fixtures = Path("tests/fixtures")
    expected = without_none(make_tiny.tiny_manifest().to_json())
    manifest = json.loads((fixtures / "tiny" / "model.json").read_text())
    files = manifest.pop("files")
    assert manifest == expected
    assert make_tiny.train_tokenizer() == (fixtures / "tiny" / "tokenizer.model").read_bytes()
    for name, network in make_tiny.tiny_networks(373).items():
        saved = torch.jit.load(io.BytesIO((fixtures / "tiny" / name).read_bytes()))
        assert {key: value.shape for key, value in saved.state_dict().items()} == {
            key: value.shape for key, value in network.state_dict().items()
        }
        assert name in files


def test_lists_of_numbers_take_one_line() -> None:
    value = {"a": [1, 2.5], "b": {"c": [{"d": None}]}, "e": {}}
    assert json.loads(compact_json(value)) == value
    assert '"a": [1, 2.5]' in compact_json(value)

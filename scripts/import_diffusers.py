"""Imports an unCLIP pipeline that diffusers saved, such as Karlo, as a model package (docs/importing-weights.md).

python -m scripts.import_diffusers FOLDER models/karlo --dry-run
python -m scripts.import_diffusers FOLDER models/karlo
dalle2 generate --model karlo "a red fox in the snow" -o fox.png
"""

import argparse
import re
from pathlib import Path

from scripts.importing.command import (
    DTYPES,
    UNKNOWN_LICENCE,
    add_common_options,
    check_destination,
    run_command,
    say_needs,
)
from scripts.importing.files import network_files
from scripts.importing.package import Labels, write_package
from scripts.importing.pipeline import read_pipeline


def main() -> None:
    run_command(run, parse())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="an UnCLIPPipeline in diffusers' layout")
    parser.add_argument("out", type=Path, help="the package to write, such as models/karlo")
    parser.add_argument(
        "--image-variations",
        type=Path,
        metavar="FOLDER",
        help="an UnCLIPImageVariationPipeline of the same CLIP, to take the image encoder from",
    )
    add_common_options(parser, "of the weights; else what the folder's README.md says")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    out, dtype = arguments.out, DTYPES[arguments.dtype]
    check_destination(out, arguments.replace)
    pipeline = read_pipeline(arguments.folder, arguments.image_variations)
    if not say_needs(arguments, network_files(pipeline), pipeline.tokenizer):
        return
    labels = Labels(
        name=out.name,
        title=arguments.title or f"imported from {arguments.folder.resolve().name}",
        licence=arguments.licence or licence_of(arguments.folder),
    )
    write_package(pipeline, out, labels, dtype)
    print(f"wrote {out}")


def licence_of(folder: Path) -> str:
    """From the head of the model card, where there is one."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    found = re.search(r"\A---\n(?:.*\n)*?license:\s*(\S+)", text)
    return found.group(1) if found else UNKNOWN_LICENCE


if __name__ == "__main__":
    main()

"""Imports an unCLIP pipeline that diffusers saved, such as Karlo, as a model package (docs/importing-weights.md).

python -m scripts.import_diffusers FOLDER models/karlo --dry-run
python -m scripts.import_diffusers FOLDER models/karlo
dalle2 generate --model karlo "a red fox in the snow" -o fox.png
"""

import argparse
import errno
import logging
import os
import re
import signal
import sys
import warnings
from pathlib import Path

# Before diffusers is imported: it reads folders here, and never asks a server about them.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

from scripts.importing.faults import ImportFault
from scripts.importing.forecast import forecast, require_disk
from scripts.importing.package import Labels, write_package
from scripts.importing.pipeline import read_pipeline

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
DTYPES = {"float16": torch.float16, "float32": torch.float32}


def main() -> None:
    arguments = parse()
    quiet()
    # PackageWriter cleans up behind every exception; an end by kill shall be one too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        run(arguments)
    except ImportFault as fault:
        sys.exit(f"error: {fault}")
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        sys.exit(f"error: cannot write {arguments.out}: {error.strerror}; nothing was left behind")
    except KeyboardInterrupt:
        sys.exit("stopped; nothing was left behind")


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
    parser.add_argument("--dtype", choices=list(DTYPES), default="float16", help="of the weights written")
    parser.add_argument("--title", help="one line for people; else it names the folder")
    parser.add_argument("--licence", help="of the weights; else what the folder's README.md says")
    parser.add_argument("--replace", action="store_true", help="replace the package that is there")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be written")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    out, dtype = arguments.out, DTYPES[arguments.dtype]
    check_destination(out, arguments.replace)
    pipeline = read_pipeline(arguments.folder, arguments.image_variations)
    need = forecast(pipeline, dtype)
    print(f"{out}, {arguments.dtype}:", *need.lines(), sep="\n")
    if arguments.dry_run:
        return
    require_disk(need, out)
    labels = Labels(
        name=out.name,
        title=arguments.title or f"imported from {arguments.folder.resolve().name}",
        licence=arguments.licence or licence_of(arguments.folder),
    )
    write_package(pipeline, out, labels, dtype)
    print(f"wrote {out}")


def check_destination(out: Path, replace: bool) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", out.name):
        raise ImportFault(f'"{out.name}" cannot name a model: letters, digits, "-", "_" and "." can')
    if not out.exists():
        return
    if not (out / "model.json").is_file():
        raise ImportFault(f"{out} exists and is not a model package; give a new folder, such as models/karlo")
    if not replace:
        raise ImportFault(f"{out} exists; --replace replaces it")


def licence_of(folder: Path) -> str:
    """From the head of the model card, where there is one."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    found = re.search(r"\A---\n(?:.*\n)*?license:\s*(\S+)", text)
    return found.group(1) if found else "unknown: see where the weights came from"


def quiet() -> None:
    """Of advice to programmers, which would drown the progress bar and the messages."""
    warnings.filterwarnings("ignore")
    for name in ("diffusers", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()


if __name__ == "__main__":
    main()

"""What the import commands share: options, the end of a run that fails, and the check of where the package goes."""

import argparse
import errno
import logging
import re
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from scripts.importing.faults import ImportFault
from scripts.importing.files import NetworkFile
from scripts.importing.forecast import forecast, require_disk
from scripts.importing.tokenizer import TokenizerFiles

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
UNKNOWN_LICENCE = "unknown: see where the weights came from"
DTYPES = {"float16": torch.float16, "float32": torch.float32}


def add_common_options(parser: argparse.ArgumentParser, licence_help: str) -> None:
    parser.add_argument("--dtype", choices=list(DTYPES), default="float16", help="of the weights written")
    parser.add_argument("--title", help="one line for people; else it names what was imported")
    parser.add_argument("--licence", help=licence_help)
    parser.add_argument("--replace", action="store_true", help="replace the package that is there")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be written")


def run_command(run: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Ends the process with a sentence for whatever a user can mend."""
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


def check_destination(out: Path, replace: bool) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", out.name):
        raise ImportFault(f'"{out.name}" cannot name a model: letters, digits, "-", "_" and "." can')
    if not out.exists():
        return
    if not (out / "model.json").is_file():
        raise ImportFault(f"{out} exists and is not a model package; give a new folder, such as models/karlo")
    if not replace:
        raise ImportFault(f"{out} exists; --replace replaces it")


def say_needs(arguments: argparse.Namespace, files: list[NetworkFile], tokenizer: TokenizerFiles) -> bool:
    """Says what would be written and what it takes. False if that was all that was asked."""
    need = forecast(files, tokenizer, DTYPES[arguments.dtype])
    print(f"{arguments.out}, {arguments.dtype}:", *need.lines(), sep="\n")
    if arguments.dry_run:
        return False
    require_disk(need, arguments.out)
    return True


def quiet() -> None:
    """Of advice to programmers, which would drown the progress bar and the messages."""
    warnings.filterwarnings("ignore")
    for name in ("diffusers", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()

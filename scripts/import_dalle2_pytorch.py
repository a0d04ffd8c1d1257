"""Imports checkpoints of DALLE2-pytorch as a model package (docs/importing-weights.md).

python -m scripts.import_dalle2_pytorch models/mine --prior prior.pth --prior-config prior.json \\
    --decoder decoder.pth --decoder-config decoder.json --clip clip-vit-large-patch14
dalle2 generate --model mine "a red fox in the snow" -o fox.png

Each .pth is what DiffusionPriorTrainer or DecoderTrainer saved, a state_dict of DiffusionPrior or Decoder, or of DALLE2
with both; each .json is the config that it was trained with, or its "prior" or "decoder" alone. --clip is the CLIP that
it was trained with, in transformers' layout: no checkpoint holds the text encoder.
"""

import argparse
from pathlib import Path

from scripts.importing.command import (
    DTYPES,
    UNKNOWN_LICENCE,
    add_common_options,
    check_destination,
    run_command,
    say_needs,
)
from scripts.importing.faults import ImportFault
from scripts.importing.package import Labels, write_networks


def main() -> None:
    run_command(run, parse())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the package to write, such as models/mine")
    for name, what in (("prior", "DiffusionPrior"), ("decoder", "Decoder")):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", required=True, help=f"weights of a {what}"
        )
        parser.add_argument(
            f"--{name}-config", type=Path, metavar="FILE", required=True, help="its settings, JSON"
        )
    parser.add_argument("--clip", type=Path, metavar="FOLDER", required=True, help="a CLIP of transformers'")
    parser.add_argument("--no-ema", action="store_true", help="weights as trained, not their moving average")
    parser.add_argument("--without-upsamplers", action="store_true", help="leave out all unets but the first")
    add_common_options(parser, "of the weights")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    require_library()
    from scripts.importing.dalle2_pytorch.models import Sources, read_models
    from scripts.importing.dalle2_pytorch.package import make_manifest, network_files

    out, dtype = arguments.out, DTYPES[arguments.dtype]
    check_destination(out, arguments.replace)
    models = read_models(
        Sources(
            arguments.prior,
            arguments.prior_config,
            arguments.decoder,
            arguments.decoder_config,
            arguments.clip,
            use_ema=not arguments.no_ema,
            upsamplers=not arguments.without_upsamplers,
        )
    )
    files = network_files(models)
    if not say_needs(arguments, files, models.tokenizer):
        return
    labels = Labels(
        name=out.name,
        title=arguments.title or f"imported from {arguments.decoder.name}",
        licence=arguments.licence or UNKNOWN_LICENCE,
    )
    write_networks(out, make_manifest(models, labels), files, models.tokenizer, dtype)
    print(f"wrote {out}")


def require_library() -> None:
    try:
        import dalle2_pytorch  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportFault(
            f"{error.name} is not installed: .venv/bin/pip install --no-deps --group dalle2-pytorch"
        ) from None


if __name__ == "__main__":
    main()

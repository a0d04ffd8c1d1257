"""What the two Python contenders have in common.

With --picture a worker makes one picture file and ends. Without, it reads numbers of pictures from standard input and
answers each line with what making them took.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

PROMPT = "a red fox sitting in the snow"  # as `dalle2 bench` has it

MakePictures = Callable[[int], list[Image.Image]]


def peak_memory() -> int:
    """Bytes that this process held at most."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run_worker(make: Callable[[Path, torch.dtype, list[int]], MakePictures]) -> None:
    """`make(model, dtype, steps)` gives the function that makes N pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--dtype", required=True, help="float32 or bfloat16")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, nargs=3, required=True, help="of prior, decoder and upsampler")
    parser.add_argument("--picture", type=Path, help="file to write")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    make_pictures = make(arguments.model, getattr(torch, arguments.dtype), arguments.steps)
    if arguments.picture:
        make_pictures(1)[0].save(arguments.picture)
        return
    for line in sys.stdin:
        start = time.perf_counter()
        make_pictures(int(line))
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "memory": peak_memory()}), flush=True)

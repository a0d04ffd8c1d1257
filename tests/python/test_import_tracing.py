"""Traces of diffusers' networks run with any batch, type and device, and give what the networks give."""

import io

import pytest
import torch
from torch import Tensor, nn

from scripts.importing.files import NetworkFile, network_files
from scripts.importing.pipeline import read_pipeline
from scripts.importing.tracing import TraceError, as_tuple, trace
from tests.python.import_fixtures import folders

NAMES = ["text_encoder.pt", "prior.pt", "decoder.pt", "upsampler_32.pt", "image_encoder.pt"]


def file_named(name: str) -> NetworkFile:
    return next(file for file in network_files(read_pipeline(*folders())) if file.name == name)


def traced(file: NetworkFile) -> tuple[nn.Module, torch.jit.ScriptModule]:
    """The network itself, and its trace as it comes back from a file."""
    network = file.assemble(*(part.load(torch.float32) for part in file.parts))
    stream = io.BytesIO()
    torch.jit.save(trace(network, file.example), stream)
    stream.seek(0)
    return network, torch.jit.load(stream)


def inputs(file: NetworkFile, batch: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    rows = torch.arange(batch) % 2
    generator = torch.Generator().manual_seed(batch)
    return tuple(
        (x[rows] + torch.randn(x[rows].shape, generator=generator)).to(dtype)
        if x.is_floating_point()
        else x[rows]
        for x in file.example
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_gives_what_the_network_gives(name: str) -> None:
    file = file_named(name)
    network, script = traced(file)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        network.to(dtype)
        script.to(dtype)
        for batch in (1, 2, 5):
            given = inputs(file, batch, dtype)
            with torch.no_grad():
                expected, actual = as_tuple(network(*given)), as_tuple(script(*given))
            for theirs, mine in zip(expected, actual, strict=True):
                assert mine.dtype == dtype
                torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def devices(script: torch.jit.ScriptModule) -> list[str]:
    """Devices that the code names outright, instead of taking them from an input."""
    graph = script.inlined_graph  # kept alive: its nodes are freed with it
    outputs = [node.output() for node in graph.findAllNodes("prim::Constant")]
    return [str(output.toIValue()) for output in outputs if output.type().kind() == "DeviceObjType"]


def test_a_plain_trace_names_its_device() -> None:
    file = file_named("prior.pt")
    network = file.assemble(*(part.load(torch.float32) for part in file.parts))
    assert "cpu" in devices(torch.jit.trace(network, file.example, check_trace=False))


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_names_no_device(name: str) -> None:
    assert devices(traced(file_named(name))[1]) == []


def test_tracing_leaves_the_weights_as_they_were() -> None:
    file = file_named("prior.pt")
    before = file.parts[0].load(torch.float32).state_dict()
    _, script = traced(file)
    after = {name.removeprefix("prior."): x for name, x in script.state_dict().items()}
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


class CountsRows(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * float(x.shape[0])


def test_a_network_that_a_trace_cannot_follow_is_refused() -> None:
    with pytest.raises(TraceError, match="batch of 1"):
        trace(CountsRows(), (torch.ones(2, 4),))

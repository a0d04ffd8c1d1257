"""Traces a network so that the result runs with any batch size, in any floating type, on any device.

A trace holds the types and devices of its example as constants. Here the example runs in bfloat16, a type that
these networks never ask for by name: each bfloat16 in the trace then means "the type of the weights", and is
replaced by the type of an input. Devices are replaced in the same way. The weights themselves keep their values.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

MARKER = torch.bfloat16
MARKER_NUMBER = 15  # bfloat16 in TorchScript, where types are numbers
LOWEST_HALF = -65504.0
CHECKED_BATCH = 1  # other than the example's; one row, as one of Karlo's super-resolution takes 8.5 TFLOP


class TraceError(Exception):
    """The trace does not do what the network does."""


def trace(network: nn.Module, example: tuple[Tensor, ...]) -> torch.jit.ScriptModule:
    """`example` has a batch of 2, so that a batch of 1 is nothing special to the trace."""
    network = network.eval().requires_grad_(False)
    example = tuple(tensor.to(MARKER) if tensor.is_floating_point() else tensor for tensor in example)
    with torch.no_grad(), weights_as(network, MARKER):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # conditions on shapes; check() finds those that matter
            script = torch.jit.trace(network, example, check_trace=False)
        free_types_and_devices(script.graph)
        check(network, script, example)
    return script


@contextmanager
def weights_as(network: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """The trace shares the network's tensors, so it has its own weights back as well afterwards."""
    tensors = [x for x in (*network.parameters(), *network.buffers()) if x.is_floating_point()]
    own = [tensor.data for tensor in tensors]
    for tensor, data in zip(tensors, own, strict=True):
        tensor.data = data.to(dtype)
    try:
        yield
    finally:
        for tensor, data in zip(tensors, own, strict=True):
            tensor.data = data


def free_types_and_devices(graph: torch._C.Graph) -> None:
    torch._C._jit_pass_inline(graph)  # one flat graph, in which every node can see the inputs
    inputs = list(graph.inputs())[1:]  # after self
    floating = [value for value in inputs if value.type().scalarType() == "BFloat16"]
    for node in list(graph.nodes()):
        if not node.kind().startswith("aten::"):
            continue
        if node.kind() == "aten::masked_fill":
            hold_in_half(graph, node)
        for i, argument in enumerate(torch._C.parse_schema(node.schema()).arguments):
            source = node.inputsAt(i).node()
            constant = node.inputsAt(i).toIValue() if source.kind() == "prim::Constant" else None
            if argument.name == "device" and constant is not None:
                node.replaceInput(i, property_before(graph, node, "prim::device", inputs[0]))
            elif argument.name == "dtype" and constant == MARKER_NUMBER:
                if not floating:
                    raise TraceError("asks for the type of its weights, and no input has it")
                node.replaceInput(i, property_before(graph, node, "prim::dtype", floating[0]))
    for value in inputs:
        value.setType(torch._C.TensorType.get())  # the example's shapes and types say nothing any more
    graph.lint()


def hold_in_half(graph: torch._C.Graph, node: torch._C.Node) -> None:
    """Attention masks with the lowest number of its type; float16's is as good as none after a softmax."""
    value = node.inputsAt(2).toIValue() if node.inputsAt(2).node().kind() == "prim::Constant" else None
    if isinstance(value, float) and LOWEST_HALF > value > -float("inf"):
        graph.setInsertPoint(node)
        node.replaceInput(2, graph.insertConstant(LOWEST_HALF))


def property_before(
    graph: torch._C.Graph, node: torch._C.Node, kind: str, tensor: torch._C.Value
) -> torch._C.Value:
    """A new node in front of `node` that gives the type or the device of `tensor`."""
    made = graph.create(kind, [tensor], 1)
    made.output().setType(torch._C.IntType.get() if kind == "prim::dtype" else torch._C.DeviceObjType.get())
    made.insertBefore(node)
    return made.output()


def check(network: nn.Module, script: torch.jit.ScriptModule, example: tuple[Tensor, ...]) -> None:
    inputs = tuple(
        tensor[:CHECKED_BATCH].roll(1, -1) if tensor.dim() > 1 else tensor[:CHECKED_BATCH]
        for tensor in example
    )
    expected, actual = as_tuple(network(*inputs)), as_tuple(script(*inputs))
    for mine, theirs in zip(actual, expected, strict=True):
        if mine.shape != theirs.shape or not torch.equal(mine, theirs):
            raise TraceError(f"traced, it gives something else for a batch of {CHECKED_BATCH}")


def as_tuple(output: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return output if isinstance(output, tuple) else (output,)

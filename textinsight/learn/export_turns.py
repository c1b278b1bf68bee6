"""The trained network as the shipped model: an int8 ONNX graph whose weights lie in one safetensors file.

Linear layers are quantised symmetrically, one scale an output (dynamic quantisation: activations at run time), word
vectors one scale a word. The graph's tensors are stored outside it, so that torch reads the very same bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textinsight.encode.network import TurnNetwork
from textinsight.encode.twin import WEIGHTS
from textinsight.encode.windows import AGES

GRAPH = "model.onnx"

_INPUTS, _OUTPUTS = ("ids", "speakers", "ages", "mask"), ("scores", "judged", "states")
_OPSET = 17
_INLINE = 1024  # bytes up to which a tensor stays in the graph
_TYPES = {1: "F32", 2: "U8", 3: "I8", 6: "I32", 7: "I64"}  # ONNX element type → safetensors


def export(network: Any, folder: Path, *, trace: Callable[[Any, Path], None] | None = None) -> None:
    """Write model.onnx and weights.safetensors into `folder`. trace: writes another network's plain graph."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as scratch:
        plain, small = Path(scratch) / "plain.onnx", Path(scratch) / "small.onnx"
        (trace or _trace)(network, plain)
        graph = onnx.load(plain)
        _name_weights(graph)
        onnx.save(graph, plain)
        quantize_dynamic(plain, small, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        model = onnx.load(small)
    _quantise_words(model)
    folder.mkdir(parents=True, exist_ok=True)
    _store(model, folder / WEIGHTS)
    (folder / GRAPH).write_bytes(model.SerializeToString())


def _trace(network: TurnNetwork, path: Path) -> None:
    ids = torch.randint(1000, 20_000, (2, 9))
    sizes = {0: "texts", 1: "tokens"}
    axes: dict[str, dict[int, str]] = dict.fromkeys((*_INPUTS, *_OUTPUTS), sizes)
    speakers = torch.randint(0, 2, ids.shape)
    arguments = (ids, speakers, torch.randint(0, AGES, ids.shape), torch.ones_like(ids))
    torch.onnx.export(
        network.eval(), arguments, str(path), input_names=list(_INPUTS), output_names=list(_OUTPUTS),
        dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
    )  # fmt: skip


def _name_weights(model: Any) -> None:
    """A linear layer's transposed weight gets the name that its bias already has."""
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    adds = {name: node for node in model.graph.node if node.op_type == "Add" for name in node.input}
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in initializers:
            continue
        bias = next(name for name in adds[node.output[0]].input if name.endswith(".bias"))
        tensor = initializers[node.input[1]]
        tensor.name = node.input[1] = bias.removesuffix("bias") + "weight"


def _quantise_words(model: Any) -> None:
    """Word vectors as int8 rows with a scale each, turned into floats after the look-up."""
    from onnx import helper, numpy_helper

    graph = model.graph
    words = next(tensor for tensor in graph.initializer if tensor.name == "words.weight")
    lookup = next(node for node in graph.node if node.op_type == "Gather" and node.input[0] == words.name)
    rows, scale = quantised_rows(numpy_helper.to_array(words))
    for name, values in (("words.weight_quantized", rows), ("words.weight_scale", scale)):
        graph.initializer.append(numpy_helper.from_array(values, name))
    ids, out = lookup.input[1], lookup.output[0]
    place = list(graph.node).index(lookup)
    graph.node.remove(lookup)
    graph.initializer.remove(words)
    nodes = [
        helper.make_node("Gather", ["words.weight_quantized", ids], ["word_rows"]),
        helper.make_node("Gather", ["words.weight_scale", ids], ["word_scales"]),
        helper.make_node("Cast", ["word_rows"], ["word_floats"], to=1),
        helper.make_node("Mul", ["word_floats", "word_scales"], [out]),
    ]
    for offset, node in enumerate(nodes):
        graph.node.insert(place + offset, node)


def quantised_rows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) floats → int8 rows and (n, 1) scales, symmetric."""
    scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-8) / 127
    return np.clip(np.round(values / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def _store(model: Any, path: Path) -> None:
    """Move the tensors into a safetensors file and leave their places in the graph."""
    from onnx import numpy_helper

    large = [tensor for tensor in model.graph.initializer if numpy_helper.to_array(tensor).nbytes > _INLINE]
    large += [t for t in model.graph.initializer if t not in large and _is_weight(t.name)]
    large.sort(key=lambda tensor: tensor.name)
    header: dict[str, Any] = {}
    blocks: list[bytes] = []
    position = 0
    for tensor in large:
        values = np.ascontiguousarray(numpy_helper.to_array(tensor))
        end = position + values.nbytes
        header[tensor.name] = {
            "dtype": _TYPES[tensor.data_type],
            "shape": list(values.shape),
            "data_offsets": [position, end],
        }
        blocks.append(values.tobytes())
        position = end
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 64)
    path.write_bytes(len(head).to_bytes(8, "little") + head + b"".join(blocks))
    for tensor in large:
        start, end = header[tensor.name]["data_offsets"]
        _point(tensor, path.name, offset=8 + len(head) + start, length=end - start)


def _is_weight(name: str) -> bool:
    return name.endswith(("_scale", ".bias", "norm.weight", "norm_attention.weight", "speakers.weight", "ages.weight"))


def _point(tensor: Any, location: str, *, offset: int, length: int) -> None:
    for field in ("raw_data", "float_data", "int32_data", "int64_data"):
        tensor.ClearField(field)
    tensor.data_location = 1  # external
    del tensor.external_data[:]
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)

"""A look into an ONNX file before any runtime opens it: nothing outside the file may be named in it.

ONNX lets a tensor live in another file whose path the model states, which has led to reads outside the model's
folder time and again (CVE-2022-25882, CVE-2024-27318). Field numbers are those of onnx.proto, IR version 10; the
wire format is protocol buffers'.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import UnsafeModel

KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operator sets that onnxruntime carries itself; any other would need a library loaded beside it."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MODEL_GRAPH, _MODEL_FUNCTION = 7, 25
_FUNCTION_NODE = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES = 22, 23
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_DEEPEST = 32
"""Graphs within graphs; a real network has two or three."""


def check_self_contained(content: bytes, name: str) -> None:
    """Raises UnsafeModel when the ONNX file `content` names external data or operators of unknown origin.

    The same error is raised for bytes that are no ONNX file. `name` is how messages call the file.
    """
    try:
        graphs = 0
        for field, part in _fields(memoryview(content)):
            if field == _MODEL_GRAPH:
                graphs += 1
                _check_graph(_message(part), name, 0)
            elif field == _MODEL_FUNCTION:
                for inner, node in _fields(_message(part)):
                    if inner == _FUNCTION_NODE:
                        _check_node(_message(node), name, 0)
    except (IndexError, ValueError) as error:
        raise UnsafeModel(f"{name} is not an ONNX file ({error}); export it again") from error
    if graphs != 1:
        raise UnsafeModel(f"{name} is not an ONNX file: it holds {graphs} graphs; export it again")


def _check_graph(graph: memoryview, name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("graphs are nested too deeply")
    for field, part in _fields(graph):
        if field == _GRAPH_NODE:
            _check_node(_message(part), name, depth)
        elif field == _GRAPH_INITIALIZER:
            _check_tensor(_message(part), name)
        elif field == _GRAPH_SPARSE:
            _check_sparse(_message(part), name)


def _check_node(node: memoryview, name: str, depth: int) -> None:
    for field, part in _fields(node):
        if field == _NODE_DOMAIN:
            domain = bytes(_message(part)).decode("utf-8")
            if domain not in KNOWN_DOMAINS:
                raise UnsafeModel(f"{name} uses operators of {domain!r}; export it with standard operators only")
        elif field == _NODE_ATTRIBUTE:
            for inner, value in _fields(_message(part)):
                if inner in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    _check_tensor(_message(value), name)
                elif inner in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    _check_graph(_message(value), name, depth + 1)
                elif inner in (_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES):
                    _check_sparse(_message(value), name)


def _check_sparse(sparse: memoryview, name: str) -> None:
    for field, part in _fields(sparse):
        if field in (_SPARSE_VALUES, _SPARSE_INDICES):
            _check_tensor(_message(part), name)


def _check_tensor(tensor: memoryview, name: str) -> None:
    for field, part in _fields(tensor):
        if field == _TENSOR_EXTERNAL or (field == _TENSOR_LOCATION and part != 0):
            raise UnsafeModel(f"{name} keeps weights in another file; export it with all its weights inside")


def _message(part: memoryview | int) -> memoryview:
    if isinstance(part, int):
        raise ValueError("a number stands where a message belongs")
    return part


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Each field of a message: its number, and its bytes, or its value where it is a varint."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if position + size > len(message):
            raise ValueError("it ends early")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")

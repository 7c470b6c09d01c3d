"""Models are found by name or path and trusted by checksum only."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_models import constant_network, write_detector, write_reader

from models.errors import MissingWeights, ModelError, TamperedWeights, UnknownModel, UnsafeModel
from models.onnx_safety import check_self_contained
from models.registry import Registry, read_weights


def test_a_model_is_found_by_name_by_card_and_by_weight_file(tmp_path: Path) -> None:
    """A name, a card's path and an ONNX file's path all lead to the same card."""
    path = write_detector(tmp_path, [])
    registry = Registry(tmp_path)
    found = [registry.find(name, "detector") for name in ("tiny-detector", str(path), str(path.with_suffix(".onnx")))]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("name", ["nope", "nope.toml", "nope.onnx"])
def test_an_unknown_model_names_what_there_is(tmp_path: Path, name: str) -> None:
    """Asking for a model that does not exist is an UnknownModel, never a default in its place."""
    write_detector(tmp_path, [])
    with pytest.raises(UnknownModel) as caught:
        Registry(tmp_path).find(name, "detector")
    assert name in str(caught.value)


def test_a_reader_is_no_detector(tmp_path: Path) -> None:
    """A model of the other kind is refused by its card, before its weights are opened."""
    write_reader(tmp_path, "A1")
    with pytest.raises(UnknownModel, match="is a reader, not a detector"):
        Registry(tmp_path).find("tiny-reader", "detector")


def test_an_onnx_file_without_a_card_is_refused(tmp_path: Path) -> None:
    """Bare weights have no checksum to trust them by."""
    card = write_detector(tmp_path, [])
    card.unlink()
    with pytest.raises(UnknownModel, match="has no card"):
        Registry(tmp_path).find(str(card.with_suffix(".onnx")), "detector")


def test_weights_are_the_pinned_bytes(tmp_path: Path) -> None:
    """What is loaded is exactly the file that the card pins."""
    path = write_detector(tmp_path, [])
    card = Registry(tmp_path).find(str(path), "detector")
    assert read_weights(card, "fp32") == path.with_suffix(".onnx").read_bytes()


def test_one_changed_bit_is_tampering(tmp_path: Path) -> None:
    """A weight file of the right size with one bit changed is refused."""
    path = write_detector(tmp_path, [])
    weights = path.with_suffix(".onnx")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(TamperedWeights, match="sha256 differs"):
        read_weights(Registry(tmp_path).find(str(path), "detector"), "fp32")


def test_a_file_of_another_size_is_tampering(tmp_path: Path) -> None:
    """A weight file that grew is refused before it is hashed."""
    path = write_detector(tmp_path, [])
    with path.with_suffix(".onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(TamperedWeights, match="bytes"):
        read_weights(Registry(tmp_path).find(str(path), "detector"), "fp32")


def test_missing_weights_and_precisions_say_so(tmp_path: Path) -> None:
    """A weight file that is gone, and a precision the card never had, are errors of their own."""
    path = write_detector(tmp_path, [])
    card = Registry(tmp_path).find(str(path), "detector")
    with pytest.raises(UnknownModel, match="no int8 file"):
        read_weights(card, "int8")
    path.with_suffix(".onnx").unlink()
    with pytest.raises(MissingWeights):
        read_weights(card, "fp32")


def _plain() -> onnx.ModelProto:
    return constant_network("x", [1, 3], {"y": np.zeros((1, 3), np.float32)})


def _with_external_initializer() -> onnx.ModelProto:
    model = _plain()
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return model


def _with_external_constant_in_a_branch() -> onnx.ModelProto:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32), "inner")
    tensor.data_location = TensorProto.EXTERNAL
    inner = helper.make_graph([helper.make_node("Constant", [], ["z"], value=tensor)], "branch", [], [])
    model = _plain()
    model.graph.node.append(helper.make_node("If", ["x"], ["w"], then_branch=inner, else_branch=inner))
    return model


def _with_unknown_operator() -> onnx.ModelProto:
    model = _plain()
    model.graph.node.append(helper.make_node("Anything", ["x"], ["w"], domain="com.example"))
    return model


@pytest.mark.parametrize(
    "make", [_with_external_initializer, _with_external_constant_in_a_branch, _with_unknown_operator]
)
def test_a_model_that_reaches_outside_itself_is_unsafe(make: Callable[[], onnx.ModelProto]) -> None:
    """External data, however deep, and operators of unknown origin are refused before any runtime sees them."""
    with pytest.raises(UnsafeModel):
        check_self_contained(make().SerializeToString(), "x.onnx")


def test_a_self_contained_model_passes() -> None:
    """A network with its weights inside is let through."""
    assert check_self_contained(_plain().SerializeToString(), "x.onnx") is None


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", _plain().SerializeToString()[:-40]])
def test_bytes_that_are_no_whole_model_are_unsafe(content: bytes) -> None:
    """An empty file, a web page and a model cut short are refused with a typed error, not a crash."""
    with pytest.raises(UnsafeModel, match="not an ONNX file"):
        check_self_contained(content, "x.onnx")


def test_every_error_has_a_code_of_its_own() -> None:
    """Machines tell the errors apart by codes that no two share."""
    kinds = [UnknownModel, TamperedWeights, MissingWeights, UnsafeModel, ModelError]
    assert len({kind.code for kind in kinds}) == len(kinds)

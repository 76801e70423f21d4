"""Shapes of decoded documents: unknown fields, wrong kinds and long lists are refused wherever they stand."""

import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.shape import Several, Shape, check_shape
from hypothesis import given
from hypothesis import strategies as st

SHAPE: Shape = {"name": None, "inner": {"size": None}, "items": Several(2, {"value": None})}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*SHAPE, "size", "value"]), inner),
)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"nam": 1}, "it has the unknown field 'nam'"),
        ({"inner": {"size": 1, "colour": 2}}, "it.inner has the unknown field 'colour'"),
        ({"inner": [1]}, "it.inner must be a map"),
        ({"items": {"value": 1}}, "it.items must be a list"),
        ({"items": [{"value": 1}, {"valu": 1}]}, "it.items[1] has the unknown field 'valu'"),
        ({"items": [{}, {}, {}]}, "it.items has more than 2 items"),
        ({"items": [None]}, "it.items[0] must be a map"),
        ([], "it must be a map"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(document: object, place: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_shape(document, SHAPE, "it")
    assert f"{refused.value.where} {refused.value.what}".startswith(place)


def test_absent_and_null_fields_fit() -> None:
    check_shape({}, SHAPE, "it")
    check_shape({"name": {"any": "value"}, "inner": None, "items": []}, SHAPE, "it")


@given(JSON)
def test_only_bad_input_is_ever_raised(document: object) -> None:
    try:
        check_shape(document, SHAPE, "it")
    except BadInput:
        return
    assert isinstance(document, dict)
    assert document.keys() <= SHAPE.keys()

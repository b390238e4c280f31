"""Types of Arrow from which no rows can be taken, or that only say in another way what others say -> plain types, at any depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hazardrules.intake.problems import Beyond

if TYPE_CHECKING:
    from hazardrules.columnar.tape import Array


def plain_type(data: pa.DataType) -> pa.DataType:
    """The type in which values of a type are read and carried over; most stay what they are."""
    kinds = pa.types
    if kinds.is_string_view(data):
        return pa.string()
    if kinds.is_binary_view(data):
        return pa.binary()
    if kinds.is_run_end_encoded(data):
        return plain_type(data.value_type)
    if kinds.is_dictionary(data):
        inner = plain_type(data.value_type)
        return inner if kinds.is_nested(inner) else pa.dictionary(data.index_type, inner, data.ordered)
    if kinds.is_struct(data):
        return pa.struct([_plain_field(data.field(number)) for number in range(data.num_fields)])
    if kinds.is_list(data) or kinds.is_list_view(data) or kinds.is_fixed_size_list(data):
        return pa.list_(_plain_field(data.value_field))
    if kinds.is_large_list(data) or kinds.is_large_list_view(data):
        return pa.large_list(_plain_field(data.value_field))
    return data


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(plain_type(field.type))


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema of plain types."""
    return pa.schema([_plain_field(field) for field in schema], schema.metadata)


def plain_array(array: pa.Array) -> pa.Array:
    """The same values in a plain type."""
    data, wanted, kinds = array.type, plain_type(array.type), pa.types
    if data == wanted:
        return array
    if kinds.is_run_end_encoded(data):
        places = np.arange(array.offset, array.offset + len(array))
        runs = np.searchsorted(array.run_ends.to_numpy(), places, side="right")
        return plain_array(array.values).take(pa.array(runs))
    if kinds.is_dictionary(data):
        inner = plain_array(array.dictionary)
        if kinds.is_nested(inner.type):
            return inner.take(array.indices)
        return pa.DictionaryArray.from_arrays(array.indices, inner, ordered=data.ordered)
    if kinds.is_struct(data):
        fields = [plain_array(array.field(number)) for number in range(data.num_fields)]
        return pa.StructArray.from_arrays(fields, fields=list(wanted), mask=_nulls(array))
    if kinds.is_list(wanted) or kinds.is_large_list(wanted):
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(_lengths(array))))
        form = pa.ListArray if kinds.is_list(wanted) else pa.LargeListArray
        ends = pa.array(offsets, pa.int32() if kinds.is_list(wanted) else pa.int64())
        return form.from_arrays(ends, entries(array), wanted, mask=_nulls(array))
    return array.cast(wanted)


def entries(array: pa.Array) -> pa.Array:
    """What stands in lists, one list after the other, in a plain type; leaves out what stands behind a null."""
    try:
        return plain_array(array.flatten())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # Arrow does not put dictionaries with null in them together
        lengths = _lengths(array)
        if pa.types.is_fixed_size_list(array.type):
            starts = np.arange(array.offset, array.offset + len(array)) * array.type.list_size
        else:
            starts = array.offsets.to_numpy()[: len(array)].astype(np.int64)
        places = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        return plain_array(array.values).take(pa.array(places))


def _lengths(array: pa.Array) -> Array:
    return pc.list_value_length(array).fill_null(0).to_numpy().astype(np.int64)


def python_values(array: pa.Array) -> list[Any]:
    """The values as Python has them; `Beyond`, or bytes, in the place of those that it cannot have."""
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError):  # days after the year 9999, texts that are no UTF-8
        return [_python_value(value) for value in array]


def _python_value(value: pa.Scalar) -> Any:
    if value.is_valid and pa.types.is_struct(value.type):
        return {name: _python_value(inner) for name, inner in value.items()}
    if value.is_valid and (pa.types.is_list(value.type) or pa.types.is_large_list(value.type)):
        return [_python_value(inner) for inner in value]
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return value.as_buffer().to_pybytes() if hasattr(value, "as_buffer") else Beyond(str(value.type))
    except (ValueError, OverflowError):
        pass
    try:
        return Beyond(value.cast(pa.string()).as_py().strip("<>"))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return Beyond(str(value.type))


def combined(table: pa.Table) -> pa.Table:
    """A table with its chunks put together, where Arrow can do so: not where dictionaries with null in them differ."""
    try:
        return table.combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return table


def _nulls(array: pa.Array) -> Array | None:
    return array.is_null() if array.null_count else None

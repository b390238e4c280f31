"""Machine code for masks, made by LLVM when it is first wanted; without the extra `fast` NumPy does the same.

An operation works on a *chunk*: 4,096 rows, one bit each. Nothing is known here of rules: a run is a list of operations
with the places that they read and write, all of them taken for one chunk, then for the next, so that whatever they
share stays in the innermost cache.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar.native_lists import BLOCK, LISTS_SOURCE
from hazardrules.columnar.native_values import GROUP, LANES, NARROW, WHOLES, values_source
from hazardrules.columnar.room import ROOM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hazardrules.columnar.tape import Array

ROWS = 4096
"""Rows of a chunk."""
BYTES = ROWS // 8
"""Bytes of a mask of a chunk."""
FIELDS = 8
"""Numbers of a step: the operation; where it writes, reads, and reads again, each an address and how far the next chunk is from
it; and what it compares with."""

_WORDS = BYTES // 8
_OPERATION = """
define void @{name}(ptr %out, ptr %a, ptr %b, i64 %imm) {{
entry:
{prepare}
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
{body}
  %next = add i64 %i, 1
  %done = icmp eq i64 %next, {turns}
  br i1 %done, label %end, label %loop
end:
  ret void
}}
"""
_RUN = """
define void @run(ptr %steps, i64 %count, i64 %chunks) {
entry:
  br label %chunk
chunk:
  %c = phi i64 [0, %entry], [%c1, %after]
  br label %step
step:
  %s = phi i64 [0, %chunk], [%s1, %step]
  %record = getelementptr [8 x i64], ptr %steps, i64 %s
  %run = load ptr, ptr %record
  %out.at = getelementptr i64, ptr %record, i64 1
  %out.0 = load ptr, ptr %out.at
  %out.by.at = getelementptr i64, ptr %record, i64 2
  %out.by = load i64, ptr %out.by.at
  %a.at = getelementptr i64, ptr %record, i64 3
  %a.0 = load ptr, ptr %a.at
  %a.by.at = getelementptr i64, ptr %record, i64 4
  %a.by = load i64, ptr %a.by.at
  %b.at = getelementptr i64, ptr %record, i64 5
  %b.0 = load ptr, ptr %b.at
  %b.by.at = getelementptr i64, ptr %record, i64 6
  %b.by = load i64, ptr %b.by.at
  %imm.at = getelementptr i64, ptr %record, i64 7
  %imm = load i64, ptr %imm.at
  %out.off = mul i64 %out.by, %c
  %out = getelementptr i8, ptr %out.0, i64 %out.off
  %a.off = mul i64 %a.by, %c
  %a = getelementptr i8, ptr %a.0, i64 %a.off
  %b.off = mul i64 %b.by, %c
  %b = getelementptr i8, ptr %b.0, i64 %b.off
  call void %run(ptr %out, ptr %a, ptr %b, i64 %imm)
  %s1 = add i64 %s, 1
  %s.done = icmp eq i64 %s1, %count
  br i1 %s.done, label %after, label %step
after:
  %c1 = add i64 %c, 1
  %c.done = icmp eq i64 %c1, %chunks
  br i1 %c.done, label %end, label %chunk
end:
  ret void
}
"""
_TYPES = {"i8": 64, "i16": 32, "i32": 16, "i64": 8, "double": 8}
"""Types of values, and how many are taken at once."""
_NAMES: dict[str, str] = {"int8": "i8", "uint8": "i8", "int16": "i16", "uint16": "i16", "int32": "i32", "uint32": "i32",
                          "int64": "i64", "uint64": "i64", "float64": "double"}  # fmt: skip


def _logic(name: str, sign: str) -> str:
    second = (
        ""
        if name in ("not", "copy")
        else "  %q = getelementptr <8 x i64>, ptr %b, i64 %i\n  %y = load <8 x i64>, ptr %q, align 1\n"
    )
    other = {"not": "splat (i64 -1)", "copy": "zeroinitializer"}.get(name, "%y")
    body = (
        "  %p = getelementptr <8 x i64>, ptr %a, i64 %i\n  %x = load <8 x i64>, ptr %p, align 1\n"
        f"{second}  %r = {sign} <8 x i64> %x, {other}\n"
        "  %o = getelementptr <8 x i64>, ptr %out, i64 %i\n  store <8 x i64> %r, ptr %o, align 1"
    )
    return _OPERATION.format(name=name, prepare="", body=body, turns=_WORDS // 8)


def _fill() -> str:
    body = "  %o = getelementptr i64, ptr %out, i64 %i\n  store i64 %imm, ptr %o, align 1"
    return _OPERATION.format(name="fill", prepare="", body=body, turns=_WORDS)


def _test(name: str, data: str, how: str) -> str:
    """Whether each value stands in some relation to another; `how` names the values `%x` and the other `%t`."""
    lanes = _TYPES[data]
    vector = f"<{lanes} x {data}>"
    one = (
        f"bitcast i64 %imm to {data}" if data == "double" else "add i64 %imm, 0" if data == "i64" else f"trunc i64 %imm to {data}"
    )
    prepare = (
        f"  %t.0 = {one}\n  %t.1 = insertelement {vector} poison, {data} %t.0, i64 0\n"
        f"  %t = shufflevector {vector} %t.1, {vector} poison, <{lanes} x i32> zeroinitializer"
    )
    body = (
        f"  %p = getelementptr {vector}, ptr %a, i64 %i\n  %x = load {vector}, ptr %p, align 1\n"
        f"{how.format(vector=vector)}\n  %w = bitcast <{lanes} x i1> %m to i{lanes}\n"
        f"  %o = getelementptr i{lanes}, ptr %out, i64 %i\n  store i{lanes} %w, ptr %o, align 1"
    )
    return _OPERATION.format(name=f"{name}_{data}", prepare=prepare, body=body, turns=ROWS // lanes)


def _source() -> str:
    parts = [
        _RUN,
        values_source(),
        LISTS_SOURCE,
        _logic("and", "and"),
        _logic("or", "or"),
        _logic("not", "xor"),
        _logic("copy", "or"),
        _fill(),
    ]
    for data in _TYPES:
        if data == "double":
            parts += [_test("ge", data, "  %m = fcmp oge {vector} %x, %t"), _test("gt", data, "  %m = fcmp ogt {vector} %x, %t")]
            continue
        parts += [
            _test("ge", data, "  %m = icmp sge {vector} %x, %t"),
            _test("eq", data, "  %m = icmp eq {vector} %x, %t"),
            _test("has", data, "  %n = and {vector} %x, %t\n  %m = icmp ne {vector} %n, zeroinitializer"),
        ]
    return "".join(parts)


class Library:
    """The machine code.

    Attributes:
        address: Where each operation is: `and`, `or`, `not`, `copy`, `fill`, and by the type of values `ge_i8`, `eq_i16`, …
    """

    def __init__(self, binding: Any) -> None:
        """Have it made; takes some hundredths of a second.

        Args:
            binding: `llvmlite.binding`.
        """
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        module = binding.parse_assembly(_source())
        module.verify()
        features = binding.get_host_cpu_features().flatten()
        target = binding.Target.from_default_triple()
        machine = target.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=3)
        self._engine = binding.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        names = [function.name for function in module.functions if not function.is_declaration]
        self.address: dict[str, int] = {name: self._engine.get_function_address(name) for name in names}
        pointer, count = ctypes.c_void_p, ctypes.c_int64
        rows = partial(ctypes.CFUNCTYPE, None)
        self._run = rows(pointer, count, count)(self.address["run"])
        self._scaled = {
            np.dtype(out).char: rows(pointer, pointer, pointer, count)(self.address[f"scaled_{_NAMES[out]}"]) for out in WHOLES
        }
        self._narrow = {
            (np.dtype(data).char, np.dtype(out).char): rows(pointer, pointer, pointer, count)(
                self.address[f"narrow_{_NAMES[data]}_{_NAMES[out]}"]
            )
            for data, out in NARROW
        }
        self._bits = rows(pointer, count, count, pointer)(self.address["bits"])
        self._lists = rows(pointer, pointer, count, pointer, pointer, count)(self.address["lists"])
        self._mark = rows(pointer, pointer, pointer, count, count)(self.address["mark"])
        self._short_sets = rows(pointer, pointer, pointer, pointer, count)(self.address["short_sets"])
        self._sets = rows(pointer, pointer, pointer, pointer, count)(self.address["sets"])

    def run(self, steps: Array, chunks: int) -> None:
        """Take all steps for each chunk; other threads go on meanwhile.

        Args:
            steps: Shape (n, FIELDS), int64, contiguous.
            chunks: How many chunks there are.
        """
        if chunks and len(steps):
            self._run(steps.ctypes.data, len(steps), chunks)

    def scaled(self, values: Array, unit: float, dtype: Any) -> tuple[Array, int, int] | None:
        """Floats as integers of so many to one, with the least and the greatest of these and of 0.

        Args:
            values: float64, contiguous.
            unit: A power of ten.
            dtype: What the integers probably fit into: int8, int16 or int32.

        Returns:
            The integers, in this type or in int32; None where a float is not the nearest one to any such number, or one
            does not fit.
        """
        whole = len(values) // LANES * LANES
        out = ROOM.empty(whole + LANES, dtype)
        run, said = self._scaled[out.dtype.char], np.empty(1 + 2 * LANES)
        low = high = 0.0
        for given, start in ((values[:whole], 0), (_filled(values[whole:], LANES, 0), whole)):
            if not len(given):
                continue
            said[0] = unit
            run(given.ctypes.data, out[start:].ctypes.data, said.ctypes.data, len(given) // LANES)
            if not said[0]:
                return None
            low, high = min(low, said[1 : 1 + LANES].min()), max(high, said[1 + LANES :].max())
        if not _fits(low, high, out.dtype):
            return self.scaled(values, unit, np.int32) if out.dtype.itemsize < 4 else None  # noqa: PLR2004 - bytes
        return out[: len(values)], int(low), int(high)

    def narrow(self, values: Array, dtype: Any) -> tuple[Array, int, int]:
        """Integers in a narrower type, with the least and the greatest; as they are where some do not fit.

        Args:
            values: int64 or int32, contiguous, at least one.
            dtype: What they probably fit into.
        """
        run = self._narrow.get((values.dtype.char, np.dtype(dtype).char))
        if run is None:
            return values, int(values.min()), int(values.max())
        whole = len(values) // GROUP * GROUP
        out = ROOM.empty(whole + GROUP, dtype)
        limits = np.full(2 * GROUP, values[0], values.dtype)
        for given, start in ((values[:whole], 0), (_filled(values[whole:], GROUP, values[0]), whole)):
            if len(given):
                run(given.ctypes.data, out[start:].ctypes.data, limits.ctypes.data, len(given) // GROUP)
        low, high = int(limits[:GROUP].min()), int(limits[GROUP:].max())
        return (out[: len(values)] if _fits(low, high, out.dtype) else values), low, high

    def sets(self, offsets: Array, codes: Array, table: Array) -> Array:
        """Lists of numbers as bits.

        Args:
            offsets: Shape (n + 1,), int32, where each list begins, and the end; the first is where `codes` begin.
            codes: uint8, of all lists, one after the other.
            table: By number its bits; uint8 or uint64.

        Returns:
            Shape (n,), of the type of `table`.
        """
        count, first = len(offsets) - 1, int(offsets[0])
        if table.dtype == np.uint8 and len(codes):
            found = ROOM.empty(count, np.uint8)
            marks = ROOM.empty(len(codes) + 8, np.uint8)
            self._mark(codes.ctypes.data, table.ctypes.data, marks.ctypes.data, len(codes), len(table))
            whole, longest = count // LANES * LANES, np.zeros(LANES, np.int32)
            rest = np.full(LANES + 1, offsets[-1], np.int32)
            rest[: count - whole + 1] = offsets[whole:]
            some = np.empty(LANES, np.uint8)
            for ends, out, turns in ((offsets, found, whole // LANES), (rest, some, 1)):
                if turns:
                    self._short_sets(ends.ctypes.data, marks.ctypes.data - first, out.ctypes.data, longest.ctypes.data, turns)
            found[whole:] = some[: count - whole]
            if longest.max() <= 8:  # noqa: PLR2004 - bytes of a word
                return found
        wide = table.astype(np.uint64)
        out = ROOM.empty(count, np.uint64)
        self._sets(offsets.ctypes.data, codes.ctypes.data - first, wide.ctypes.data, out.ctypes.data, count)
        return out.astype(table.dtype, copy=False)

    def lists(self, masks: Sequence[Array], numbers: Array, count: int) -> tuple[Array, Array]:
        """For each row the masks that it is in.

        Args:
            masks: Packed, each of at least `count` rows; no more than `native_lists.MOST`.
            numbers: int32, what each mask is called.
            count: How many rows there are.

        Returns:
            How many there are of each row, shape (n,), int64; and their numbers, one row after the other, in the order of the masks.
        """
        whole, rest = divmod(count, BLOCK)
        lengths = np.zeros(count + BLOCK, np.int64)
        if not masks:
            return lengths[:count], np.zeros(0, np.int32)
        masks = [np.ascontiguousarray(mask) for mask in masks]
        tails = np.zeros((len(masks), BLOCK // 8), np.uint8)
        if rest:
            for tail, mask in zip(tails, masks, strict=True):
                found = mask[whole * 8 : (count + 7) // 8]
                tail[: len(found)] = found
            tails[:, rest // 8] &= (1 << rest % 8) - 1
        parts, total = [], np.empty(1, np.int64)
        for given, first, blocks in ((masks, 0, whole), (tails, whole * BLOCK, 1)):
            if not blocks:
                continue
            where = np.array([mask.ctypes.data for mask in given], np.int64)
            self._bits(where.ctypes.data, len(where), blocks, total.ctypes.data)
            codes = np.empty(int(total[0]), np.int32)
            to = lengths[first:].ctypes.data
            self._lists(where.ctypes.data, numbers.ctypes.data, len(where), to, codes.ctypes.data, blocks)
            parts.append(codes)
        return lengths[:count], np.concatenate(parts) if len(parts[-1]) else parts[0]


def _filled(values: Array, count: int, filling: Any) -> Array:
    """Some last values as a whole turn; none where there are none."""
    if not len(values):
        return values
    found = np.full(count, filling, values.dtype)
    found[: len(values)] = values
    return found


def _fits(low: float, high: float, dtype: Any) -> bool:
    limits = np.iinfo(dtype)
    return bool(limits.min <= low and high <= limits.max)


OPERATIONS: dict[tuple[str, str], str] = {
    **{("ge", np.dtype(name).char): f"ge_{data}" for name, data in _NAMES.items() if name[0] != "u"},
    **{
        (test, np.dtype(name).char): f"{test}_{data}"
        for name, data in _NAMES.items()
        if data != "double"
        for test in ("eq", "has")
    },
    ("gt", "d"): "gt_double",
}
"""Names of operations on values by what they test and the character of the type of the values."""


def as_operand(value: Any) -> int:
    """A value as a step holds it: the bits of a float, or an integer."""
    if isinstance(value, np.floating):
        return int(np.float64(value).view(np.int64))
    number = int(value)
    return number - 2**64 if number >= 2**63 else number


@cache
def library() -> Library | None:
    """The machine code; None where `hazardrules[fast]` is not installed, or `HAZARDRULES_FAST=0` says that it is not wanted."""
    if os.environ.get("HAZARDRULES_FAST") == "0":
        return None
    try:
        from llvmlite import binding  # noqa: PLC0415 - an extra

        return Library(binding)
    except (ImportError, RuntimeError):  # too old, or the system lets nobody make machine code: NumPy says the same
        return None

"""Machine code for masks, made by LLVM when it is first wanted; without the extra `fast` NumPy does the same.

An operation works on a *chunk*: 4,096 rows, one bit each. Nothing is known here of rules: a run is a list of operations
with the places that they read and write, all of them taken for one chunk, then for the next, so that whatever they
share stays in the innermost cache.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hazardrules.columnar.tape import Array

ROWS = 4096
"""Rows of a chunk."""
BYTES = ROWS // 8
"""Bytes of a mask of a chunk."""
FIELDS = 8
"""Numbers of a step: the operation; where it writes, reads, and reads again, each an address and how far the next chunk is from
it; and what it compares with."""

_WORDS = BYTES // 8
_LANES, _FITS = 8, 2.0**31
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
_VALUES = """
define void @scaled(ptr %values, ptr %out, ptr %unit.at, i64 %turns) {
entry:
  %unit.1 = load double, ptr %unit.at
  %unit.0 = insertelement <8 x double> poison, double %unit.1, i64 0
  %unit = shufflevector <8 x double> %unit.0, <8 x double> poison, <8 x i32> zeroinitializer
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %low = phi <8 x double> [splat (double 0.0), %entry], [%low.1, %loop]
  %high = phi <8 x double> [splat (double 0.0), %entry], [%high.1, %loop]
  %good = phi <8 x i1> [splat (i1 true), %entry], [%good.1, %loop]
  %p = getelementptr <8 x double>, ptr %values, i64 %i
  %x = load <8 x double>, ptr %p, align 1
  %s = fmul <8 x double> %x, %unit
  %k = call <8 x double> @llvm.rint.v8f64(<8 x double> %s)
  %minus = fneg <8 x double> %x
  %r = call <8 x double> @llvm.fma.v8f64(<8 x double> %minus, <8 x double> %unit, <8 x double> %k)
  %gap = call <8 x double> @llvm.fabs.v8f64(<8 x double> %r)
  %bits.x = bitcast <8 x double> %x to <8 x i64>
  %power.bits = and <8 x i64> %bits.x, splat (i64 9218868437227405312)
  %power = bitcast <8 x i64> %power.bits to <8 x double>
  %half = fmul <8 x double> %power, splat (double 0x3CA0000000000000)
  %room = fmul <8 x double> %half, %unit
  %near = fcmp olt <8 x double> %gap, %room
  %rest = and <8 x i64> %bits.x, splat (i64 4503599627370495)
  %no.power = icmp ne <8 x i64> %rest, zeroinitializer
  %near.1 = and <8 x i1> %near, %no.power
  %exact = fcmp oeq <8 x double> %r, zeroinitializer
  %same = or <8 x i1> %near.1, %exact
  %good.1 = and <8 x i1> %good, %same
  %is.low = fcmp olt <8 x double> %k, %low
  %low.1 = select <8 x i1> %is.low, <8 x double> %k, <8 x double> %low
  %is.high = fcmp ogt <8 x double> %k, %high
  %high.1 = select <8 x i1> %is.high, <8 x double> %k, <8 x double> %high
  %whole = fptosi <8 x double> %k to <8 x i32>
  %o = getelementptr <8 x i32>, ptr %out, i64 %i
  store <8 x i32> %whole, ptr %o, align 1
  %next = add i64 %i, 1
  %done = icmp eq i64 %next, %turns
  br i1 %done, label %end, label %loop
end:
  %bits = bitcast <8 x i1> %good.1 to i8
  %all = icmp eq i8 %bits, -1
  %said = uitofp i1 %all to double
  store double %said, ptr %unit.at
  %low.at = getelementptr double, ptr %unit.at, i64 1
  store <8 x double> %low.1, ptr %low.at, align 8
  %high.at = getelementptr double, ptr %unit.at, i64 9
  store <8 x double> %high.1, ptr %high.at, align 8
  ret void
}
declare <8 x double> @llvm.rint.v8f64(<8 x double>)
declare <8 x double> @llvm.fabs.v8f64(<8 x double>)
declare <8 x double> @llvm.fma.v8f64(<8 x double>, <8 x double>, <8 x double>)

define void @short_sets(ptr %offsets, ptr %codes, ptr %table, ptr %out, i64 %count, ptr %marks, i64 %entries, i64 %words) {
entry:
  %many = lshr i64 %entries, 6
  %some = shl i64 %many, 6
  %is.none = icmp eq i64 %many, 0
  br i1 %is.none, label %rest, label %many.marks
many.marks:
  %v = phi i64 [0, %entry], [%v1, %many.done]
  %v.at = getelementptr <64 x i8>, ptr %codes, i64 %v
  %cs = load <64 x i8>, ptr %v.at, align 1
  br label %word
word:
  %k = phi i64 [0, %many.marks], [%k1, %word]
  %acc = phi <64 x i8> [zeroinitializer, %many.marks], [%acc.1, %word]
  %b.at = getelementptr i8, ptr %table, i64 %k
  %b.1 = load i8, ptr %b.at
  %b.2 = insertelement <64 x i8> poison, i8 %b.1, i64 0
  %b.s = shufflevector <64 x i8> %b.2, <64 x i8> poison, <64 x i32> zeroinitializer
  %k.8 = trunc i64 %k to i8
  %k.2 = insertelement <64 x i8> poison, i8 %k.8, i64 0
  %k.s = shufflevector <64 x i8> %k.2, <64 x i8> poison, <64 x i32> zeroinitializer
  %is = icmp eq <64 x i8> %cs, %k.s
  %add = select <64 x i1> %is, <64 x i8> %b.s, <64 x i8> zeroinitializer
  %acc.1 = or <64 x i8> %acc, %add
  %k1 = add i64 %k, 1
  %k.done = icmp eq i64 %k1, %words
  br i1 %k.done, label %many.done, label %word
many.done:
  %mv.at = getelementptr <64 x i8>, ptr %marks, i64 %v
  store <64 x i8> %acc.1, ptr %mv.at, align 1
  %v1 = add i64 %v, 1
  %v.done = icmp eq i64 %v1, %many
  br i1 %v.done, label %rest, label %many.marks
rest:
  %is.all = icmp eq i64 %some, %entries
  br i1 %is.all, label %begin, label %mark
begin:
  br label %loop
mark:
  %j = phi i64 [%some, %rest], [%j1, %mark]
  %c.at = getelementptr i8, ptr %codes, i64 %j
  %c = load i8, ptr %c.at
  %c64 = zext i8 %c to i64
  %bit.at = getelementptr i8, ptr %table, i64 %c64
  %bit = load i8, ptr %bit.at
  %m.at = getelementptr i8, ptr %marks, i64 %j
  store i8 %bit, ptr %m.at
  %j1 = add i64 %j, 1
  %j.done = icmp uge i64 %j1, %entries
  br i1 %j.done, label %begin, label %mark
loop:
  %i = phi i64 [0, %begin], [%next, %loop]
  %next = add i64 %i, 1
  %from.at = getelementptr i32, ptr %offsets, i64 %i
  %to.at = getelementptr i32, ptr %offsets, i64 %next
  %from = load i32, ptr %from.at
  %to = load i32, ptr %to.at
  %from64 = zext i32 %from to i64
  %length.32 = sub i32 %to, %from
  %length = zext i32 %length.32 to i64
  %w.at = getelementptr i8, ptr %marks, i64 %from64
  %w = load i64, ptr %w.at, align 1
  %length.8 = shl i64 %length, 3
  %gone = sub i64 64, %length.8
  %gone.7 = and i64 %gone, 63
  %kept = shl i64 %w, %gone.7
  %none = icmp eq i64 %length, 0
  %w0 = select i1 %none, i64 0, i64 %kept
  %w1 = lshr i64 %w0, 32
  %w2 = or i64 %w0, %w1
  %w3 = lshr i64 %w2, 16
  %w4 = or i64 %w2, %w3
  %w5 = lshr i64 %w4, 8
  %w6 = or i64 %w4, %w5
  %r = trunc i64 %w6 to i8
  %o = getelementptr i8, ptr %out, i64 %i
  store i8 %r, ptr %o
  %done = icmp eq i64 %next, %count
  br i1 %done, label %end, label %loop
end:
  ret void
}

define void @sets(ptr %offsets, ptr %codes, ptr %table, ptr %out, i64 %count) {
entry:
  br label %row
row:
  %i = phi i64 [0, %entry], [%i1, %after]
  %i1 = add i64 %i, 1
  %from.at = getelementptr i32, ptr %offsets, i64 %i
  %to.at = getelementptr i32, ptr %offsets, i64 %i1
  %from = load i32, ptr %from.at
  %to = load i32, ptr %to.at
  %none = icmp eq i32 %from, %to
  br i1 %none, label %after, label %item
item:
  %j = phi i32 [%from, %row], [%j1, %item]
  %sum = phi i64 [0, %row], [%sum1, %item]
  %j64 = zext i32 %j to i64
  %c.at = getelementptr i8, ptr %codes, i64 %j64
  %c = load i8, ptr %c.at
  %c64 = zext i8 %c to i64
  %bit.at = getelementptr i64, ptr %table, i64 %c64
  %bit = load i64, ptr %bit.at
  %sum1 = or i64 %sum, %bit
  %j1 = add i32 %j, 1
  %j.done = icmp eq i32 %j1, %to
  br i1 %j.done, label %after, label %item
after:
  %found = phi i64 [0, %row], [%sum1, %item]
  %o = getelementptr i64, ptr %out, i64 %i
  store i64 %found, ptr %o
  %done = icmp eq i64 %i1, %count
  br i1 %done, label %end, label %row
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
    parts = [_RUN, _VALUES, _logic("and", "and"), _logic("or", "or"), _logic("not", "xor"), _logic("copy", "or"), _fill()]
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
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self._run = kind(self.address["run"])
        pointer = ctypes.c_void_p
        self._scaled = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, ctypes.c_int64)(self.address["scaled"])
        rows = (None, pointer, pointer, pointer, pointer, ctypes.c_int64)
        self._sets = ctypes.CFUNCTYPE(*rows)(self.address["sets"])
        self._short_sets = ctypes.CFUNCTYPE(*rows, pointer, ctypes.c_int64, ctypes.c_int64)(self.address["short_sets"])

    def run(self, steps: Array, chunks: int) -> None:
        """Take all steps for each chunk; other threads go on meanwhile.

        Args:
            steps: Shape (n, FIELDS), int64, contiguous.
            chunks: How many chunks there are.
        """
        if chunks and len(steps):
            self._run(steps.ctypes.data, len(steps), chunks)

    def scaled(self, values: Array, unit: float) -> tuple[Array, int, int] | None:
        """Floats as integers of so many to one, with the least and the greatest of these and of 0.

        Args:
            values: float64, contiguous.
            unit: A power of ten.

        Returns:
            The integers, int32; None where a float is not the nearest one to any such number, or one does not fit.
        """
        whole = len(values) // _LANES * _LANES
        out = np.empty(whole + _LANES, np.int32)
        said = np.empty(17)
        low = high = 0.0
        for given, start in ((values, 0), (_filled(values[whole:]), whole)):
            turns = (whole if start == 0 and given is values else _LANES) // _LANES
            if not turns:
                continue
            said[0] = unit
            self._scaled(given.ctypes.data, out.ctypes.data + start * 4, said.ctypes.data, turns)
            if not said[0]:
                return None
            low, high = min(low, said[1:9].min()), max(high, said[9:].max())
        if low < -_FITS or high >= _FITS:
            return None
        return out[: len(values)], int(low), int(high)

    def sets(self, offsets: Array, codes: Array, table: Array, longest: int) -> Array:
        """Lists of numbers as bits.

        Args:
            offsets: Shape (n + 1,), int32, where each list begins, and the end; the first is 0.
            codes: uint8, of all lists, one after the other.
            table: By number its bits; uint8 or uint64.
            longest: How long the longest list is.

        Returns:
            Shape (n,), of the type of `table`.
        """
        count = len(offsets) - 1
        if table.dtype == np.uint8 and longest <= 8 and len(codes):  # noqa: PLR2004 - bytes of a word
            found = np.empty(count, np.uint8)
            marks = np.empty(len(codes) + 8, np.uint8)
            given = (offsets.ctypes.data, codes.ctypes.data, table.ctypes.data, found.ctypes.data, count)
            self._short_sets(*given, marks.ctypes.data, len(codes), len(table))
            return found
        wide = table.astype(np.uint64)
        out = np.empty(count, np.uint64)
        self._sets(offsets.ctypes.data, codes.ctypes.data, wide.ctypes.data, out.ctypes.data, count)
        return out.astype(table.dtype, copy=False)


def _filled(values: Array) -> Array:
    """Some last floats as a whole turn."""
    found = np.zeros(_LANES)
    found[: len(values)] = values
    return found


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

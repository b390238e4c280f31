"""Machine code that reads values, as LLVM writes it: floats and integers into narrow integers, lists into bits.

Every function takes whole turns of `LANES` or `GROUP` values; the caller fills up the last.
"""

from __future__ import annotations

LANES = 8
"""Floats, or lists, of a turn."""
GROUP = 32
"""Integers of a turn."""
WHOLES = ("int8", "int16", "int32")
"""What floats are turned into."""
NARROW = (("int64", "int8"), ("int64", "int16"), ("int64", "int32"), ("int32", "int8"), ("int32", "int16"))
"""What integers are turned into."""

_SCALED = """
define void @scaled_i{bits}(ptr %values, ptr %out, ptr %unit.at, i64 %turns) {{
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
{narrow}
  %o = getelementptr <8 x i{bits}>, ptr %out, i64 %i
  store <8 x i{bits}> %w, ptr %o, align 1
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
}}
"""
_NARROW = """
define void @narrow_i{wide}_i{bits}(ptr %values, ptr %out, ptr %limits, i64 %turns) {{
entry:
  %low.0 = load <32 x i{wide}>, ptr %limits, align 1
  %high.at = getelementptr <32 x i{wide}>, ptr %limits, i64 1
  %high.0 = load <32 x i{wide}>, ptr %high.at, align 1
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %low = phi <32 x i{wide}> [%low.0, %entry], [%low.1, %loop]
  %high = phi <32 x i{wide}> [%high.0, %entry], [%high.1, %loop]
  %p = getelementptr <32 x i{wide}>, ptr %values, i64 %i
  %x = load <32 x i{wide}>, ptr %p, align 1
  %is.low = icmp slt <32 x i{wide}> %x, %low
  %low.1 = select <32 x i1> %is.low, <32 x i{wide}> %x, <32 x i{wide}> %low
  %is.high = icmp sgt <32 x i{wide}> %x, %high
  %high.1 = select <32 x i1> %is.high, <32 x i{wide}> %x, <32 x i{wide}> %high
  %w = trunc <32 x i{wide}> %x to <32 x i{bits}>
  %o = getelementptr <32 x i{bits}>, ptr %out, i64 %i
  store <32 x i{bits}> %w, ptr %o, align 1
  %next = add i64 %i, 1
  %done = icmp eq i64 %next, %turns
  br i1 %done, label %end, label %loop
end:
  store <32 x i{wide}> %low.1, ptr %limits, align 1
  store <32 x i{wide}> %high.1, ptr %high.at, align 1
  ret void
}}
"""
_MATHS = """
declare <8 x double> @llvm.rint.v8f64(<8 x double>)
declare <8 x double> @llvm.fabs.v8f64(<8 x double>)
declare <8 x double> @llvm.fma.v8f64(<8 x double>, <8 x double>, <8 x double>)
"""
_MARK = """
define void @mark(ptr %codes, ptr %table, ptr %marks, i64 %entries, i64 %words) {
entry:
  %many = lshr i64 %entries, 6
  %some = shl i64 %many, 6
  %is.none = icmp eq i64 %many, 0
  br i1 %is.none, label %rest, label %turn
turn:
  %v = phi i64 [0, %entry], [%v1, %stored]
  %v.at = getelementptr <64 x i8>, ptr %codes, i64 %v
  %cs = load <64 x i8>, ptr %v.at, align 1
  br label %word
word:
  %k = phi i64 [0, %turn], [%k1, %word]
  %acc = phi <64 x i8> [zeroinitializer, %turn], [%acc.1, %word]
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
  br i1 %k.done, label %stored, label %word
stored:
  %mv.at = getelementptr <64 x i8>, ptr %marks, i64 %v
  store <64 x i8> %acc.1, ptr %mv.at, align 1
  %v1 = add i64 %v, 1
  %v.done = icmp eq i64 %v1, %many
  br i1 %v.done, label %rest, label %turn
rest:
  %is.all = icmp eq i64 %some, %entries
  br i1 %is.all, label %end, label %one
one:
  %j = phi i64 [%some, %rest], [%j1, %one]
  %c.at = getelementptr i8, ptr %codes, i64 %j
  %c = load i8, ptr %c.at
  %c64 = zext i8 %c to i64
  %bit.at = getelementptr i8, ptr %table, i64 %c64
  %bit = load i8, ptr %bit.at
  %m.at = getelementptr i8, ptr %marks, i64 %j
  store i8 %bit, ptr %m.at
  %j1 = add i64 %j, 1
  %j.done = icmp uge i64 %j1, %entries
  br i1 %j.done, label %end, label %one
end:
  ret void
}
"""
"""Words -> their bits, one byte each."""
_SHORT_SETS = """
define void @short_sets(ptr %offsets, ptr %marks, ptr %out, ptr %longest.at, i64 %turns) {{
entry:
  %longest.0 = load <8 x i32>, ptr %longest.at, align 4
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %longest = phi <8 x i32> [%longest.0, %entry], [%longest.1, %loop]
  %from.at = getelementptr <8 x i32>, ptr %offsets, i64 %i
  %to.at = getelementptr i32, ptr %from.at, i64 1
  %from = load <8 x i32>, ptr %from.at, align 4
  %to = load <8 x i32>, ptr %to.at, align 4
  %length = sub <8 x i32> %to, %from
  %is.longer = icmp ugt <8 x i32> %length, %longest
  %longest.1 = select <8 x i1> %is.longer, <8 x i32> %length, <8 x i32> %longest
{loads}
  %length.64 = zext <8 x i32> %length to <8 x i64>
  %bits = shl <8 x i64> %length.64, splat (i64 3)
  %gone = sub <8 x i64> splat (i64 64), %bits
  %gone.63 = and <8 x i64> %gone, splat (i64 63)
  %kept = shl <8 x i64> %w.8, %gone.63
  %none = icmp eq <8 x i32> %length, zeroinitializer
  %s.0 = select <8 x i1> %none, <8 x i64> zeroinitializer, <8 x i64> %kept
  %s.1 = lshr <8 x i64> %s.0, splat (i64 32)
  %s.2 = or <8 x i64> %s.0, %s.1
  %s.3 = lshr <8 x i64> %s.2, splat (i64 16)
  %s.4 = or <8 x i64> %s.2, %s.3
  %s.5 = lshr <8 x i64> %s.4, splat (i64 8)
  %s.6 = or <8 x i64> %s.4, %s.5
  %r = trunc <8 x i64> %s.6 to <8 x i8>
  %o = getelementptr <8 x i8>, ptr %out, i64 %i
  store <8 x i8> %r, ptr %o, align 1
  %next = add i64 %i, 1
  %done = icmp eq i64 %next, %turns
  br i1 %done, label %end, label %loop
end:
  store <8 x i32> %longest.1, ptr %longest.at, align 4
  ret void
}}
"""
"""Lists of at most eight marks: those of a list are one 64-bit word, whose bytes are joined; tells the longest list it met."""
_LOAD = """  %at.{n} = getelementptr i32, ptr %from.at, i64 {n}
  %f.{n} = load i32, ptr %at.{n}
  %f64.{n} = sext i32 %f.{n} to i64
  %m.{n} = getelementptr i8, ptr %marks, i64 %f64.{n}
  %v.{n} = load i64, ptr %m.{n}, align 1
  %w.{next} = insertelement <8 x i64> {before}, i64 %v.{n}, i64 {n}"""
_SETS = """
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
  %j64 = sext i32 %j to i64
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
"""Lists of any length."""


def values_source() -> str:
    """All of it."""
    parts = [_MATHS, _MARK, _SETS]
    for out in WHOLES:
        bits = _bits(out)
        step = "bitcast <8 x i32> %whole to <8 x i32>" if bits == "32" else f"trunc <8 x i32> %whole to <8 x i{bits}>"
        parts.append(_SCALED.format(bits=bits, narrow=f"  %w = {step}"))
    parts += [_NARROW.format(wide=_bits(data), bits=_bits(out)) for data, out in NARROW]
    loads = [_LOAD.format(n=n, next=n + 1, before=f"%w.{n}" if n else "poison") for n in range(LANES)]
    parts.append(_SHORT_SETS.format(loads="\n".join(loads)))
    return "".join(parts)


def _bits(name: str) -> str:
    return name.removeprefix("int")

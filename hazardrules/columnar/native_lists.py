"""Machine code that turns masks into lists, as LLVM writes it: for each row the numbers of the masks that it is in."""

from __future__ import annotations

BLOCK = 64
"""Rows of a turn: one word of every mask."""
MOST = 65_535
"""So many masks at most."""

LISTS_SOURCE = """
declare i64 @llvm.cttz.i64(i64, i1)
declare i64 @llvm.ctpop.i64(i64)

define void @bits(ptr %masks, i64 %count, i64 %words, ptr %total.at) {
entry:
  br label %mask
mask:
  %m = phi i64 [0, %entry], [%m1, %after]
  %total.m = phi i64 [0, %entry], [%total.1, %after]
  %mask.at = getelementptr ptr, ptr %masks, i64 %m
  %at = load ptr, ptr %mask.at
  br label %word
word:
  %i = phi i64 [0, %mask], [%i1, %word]
  %total = phi i64 [%total.m, %mask], [%total.1, %word]
  %w.at = getelementptr i64, ptr %at, i64 %i
  %w = load i64, ptr %w.at, align 1
  %n = call i64 @llvm.ctpop.i64(i64 %w)
  %total.1 = add i64 %total, %n
  %i1 = add i64 %i, 1
  %i.done = icmp eq i64 %i1, %words
  br i1 %i.done, label %after, label %word
after:
  %m1 = add i64 %m, 1
  %m.done = icmp eq i64 %m1, %count
  br i1 %m.done, label %end, label %mask
end:
  store i64 %total.1, ptr %total.at
  ret void
}

define void @lists(ptr %masks, ptr %numbers, i64 %count, ptr %lengths, ptr %out, i64 %blocks) {
entry:
  %places = alloca [64 x i64], align 64
  %sums = alloca <64 x i16>, align 64
  br label %block
block:
  %b = phi i64 [0, %entry], [%b1, %block.end]
  %start = phi i64 [0, %entry], [%end.place, %block.end]
  br label %count.mask
count.mask:
  %m = phi i64 [0, %block], [%m1, %count.mask]
  %sum = phi <64 x i16> [zeroinitializer, %block], [%sum.1, %count.mask]
  %mask.at = getelementptr ptr, ptr %masks, i64 %m
  %mask = load ptr, ptr %mask.at
  %word.at = getelementptr i64, ptr %mask, i64 %b
  %word = load i64, ptr %word.at, align 1
  %flags = bitcast i64 %word to <64 x i1>
  %ones = zext <64 x i1> %flags to <64 x i16>
  %sum.1 = add <64 x i16> %sum, %ones
  %m1 = add i64 %m, 1
  %m.done = icmp eq i64 %m1, %count
  br i1 %m.done, label %counted, label %count.mask
counted:
  store <64 x i16> %sum.1, ptr %sums, align 64
  br label %length
length:
  %r = phi i64 [0, %counted], [%r1, %length]
  %from = phi i64 [%start, %counted], [%end.place, %length]
  %sum.at = getelementptr i16, ptr %sums, i64 %r
  %sum.of = load i16, ptr %sum.at
  %l = zext i16 %sum.of to i64
  %l.at = getelementptr i64, ptr %places, i64 %r
  store i64 %from, ptr %l.at
  %first = shl i64 %b, 6
  %row.of = add i64 %first, %r
  %length.at = getelementptr i64, ptr %lengths, i64 %row.of
  store i64 %l, ptr %length.at
  %end.place = add i64 %from, %l
  %r1 = add i64 %r, 1
  %r.done = icmp eq i64 %r1, 64
  br i1 %r.done, label %fill.mask, label %length
fill.mask:
  %k = phi i64 [0, %length], [%k1, %fill.after]
  %mask.at.2 = getelementptr ptr, ptr %masks, i64 %k
  %mask.2 = load ptr, ptr %mask.at.2
  %word.at.2 = getelementptr i64, ptr %mask.2, i64 %b
  %word.2 = load i64, ptr %word.at.2, align 1
  %number.at = getelementptr i32, ptr %numbers, i64 %k
  %number = load i32, ptr %number.at
  %none.2 = icmp eq i64 %word.2, 0
  br i1 %none.2, label %fill.after, label %fill.bit
fill.bit:
  %v = phi i64 [%word.2, %fill.mask], [%v.1, %fill.bit]
  %row.2 = call i64 @llvm.cttz.i64(i64 %v, i1 true)
  %place.at.2 = getelementptr i64, ptr %places, i64 %row.2
  %place.2 = load i64, ptr %place.at.2
  %out.at = getelementptr i32, ptr %out, i64 %place.2
  store i32 %number, ptr %out.at
  %place.3 = add i64 %place.2, 1
  store i64 %place.3, ptr %place.at.2
  %less.2 = add i64 %v, -1
  %v.1 = and i64 %v, %less.2
  %bits.done.2 = icmp eq i64 %v.1, 0
  br i1 %bits.done.2, label %fill.after, label %fill.bit
fill.after:
  %k1 = add i64 %k, 1
  %k.done = icmp eq i64 %k1, %count
  br i1 %k.done, label %block.end, label %fill.mask
block.end:
  %b1 = add i64 %b, 1
  %b.done = icmp eq i64 %b1, %blocks
  br i1 %b.done, label %end, label %block
end:
  ret void
}
"""
"""Of each block of rows the bits are first added up, all rows at once; when it is clear where each row begins, bit by bit
the numbers are written. A row is in fewer than 65,536 masks."""

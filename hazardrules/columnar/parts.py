"""Steps that look at all parts of a subject together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hazardrules.columnar.amounts import UNIT, Amounts
from hazardrules.columnar.tape import pack, unpack

if TYPE_CHECKING:
    from hazardrules.columnar.frames import Block, Frame
    from hazardrules.columnar.tape import Array

Included = tuple[bool | None, bool | None]
"""Whether parts count, surely and possibly: the same for all, or None where a mask says it."""


def any_part(block: Block, mask: Array, child: int) -> Array:
    """Which subjects have a part in a mask."""
    frame = block.frames[child]
    return pack(_counts(frame, unpack(mask, frame.count), _parents(block, frame)) > 0)


def has_parts(block: Block, child: int) -> Array:
    """Which subjects have any part."""
    frame = block.frames[child]
    return pack(frame.offsets[1:] > frame.offsets[:-1])


def _parents(block: Block, frame: Frame) -> int:
    assert frame.parent is not None
    return block.frames[frame.parent].count


def _counts(frame: Frame, flags: Array, parents: int) -> Array:
    return np.bincount(frame.owner[flags], minlength=parents)


def _included(block: Block, given: tuple[Any, ...], child: int, included: Included) -> tuple[Array, Array]:
    """Which parts count surely, and which possibly; bool."""
    count = block.frames[child].count
    masks = iter(given)
    surely, possibly = (np.full(count, flag) if flag is not None else unpack(next(masks), count) for flag in included)
    return surely, possibly


def _listed(block: Block, child: int) -> Array | None:
    frame = block.frames[child]
    return None if frame.listed is None else unpack(frame.listed, _parents(block, frame))


def _unless_listed(found: Amounts, listed: Array | None, least: float) -> Amounts:
    """An amount over parts, where their list is known."""
    if listed is None:
        return found
    error = np.where(listed, found.error, 0.0) if np.ndim(found.error) else found.error
    return Amounts(np.where(listed, found.low, least), np.where(listed, found.high, np.inf), error, found.whole)


def count_parts(block: Block, *given: Any) -> Amounts:
    """How many parts count."""
    *masks, child, included = given
    surely, possibly = _included(block, tuple(masks), child, included)
    frame = block.frames[child]
    parents = _parents(block, frame)
    low = _counts(frame, surely, parents).astype(np.float64)
    high = low if surely is possibly else _counts(frame, possibly, parents).astype(np.float64)
    return _unless_listed(Amounts(low, high, 0.0, whole=True), _listed(block, child), 0.0)


def sum_parts(block: Block, item: Amounts, *given: Any) -> Amounts:
    """The sum of a number over the parts that count; one that may count is between nothing and itself."""
    *masks, child, included = given
    surely, possibly = _included(block, tuple(masks), child, included)
    frame = block.frames[child]
    parents = _parents(block, frame)
    low, high, error = (np.broadcast_to(values, frame.count) for values in (item.low, item.high, item.error))
    low = np.where(surely, low, np.where(possibly, np.minimum(low, 0.0), 0.0))
    high = np.where(surely, high, np.where(possibly, np.maximum(high, 0.0), 0.0))
    size = np.maximum(np.where(np.isinf(low), 0.0, np.abs(low)), np.where(np.isinf(high), 0.0, np.abs(high)))

    def total(values: Array) -> Array:
        return np.bincount(frame.owner, weights=values, minlength=parents)

    largest = total(size)
    lengths = frame.offsets[1:] - frame.offsets[:-1]
    handed_on = total(np.where(possibly, error, 0.0))
    exact = item.whole and not (largest >= 1 / UNIT).any()
    own = 0.0 if exact else largest * UNIT * (lengths + 1)
    found = Amounts(total(low), total(high), handed_on + own, exact)
    return _unless_listed(found, _listed(block, child), -np.inf)


def extreme_part(block: Block, item: Amounts, *given: Any) -> Amounts:
    """The least (or greatest) of a number over the parts that count; those that may count can only push it further."""
    *masks, child, included, smallest = given
    surely, possibly = _included(block, tuple(masks), child, included)
    frame = block.frames[child]
    low, high, error = (np.broadcast_to(values, frame.count) for values in (item.low, item.high, item.error))
    starts, ends = frame.offsets[:-1], frame.offsets[1:]
    full = np.flatnonzero(ends > starts)

    def over(reduce: Any, values: Array, flags: Array, nothing: float) -> Array:
        found = np.full(len(starts), nothing)
        if len(full):
            found[full] = reduce.reduceat(np.where(flags, values, nothing), starts[full])
        return found

    if smallest:
        least, most = over(np.minimum, low, possibly, np.inf), over(np.minimum, high, surely, np.inf)
    else:
        least, most = over(np.maximum, low, surely, -np.inf), over(np.maximum, high, possibly, -np.inf)
    worst = over(np.maximum, error, possibly, 0.0)
    some = over(np.maximum, np.ones(frame.count), surely, 0.0) > 0
    listed = _listed(block, child)
    known = some if listed is None else some & listed
    return Amounts(np.where(known, least, -np.inf), np.where(known, most, np.inf), np.where(known, worst, 0.0), item.whole)


def total_of_findings(block: Block, *given: Any) -> Amounts:
    """A parameter of the actions of all findings, summed over each row.

    Args:
        block: The block.
        given: The masks of the carriers, then what each carries: frame, flags that stand for masks, least, most; then the
            frames and parts whose absence leaves the sum open above, with the masks of lists before.
    """
    *masks, carriers, unlisted = given
    low, high = np.zeros(block.count), np.zeros(block.count)
    at = iter(masks)
    for frame, included, least, most in carriers:
        count = block.frames[frame].count
        surely, possibly = (np.full(count, flag) if flag is not None else unpack(next(at), count) for flag in included)
        roots = block.root_rows(frame)
        sure = np.bincount(roots[surely], minlength=block.count)
        perhaps = np.bincount(roots[possibly & ~surely], minlength=block.count)
        low += _times(sure, least) + _times(perhaps, min(least, 0.0))
        high += _times(sure, most) + _times(perhaps, max(most, 0.0))
    for frame, is_masked in unlisted:
        count = block.frames[frame].count
        missing = ~unpack(next(at), count) if is_masked else np.ones(count, np.bool_)
        high[block.root_rows(frame)[missing]] = np.inf
    whole = bool(
        np.isin(np.mod(np.where(np.isinf(low), 0, low), 1), 0).all()
        and np.isin(np.mod(np.where(np.isinf(high), 0, high), 1), 0).all()
    )
    return Amounts(low, high, 0.0, whole)


def _times(counts: Array, amount: float) -> Array:
    return np.where(counts > 0, counts * amount, 0.0) if np.isinf(amount) else counts * amount

"""Memory that is used again: the system hands out fresh pages one by one, which takes longer than a table takes to judge.

A piece of memory is used again only when nobody can see it any more. Whatever is made on it, a view of NumPy, a view of
a view, a buffer of Arrow, a table that somebody else took over by the C interface, keeps the *lease* alive, and the lease
is asked before the memory is handed out again. Nothing is given back; there is no moment at which that could go wrong.
"""

from __future__ import annotations

import math
import os
import weakref
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from hazardrules.columnar.tape import Array

MOST = 64 * 2**20
"""So many bytes at most are kept, those in use included."""
LEAST = 128 * 2**10
"""Less is asked of the system, which keeps small pieces itself."""
PATIENCE = 256
"""So often somebody has to ask before a piece is given up that is still in use: it may stay so for long."""


class _Lease:
    """The right to some memory, as long as anything made on it lives: NumPy keeps it as the `base` of the first array."""

    __slots__ = ("__array_interface__", "__weakref__", "memory")

    def __init__(self, memory: Array) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__


class _Piece(NamedTuple):
    """Memory, who has it, and as which of all leases."""

    memory: Array
    lease: weakref.ref[_Lease]
    number: int


class Room:
    """Keeps a little memory for the arrays of tables; any number of threads may ask."""

    def __init__(self, most: int = MOST) -> None:
        """Start with nothing.

        Args:
            most: So many bytes at most are kept, those in use included.
        """
        self._most = most
        self._lock = Lock()
        self._pieces: list[_Piece] = []
        """The piece that was handed out last stands last."""
        self._leases = 0

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> Array:
        """An array with anything in it, as `numpy.empty` makes it."""
        size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * np.dtype(dtype).itemsize
        if not LEAST <= size <= self._most:
            return np.empty(shape, dtype)
        lease = self._lease(_rounded(size))
        return np.empty(shape, dtype) if lease is None else np.ndarray(shape, dtype, np.asarray(lease))

    @property
    def kept(self) -> int:
        """So many bytes are kept, those in use included."""
        return sum(piece.memory.nbytes for piece in tuple(self._pieces))

    def forget(self) -> None:
        """Keep nothing; what is in use stays with its users. A process begins so that was forked from another."""
        self._lock, self._pieces = Lock(), []

    def _lease(self, size: int) -> _Lease | None:
        """Memory that nobody sees; None while someone else asks, be it this very thread, interrupted."""
        lock, pieces = self._lock, self._pieces
        if not lock.acquire(blocking=False):
            return None
        try:
            memory = None
            for number, piece in enumerate(pieces):
                if piece.memory.nbytes == size and piece.lease() is None:
                    # INVARIANT (one lease): a piece is taken out before it gets a new lease
                    memory = pieces.pop(number).memory
                    break
            lease = _Lease(np.empty(size, np.uint8) if memory is None else memory)
            self._leases += 1
            if memory is not None or self._has_room(size):
                pieces.append(_Piece(lease.memory, weakref.ref(lease), self._leases))
            return lease
        finally:
            lock.release()

    def _has_room(self, size: int) -> bool:
        """Whether a new piece can be kept, for which others are given up, the oldest first; those of the work at hand stay."""
        over = sum(piece.memory.nbytes for piece in self._pieces) + size - self._most
        given_up = []
        for number, piece in enumerate(self._pieces):
            if over <= 0:
                break
            if piece.lease() is None or piece.number <= self._leases - PATIENCE:
                given_up.append(number)
                over -= piece.memory.nbytes
        if over > 0:
            return False
        for number in reversed(given_up):
            del self._pieces[number]
        return True


def _rounded(size: int) -> int:
    """A size that tables of nearly the same length share: one of four between two powers of two."""
    step = 1 << max(0, (size - 1).bit_length() - 3)
    return -(-size // step) * step


ROOM = Room()
"""Of this process."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ROOM.forget)

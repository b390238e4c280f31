"""A rulebook on its way to other processes: written once as bytes, read once in each process, kept under its digest."""

from __future__ import annotations

import zlib
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

import hazardrules
from hazardrules.api import ENGINES, Rulebook
from hazardrules.cache import packed, unpacked
from hazardrules.errors import EngineError
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 4
"""So many rulebooks are kept in a process; the one that came first makes room."""

loads: Counter[str] = Counter()
"""How often this process has read a rulebook that was sent to it, by digest."""

_SEPARATOR = b"\n"
_kept: dict[str, Rulebook] = {}
_lock = Lock()


def written(book: Rulebook) -> bytes:
    """A rulebook as bytes: the version of this library, then the compiled rulebook."""
    return hazardrules.__version__.encode() + _SEPARATOR + zlib.compress(packed(book.compiled), 1)


def received(digest: str, fetch: Callable[[], bytes]) -> Rulebook:
    """The rulebook that another process sent.

    Args:
        digest: Of its content; a rulebook that this process has read before is not fetched again.
        fetch: Gives the bytes that `written` made.

    Returns:
        The rulebook; the same object each time.

    Raises:
        EngineError: `HR903`, another version of this library has written it.
    """
    with _lock:
        found = _kept.get(digest)
        if found is None:
            found = _kept[digest] = _read(fetch())
            loads[digest] += 1
            for old in list(_kept)[:-KEPT]:
                del _kept[old]
        return found


def _read(content: bytes) -> Rulebook:
    version, _, rest = content.partition(_SEPARATOR)
    compiled = unpacked(zlib.decompress(rest)) if version == hazardrules.__version__.encode() else None
    if compiled is None:
        args = {"ours": version.decode(), "theirs": hazardrules.__version__}
        cause, hint = say("en", "engine.other_version", args), say("en", "engine.other_version_hint", args)
        raise EngineError("HR903", cause, hint, "engine.other_version", args)
    return Rulebook(compiled, ENGINES["generated"])

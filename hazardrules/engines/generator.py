"""The one place that runs Python source which engines wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def compiled(lines: Iterable[str], constants: Mapping[str, Any], name: str, kind: str) -> Callable[..., Any]:
    """The function of a name that stands in some lines."""
    namespace = dict(constants)
    code = compile("\n".join(lines), f"<generated {kind}>", "exec")
    exec(code, namespace)  # noqa: S102 - runs only source that engines wrote
    found: Callable[..., Any] = namespace[name]
    return found

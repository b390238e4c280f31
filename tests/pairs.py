"""Small rulebooks on places with one pack, for tests that compare two of them."""

from __future__ import annotations

import json
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from pathlib import Path


def rule(name: str, when: str, *more: str, level: str | None = "general", law: str = "xx-2") -> str:
    """A rule; further lines stand below its condition."""
    lines = [f"- id: {name}", f"  law: {law}", '  clause: "1"', "  text: {zh: 文, en: text}", f"  when: {json.dumps(when)}"]
    lines += [f"  level: {level}"] if level else []
    return "\n".join([*lines, *(f"  {line}" for line in more)])


def rulebook(folder: Path, *rules: str, head: str = "", files: dict[str, str] | None = None) -> Path:
    """A rulebook on places with one pack."""
    pack = "pack: p\nlabel: {zh: 包, en: pack}\nlaw: xx-1\non: place\nscale: hazard\n" + dedent(head)
    pack += "rules:\n" + indent("\n".join(dedent(one).strip("\n") for one in rules), "  ") + "\n"
    return write({**FILES, "all/p.yaml": pack, **(files or {})}, folder)

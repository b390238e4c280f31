"""The small rulebook of docs/rule-language.md, for tests that need a whole one."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "rule-language.md"
_TOP = ("rulebook.yaml", "levels.yaml", "authorities.yaml", "actions.yaml")
_TITLED = re.compile(r"^## (\S+\.yaml)\n\n```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"^```(?:yaml|csv)\n# (\S+\.(?:yaml|csv))\n(.*?)^```", re.DOTALL | re.MULTILINE)


def write_demo(folder: Path) -> Path:
    """Write the rulebook into a folder."""
    text = PAGE.read_text("utf-8")
    files = {name: block for name, block in _TITLED.findall(text) if name in _TOP}
    files |= dict(_NAMED.findall(text))
    for name, block in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(block, "utf-8")
    return folder

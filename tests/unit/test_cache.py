"""Compiled rulebooks kept between runs: used where they can be trusted, never otherwise."""

from __future__ import annotations

import os
import pickle
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from demo import write_demo

from hazardrules import RulebookError, cache
from hazardrules.api import load
from hazardrules.folders import compile_folder

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.compiler.plan import Compiled

CASE = {"premises": {"people_lodged": 21, "uses": ["lodging", "production"], "lodging.separated": False}}


class Counted:
    """Counts how often a folder is compiled."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> tuple[Compiled | None, list[object]]:
        self.times += 1
        return compile_folder(folder)  # type: ignore[return-value]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small rulebook, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.SWITCH, raising=False)
    return write_demo(tmp_path / "rules")


def kept() -> Path:
    """The only file of the cache."""
    folder = cache.cache_folder()
    assert folder is not None
    [found] = folder.iterdir()
    return found


def times(rules: Path) -> int:
    """How often one more use of the cache compiles."""
    counted = Counted()
    cache.cached_compile(rules, counted)  # type: ignore[arg-type]
    return counted.times


def test_the_second_time_nothing_is_compiled_and_the_answers_are_the_same(rules: Path) -> None:
    """Down to the reasons and the missing facts."""
    assert [times(rules), times(rules)] == [1, 0]
    options = {"as_of": date(2021, 12, 2)}
    kept_answer = load(rules, cache=True).classify(CASE, **options).model_dump()
    assert kept_answer == load(rules).classify(CASE, **options).model_dump()


def test_a_changed_rule_file_is_compiled_again_and_a_changed_case_file_is_not(rules: Path) -> None:
    """The content decides, not the time."""
    times(rules)
    (rules / "fire" / "lodging.cases.yaml").write_text("[]\n", "utf-8")
    (rules / "fire" / "lodging.analysis.yaml").write_text("[]\n", "utf-8")
    (rules / "lint.yaml").write_text("off: []\n", "utf-8")
    os.utime(rules / "levels.yaml", (1, 1))
    assert times(rules) == 0
    (rules / "levels.yaml").write_text((rules / "levels.yaml").read_text("utf-8") + "# \n", "utf-8")
    assert times(rules) == 1


def test_the_kept_file_belongs_to_its_user_alone(rules: Path) -> None:
    """Nobody else reads or writes it."""
    times(rules)
    assert kept().stat().st_mode & 0o777 == 0o600
    assert kept().parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_read(rules: Path, mode: int) -> None:
    """Whatever is in it."""
    times(rules)
    kept().chmod(mode)
    assert times(rules) == 1


def test_a_folder_that_others_may_write_is_not_used(rules: Path) -> None:
    """Somebody could put a file into it."""
    times(rules)
    kept().parent.chmod(0o777)
    assert times(rules) == 1


def test_a_link_is_not_followed(rules: Path, tmp_path: Path) -> None:
    """It could lead to a file of somebody else."""
    times(rules)
    path = kept()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert times(rules) == 1


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-9], lambda raw: raw[:60] + bytes([raw[60] ^ 1]) + raw[61:], lambda _: b"", lambda _: b"x" * 99]
)
def test_a_damaged_file_is_compiled_again(rules: Path, damage: object) -> None:
    """And replaced."""
    times(rules)
    kept().write_bytes(damage(kept().read_bytes()))  # type: ignore[operator]
    assert [times(rules), times(rules)] == [1, 0]


def test_a_pickle_that_names_anything_else_is_refused(rules: Path, tmp_path: Path) -> None:
    """Even where its checksum fits."""
    times(rules)

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "evil"),)

    content = pickle.dumps(Evil())
    kept().write_bytes(cache._MAGIC + sha256(content).digest() + content)
    assert times(rules) == 1
    assert not (tmp_path / "evil").exists()


def test_a_rulebook_with_errors_is_not_kept(rules: Path) -> None:
    """Its problems are said again each time."""
    (rules / "levels.yaml").write_text("scales: 3\n", "utf-8")
    for _ in range(2):
        with pytest.raises(RulebookError):
            cache.cached_compile(rules, compile_folder)
    folder = cache.cache_folder()
    assert folder is not None
    assert not folder.exists()


def test_the_switch_turns_it_off(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read or written."""
    monkeypatch.setenv(cache.SWITCH, "1")
    assert [times(rules), times(rules)] == [1, 1]
    assert cache.cache_folder() is None


def test_a_cache_that_cannot_be_written_does_no_harm(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rulebook is compiled as if there were none."""
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert times(rules) == 1

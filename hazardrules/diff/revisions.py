"""The files of a rulebook as they stood in a revision of its git repository."""

from __future__ import annotations

import io
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hazardrules.errors import RevisionError
from hazardrules.intake import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIXES = (".yaml", ".yml", ".csv")
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Revision:
    """A rulebook of a revision.

    Attributes:
        folder: Its files, for as long as the context lasts.
        commit: The commit, in short.
        within: The folder within the repository, with a slash at its end; empty for the repository itself.
    """

    folder: Path
    commit: str
    within: str


@contextmanager
def checked_out(revision: str, rulebook: Path) -> Iterator[Revision]:
    """The files of a rulebook in a revision, in a folder that is removed at the end.

    Args:
        revision: Whatever git takes for a commit: `HEAD~1`, a tag, a branch.
        rulebook: The folder of the rulebook, within a git repository.

    Raises:
        RevisionError: There is no git, no repository, no such revision, or no rulebook in it.
    """
    top = _git(rulebook, revision, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise _refused("diff.no_repository", revision, folder=str(rulebook), reason=_line(top.stderr).partition("\n")[0])
    root = Path(_line(top.stdout))
    within = rulebook.resolve().relative_to(root.resolve()).as_posix()
    within = "" if within == "." else f"{within}/"
    found = _git(rulebook, revision, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        raise _refused("diff.no_revision", revision, folder=str(root))
    commit = _line(found.stdout)
    archive = _git(root, revision, "archive", "--format=tar", f"{commit}:{within.rstrip('/')}" if within else commit)
    if archive.returncode:
        raise _refused("diff.no_rulebook_then", revision, folder=within or ".")
    with TemporaryDirectory(prefix="hazardrules-") as name:
        folder = Path(name)
        _extract(archive.stdout, folder)
        if not (folder / "rulebook.yaml").is_file():
            raise _refused("diff.no_rulebook_then", revision, folder=within or ".")
        yield Revision(folder, commit[:9], within)


def _refused(key: str, revision: str, **args: str) -> RevisionError:
    return RevisionError(Problem(revision, key, args))


def _line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").rstrip("\n")


def _git(folder: Path, revision: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - no shell, and git takes no word of the user for an option
            ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the user has
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except FileNotFoundError as error:
        raise _refused("diff.no_git", revision) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _refused("diff.git_failed", revision, reason=type(error).__name__) from error


def _extract(archive: bytes, folder: Path) -> None:
    """Rule files alone, and nothing that leads out of the folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or not member.name.endswith(_SUFFIXES) or path.is_absolute() or ".." in path.parts:
                continue
            content = tar.extractfile(member)
            if content is not None:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())

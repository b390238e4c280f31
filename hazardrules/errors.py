"""The exception tree; imports nothing of ours at run time.

    HazardRulesError
    ├── RulebookError          a rulebook with errors: carries every diagnostic
    ├── FactsError             a case with problems: carries every problem, each with its path
    ├── BatchError             files cannot be read or written: carries every problem, each with its file
    ├── RevisionError          a rulebook of the past cannot be had: carries the problem
    ├── SessionError           a session cannot do that: carries the problem
    ├── LookupFailedError      no such rule, fact, instrument, action, subject, table: carries the nearest names
    ├── EngineError            an engine is not installed, or fails: carries the code, the cause and what to try next
    └── MissingExtraError      a package that this needs is not installed: carries the extra that brings it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hazardrules.diagnostics import Diagnostic
    from hazardrules.intake.problems import Problem


class HazardRulesError(Exception):
    """Base of every error this library raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel from process to process with all they carry."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[HazardRulesError], args: tuple[Any, ...]) -> HazardRulesError:
    """An error as it arrives, still without its attributes."""
    return kind.__new__(kind, *args)


class RulebookError(HazardRulesError):
    """A rulebook could not be used.

    Attributes:
        diagnostics: Every problem found, sorted by file and position.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Keep the diagnostics and say the first few in the message."""
        self.diagnostics = tuple(diagnostics)
        shown = "\n".join(diagnostic.short("en") for diagnostic in self.diagnostics[:5])
        more = len(self.diagnostics) - 5
        super().__init__(shown + (f"\n… and {more} more" if more > 0 else ""))


class FactsError(HazardRulesError):
    """A submitted case cannot be judged as it stands.

    Attributes:
        problems: Every problem of the case, each with the path of the value concerned.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems and say them all in the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message("en") for problem in self.problems))


class SessionError(HazardRulesError):
    """A session cannot do what was asked for; nothing has changed in it.

    Attributes:
        problems: What is wrong, each with the subject concerned.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems and say them all in the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message("en") for problem in self.problems))


class RevisionError(HazardRulesError):
    """A rulebook as it stood in a revision cannot be had: there is no git, no such revision, or no rulebook in it.

    Attributes:
        problem: What is wrong, with the revision concerned.
    """

    def __init__(self, problem: Problem) -> None:
        """Keep the problem and say it in the message."""
        self.problem = problem
        super().__init__(problem.message("en"))


class BatchError(HazardRulesError):
    """Files cannot be classified: one cannot be read, or written; no rule and no row is at fault.

    Attributes:
        problems: What is wrong, each with the file concerned.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems and say them all in the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message("en") for problem in self.problems))


class LookupFailedError(HazardRulesError, KeyError):
    """A name that the rulebook, or a session, does not know.

    Attributes:
        what: The kind of thing that was asked for ("rule", "fact", …).
        name: The name as it was given.
        nearest: Known names that resemble it, best first.
    """

    def __init__(self, what: str, name: str, nearest: Sequence[str] = (), *, where: str = "rulebook") -> None:
        """Keep what was asked for and what resembles it; `where` it was looked for."""
        self.what, self.name, self.nearest = what, name, tuple(nearest)
        hint = f"; did you mean {', '.join(f'`{item}`' for item in self.nearest)}?" if self.nearest else ""
        super().__init__(f"no {what} `{name}` in this {where}{hint}")

    def __str__(self) -> str:
        """Plain text: KeyError would quote it."""
        return str(self.args[0])


class EngineError(HazardRulesError):
    """What evaluates the rules cannot be used: no rule and no fact is at fault.

    Attributes:
        code: `HR901` where the engine is not installed, `HR902` where it fails, `HR903` where a worker has another version.
        cause: What is the matter, in English.
        hint: What to try next, in English.
        key: The wording of the cause in other languages; that of the hint is `{key}_hint`.
        args_of_key: What the blanks of the wording are filled with.
    """

    def __init__(self, code: str, cause: str, hint: str, key: str, args_of_key: Mapping[str, object]) -> None:
        """Keep all of it and say it in the message."""
        self.code, self.cause, self.hint, self.key, self.args_of_key = code, cause, hint, key, dict(args_of_key)
        super().__init__(f"{code} {cause}; {hint}")


class MissingExtraError(HazardRulesError, ImportError):
    """Something needs a package that a plain install does not bring.

    Attributes:
        extra: What to install: `hazardrules[extra]`.
        package: The package that is missing.
    """

    def __init__(self, extra: str, package: str) -> None:
        """Keep what is missing, and say what to do."""
        self.extra, self.package = extra, package
        super().__init__(f"`{package}` is not installed; run: pip install 'hazardrules[{extra}]'")

"""Why a session does not do what was asked for."""

from __future__ import annotations

from hazardrules.errors import SessionError
from hazardrules.intake.problems import Problem


def refused(wording: str, subject: str = "", /, **words: str) -> SessionError:
    """An error with one problem: the wording, the subject concerned, and what the wording is filled with."""
    return SessionError([Problem(subject, f"session.{wording}", words)])

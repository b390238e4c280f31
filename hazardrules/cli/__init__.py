"""The command line: parse, call the library, render, exit.

Exit codes: 0 clean, 1 problems (of rules, facts or failed tests), 2 usage. Each command is imported when it is run.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

_COMMANDS = {
    "classify": "classify",
    "explain": "classify",
    "batch": "batch",
    "check": "rules",
    "fmt": "rules",
    "test": "rules",
    "lint": "lint",
    "show": "look",
    "schema": "look",
    "coverage": "look",
    "analyze": "analyze",
    "graph": "graph",
    "cases": "cases",
    "mutate": "mutate",
    "diff": "diff",
}


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(import_module(f"hazardrules.cli.{module}"), f"{cmd_name}_command")
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from hazardrules.diagnostics import nearest  # noqa: PLC0415 - only where a name is wrong

            near = nearest(args[0], _COMMANDS)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        from hazardrules.cli.common import forgiving_output  # noqa: PLC0415 - small, and not needed for completion

        forgiving_output()
        return super().main(*args, **kwargs)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from hazardrules import __version__  # noqa: PLC0415 - `--help` needs none of the library

        click.echo(f"hazardrules {__version__}")
        ctx.exit()


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit.")
def main() -> None:
    """Safety regulations as rule files: classify facts into hazard levels and required actions.

    \b
    Examples:
      hazardrules classify shop.yaml
      hazardrules classify --as-of 2024-06-01 --jurisdiction CN-SD-JN shop.yaml
      hazardrules explain fire.three_in_one.no_alarm shop.yaml
      hazardrules check rules/ && hazardrules test rules/

    Exit codes: 0 clean, 1 problems (of rules, of facts, or failed tests), 2 wrong usage.
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill


__all__ = ["main"]

"""The `ringfence` command: one file a subcommand, each is argument parsing and one call.

To add one: a file here with a `command`, a line in `COMMANDS`, a test. Commands are imported when they are asked for, so that
`ringfence --help` is quick and one broken package does not take all commands with it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Final

import click

COMMANDS: Final[dict[str, str]] = {
    "demo": "api.cli.demo",
    "serve": "api.cli.serve",
    "import": "api.cli.import_",
    "simulate": "api.cli.simulate",
    "query": "api.cli.query",
    "institutions": "api.cli.institutions",
    "keys": "api.cli.keys",
    "users": "api.cli.users",
    "audit": "api.cli.audit",
    "decisions": "api.cli.decisions",
    "graph": "api.cli.graph",
    "rings": "api.cli.rings",
    "migrate": "api.cli.migrate",
    "records": "api.cli.records",
    "webhooks": "api.cli.webhooks",
    "watchlist": "api.cli.watchlist",
    "identity": "api.cli.identity",
    "errors": "api.cli.errors",
}
"""Every subcommand by name, with the module whose `command` it is, in the order of the help."""


class Commands(click.Group):
    """A group that imports a subcommand when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the subcommands, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of this name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command), f"{COMMANDS[cmd_name]}.command is not a command"
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="ringfence")
def ringfence() -> None:
    """Decide whether a merchant may have a loan, and say exactly why.

    Example: ringfence demo
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 wrongly called, 130 interrupted.

    A failure is one sentence on standard error, never a traceback.
    """
    from api.cli.options import Interrupted, explain, typed

    try:
        code = ringfence.main(args=list(arguments) if arguments is not None else None, prog_name=typed(), standalone_mode=False)
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except (click.Abort, KeyboardInterrupt) as interrupt:
        # Click makes an Abort of it, behind an empty line: a terminal shows ^C on the one before.
        cause = interrupt.__cause__
        click.echo(cause.left if isinstance(cause, Interrupted) else "Interrupted.", err=True)
        code = 130
    except Exception as error:
        sentence, code = explain(error)
        click.echo(sentence, err=True)
    sys.exit(code if isinstance(code, int) else 0)

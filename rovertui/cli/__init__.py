"""The command line: thin words around the client. ``rovertui`` alone opens the screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from rovertui import __version__
from rovertui.called import PROGRAM, called_in
from rovertui.errors import OperatorError, in_words
from rovertui.privacy import kept_failure, narrow
from rovertui.text import clean
from rovertui.workspace import Workspace

EXIT_CODES = """
\b
Exit status: 0 done; 1 refused or failed, one sentence on standard error;
2 wrong usage; 3 cancelled or interrupted; 4 no daemon runs (status), or it went away or is stuck.
"""


_BEFORE = ("-w", "--workspace", "--ascii", "--low-bandwidth")


class _Lazy(click.Group):
    """Imports a command's module when the command is named."""

    places = {
        "status": "looking",
        "models": "looking",
        "log": "logs",
        "dataset": "dataset",
        "doctor": "looking",
        "capture": "doing",
        "drive": "doing",
        "pull": "doing",
        "export": "doing",
        "convert": "converting",
        "layers": "converting",
        "npu": "converting",
        "report": "converting",
        "feed": "converting",
        "decide": "converting",
        "deploy": "doing",
        "rollback": "doing",
        "history": "looking",
        "pin": "doing",
        "unpin": "doing",
        "ship": "doing",
        "rovers": "doing",
        "cancel": "doing",
        "relay": "relaying",
        "init": "hosting",
        "configure": "hosting",
        "toolkit": "hosting",
        "daemon": "hosting",
        "demo": "hosting",
        "completion": "completion",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.places)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.places, 1)
            if not near:
                raise
            said = f"{error.format_message()} Did you mean {near[0]!r}?"
            raise click.UsageError(said, error.ctx) from None

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.places:
            return None
        from importlib import import_module

        module = import_module(f"rovertui.cli.{self.places[name]}")
        command: click.Command = getattr(module, name)
        return command


def workspace_of(ctx: click.Context) -> Workspace:
    """The workspace of ``--workspace``, or the nearest one at or above this directory."""
    given: Path | None = ctx.find_root().params.get("workspace")
    if given is None:
        return Workspace.find(Path.cwd())
    called_in(given)
    return Workspace(given)


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)
@click.version_option(__version__, "-V", "--version")
@click.option(
    "-w",
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="The workspace; without it the nearest directory upwards with a config.toml.",
)
@click.option("--ascii", "plain", is_flag=True, help="Draw with ASCII characters only.")
@click.option(
    "--low-bandwidth",
    "sparing",
    is_flag=True,
    help="Draw once a second and no trends; a slow line is noticed without it too.",
)
@click.pass_context
def cli(ctx: click.Context, workspace: Path | None, plain: bool, sparing: bool) -> None:
    """Collect calibration data, convert policies for the NPU, prove them, put them into service.

    Without a command the screen opens. A daemon does the work and goes on when you leave.
    """
    if ctx.invoked_subcommand is None:
        from rovertui.cli.screen import open_screen

        ctx.exit(open_screen(workspace_of(ctx), plain, sparing=sparing))


def main() -> None:
    """Run the command line; failures end as one sentence and a status, never a traceback."""
    narrow()
    try:
        ended = cli(standalone_mode=False, prog_name=PROGRAM, complete_var="_ROVERTUI_COMPLETE")
        if isinstance(ended, int):  # click hands back the status of `Exit` instead of raising it
            sys.exit(ended)
    except click.NoSuchOption as error:
        if error.option_name in _BEFORE and error.ctx is not None and error.ctx.parent is not None:
            right = f"{PROGRAM} {error.option_name} ... {error.ctx.info_name}"
            words = f" It goes before the command: {right}."
            click.UsageError(error.format_message() + words, error.ctx).show()
        else:
            error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(3)
    except OperatorError as error:
        click.echo(clean(error.sentence(), 8000), err=True)
        sys.exit(4 if error.code == "no-daemon" else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except ConnectionError as error:
        click.echo(f"The daemon went away: {clean(str(error))}.", err=True)
        sys.exit(4)
    except OSError as error:
        from rovertui.workspace import last_failure

        kept_failure(error, last_failure())
        click.echo(clean(in_words(error).sentence(), 8000), err=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  the last resort: no traceback reaches an operator
        from rovertui.workspace import last_failure

        said = kept_failure(error, last_failure())
        click.echo(f"Something unforeseen went wrong: {said}.", err=True)
        sys.exit(1)

"""Completion for shells: what ``rovertui completion SHELL`` prints, for a shell to read.

Click's own scripts run whatever the completed word names; somebody else's ``./run`` must never be
run by a tab. These run this program by its path, and for ``run`` only where that file is ours.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from rovertui.called import PROGRAM

_BASH = """\
_rovertui_complete() {{
    local program={program} type value
    [[ $1 == rovertui || $1 -ef $program ]] || return 0
    while IFS=, read -r type value; do
        case $type in
        dir) compopt -o dirnames ;;
        file) compopt -o default ;;
        plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${{COMP_WORDS[*]}}" COMP_CWORD=$COMP_CWORD \\
        _ROVERTUI_COMPLETE=bash_complete "$program" 2>/dev/null)
}}
complete -o nosort -o bashdefault -F _rovertui_complete {names}
"""

_ZSH = """\
_rovertui_complete() {{
    local program={program} type key descr
    local -a plain described
    [[ $words[1] == rovertui || $words[1] -ef $program ]] || {{ _files; return }}
    for type key descr in "${{(@f)$(COMP_WORDS="${{words[*]}}" COMP_CWORD=$((CURRENT-1)) \\
        _ROVERTUI_COMPLETE=zsh_complete "$program" 2>/dev/null)}}"; do
        case $type in
        dir) _path_files -/ ;;
        file) _path_files -f ;;
        plain) if [[ $descr == _ ]]; then plain+=("$key"); else described+=("$key:$descr"); fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
}}
compdef _rovertui_complete {names}
"""

_FISH = """\
function _rovertui_complete
    set -l program {program}
    set -lx COMP_WORDS (commandline -cp | string collect)
    set -lx COMP_CWORD (commandline -t | string collect)
    set -lx _ROVERTUI_COMPLETE fish_complete
    for line in ($program 2>/dev/null)
        set -l found (string split -m 1 "," $line)
        switch $found[1]
            case dir
                __fish_complete_directories $found[2]
            case file
                __fish_complete_path $found[2]
            case plain
                echo $found[2]
        end
    end
end
{registered}
"""

SHELLS = ("bash", "zsh", "fish")


_HELP = f"""Print what completes commands, options, models and checkpoints in SHELL.

In bash: eval "$({PROGRAM} completion bash)"; the same line with its whole path belongs into
~/.bashrc. In zsh likewise, after compinit; in fish: {PROGRAM} completion fish | source. In a
checkout it completes `./run` and `rovertui` both.
"""


@click.command(help=_HELP)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    click.echo(script(shell, *_program()), nl=False)


def script(shell: str, program: str, checkout: bool) -> str:
    """What ``shell`` is to read.

    Args:
        program: the file that is run, or a name on the PATH.
        checkout: whether it is the ``run`` of a checkout.
    """
    quoted = shlex.quote(program)
    names = "rovertui run" if checkout else "rovertui"
    if shell == "bash":
        return _BASH.format(program=quoted, names=names)
    if shell == "zsh":
        return _ZSH.format(program=quoted, names=names)
    quoted = "'" + program.replace("\\", "\\\\").replace("'", "\\'") + "'"
    lines = ["complete --no-files --command rovertui --arguments '(_rovertui_complete)'"]
    if checkout:  # By its path: `run` of another directory is not ours.
        lines.append(f"complete --no-files --path {quoted} --arguments '(_rovertui_complete)'")
    return _FISH.format(program=quoted, registered="\n".join(lines))


def _program() -> tuple[str, bool]:
    """How this program is called from anywhere, and whether by the ``run`` of a checkout."""
    run = Path(__file__).resolve().parents[2] / "run"
    if run.is_file():
        return str(run), True
    installed = Path(sys.executable).with_name("rovertui")
    return (str(installed) if installed.is_file() else "rovertui"), False

"""What an operation is handed: the workspace, a reporter, and ways to the rest of the daemon."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import msgspec

from rovertui.called import called
from rovertui.config import Config, Peer
from rovertui.deployment.place import Place
from rovertui.errors import OperatorError
from rovertui.processes import ProcessName
from rovertui.remote.server import Server
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.workspace import Workspace

T = TypeVar("T")
Motion = Literal["still", "moving", "unknown"]


class WithLink(Protocol):
    """Runs work with the link to the V620, in the link's own thread."""

    def __call__(self, work: Callable[[Link], T]) -> T: ...


def _no_server() -> Link:
    raise OperatorError(
        "No training server is set (v620.host).",
        hint=f"*Set up* in the palette or `{called()} init` asks for it.",
        code="not-configured",
    )


@dataclass(frozen=True)
class Context:
    """For one run of one operation; used from a job's thread.

    Attributes:
        job: the job's number as text, for records.
        motion: what is known of the rover's motion now.
        ask: put a question with choices to whoever is at a screen; None when nobody answers.
        server_link: makes a link of one's own to the V620, which the caller closes.
        link_to: a link of its own to another rover, which the caller closes.
        took: told the name of a model that this job fetched, and whether it goes on with it.
        on_child: told which program does the work, for whoever comes after a crash.
    """

    workspace: Workspace
    config: Config
    reporter: Reporter
    with_link: WithLink
    motion: Callable[[], Motion]
    on_child: Callable[[ProcessName | None], None]
    job: str = ""
    took: Callable[[str, bool], None] = lambda name, used: None
    ask: Callable[[str, Sequence[str]], str | None] = lambda text, choices: None
    server_link: Callable[[], Link] = _no_server
    link_to: Callable[[Peer], Link] = lambda peer: Link(server_of(peer))


def server_of(peer: Peer, own_known_hosts: Path | None = None) -> Server:
    """How to reach another rover."""
    return Server(
        host=peer.host,
        port=peer.port,
        user=peer.user,
        key_file=peer.key_file,
        known_hosts=peer.known_hosts,
        own_known_hosts=own_known_hosts,
        rover=peer.name,
    )


def place_of(workspace: Workspace, config: Config) -> Place:
    """Where models go into service in this workspace; ``{python}`` in commands filled in."""
    node = config.node
    commands = {
        name: [sys.executable if word == "{python}" else word for word in getattr(node, name)]
        for name in ("present_command", "reload_command", "stop_command", "model_path_command")
    }
    return Place(
        root=workspace.root,
        models=workspace.models(config),
        journal=workspace.kept / "deploy.json",
        node=msgspec.structs.replace(node, **commands),
        target=config.conversion.target,
        simulated=config.simulated,
    )

"""Which machine is meant, from explicit settings and ssh_config."""

from __future__ import annotations

import getpass
import glob
import logging
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.reading import contents
from rovertui.text import clean

log = logging.getLogger(__name__)

_INCLUDE = re.compile(r"\s*include(?:\s*=\s*|\s+)(.+?)\s*$", re.IGNORECASE)
_BLOCK = re.compile(r"\s*(?:host|match)(?:\s*=\s*|\s+)", re.IGNORECASE)
_INCLUDE_DEPTH = 16
_NOBODY = "Match host !*"
_MOST_FILES = 200
_LARGEST = 4 << 20
_RUNS = re.compile(r"\s*match\b.*\bexec\b", re.IGNORECASE)


@dataclass(frozen=True)
class Server:
    """The training server, or another rover, as the configuration names it.

    Attributes:
        host: a name, an address or a ``Host`` of ssh_config.
        port: 0 takes ssh_config's, or 22.
        user: empty takes ssh_config's, or ours.
        key_file: private key tried first; empty leaves it to ssh_config, the agent and ~/.ssh.
        known_hosts: host keys that are trusted; read, never written.
        own_known_hosts: where a key the operator trusted is written; read as well.
        directory: where checkpoints lie there; relative to the login directory, or absolute.
        pattern: name of a checkpoint without its ending; ``*`` is the training step.
        ssh_config: OpenSSH client configuration; a missing file is an empty one.
        connect_timeout: seconds for each part of connecting.
        stall_timeout: seconds of silence after which a link counts as frozen.
        rover: the name of the other rover that is meant; empty for the training server.
    """

    host: str
    port: int = 0
    user: str = ""
    key_file: str = ""
    known_hosts: str = "~/.ssh/known_hosts"
    own_known_hosts: Path | None = None
    directory: str = "."
    pattern: str = "ppo_v620_update_*"
    ssh_config: str = "~/.ssh/config"
    connect_timeout: float = 10.0
    stall_timeout: float = 5.0
    rover: str = ""

    def setting(self, name: str) -> str:
        """Where a person changes the setting ``name``, for hints."""
        return f"{name} of [[rovers]] {clean(self.rover, 60)}" if self.rover else f"v620.{name}"


@dataclass(frozen=True)
class Target:
    """Where to connect, as whom, with which keys: a `Server` after ssh_config.

    Attributes:
        host: the name or address to connect to.
        port: its TCP port.
        user: login there.
        key_files: private keys in the order they are tried.
        key_name: the name its host key is filed under, ``host`` or ``[host]:port``.
        jump: machines to go through, as ssh_config's ProxyJump writes them, or empty.
        server: what this was resolved from.
    """

    host: str
    port: int
    user: str
    key_files: tuple[str, ...]
    key_name: str
    jump: str = ""
    server: Server = field(default_factory=lambda: Server(""))

    def setting(self, name: str) -> str:
        """As :meth:`Server.setting`."""
        return self.server.setting(name)

    def __str__(self) -> str:
        where = self.host if self.port == 22 else f"{self.host} port {self.port}"
        return clean(f"{self.user}@{where}", 200)


def resolve(server: Server) -> Target:
    """Fill in what ``server`` leaves open.

    Raises:
        OperatorError: no host is named, or ssh_config cannot be read or asks for a ProxyCommand.
    """
    if not server.host:
        raise OperatorError(
            f"No {'address of ' + clean(server.rover, 60) if server.rover else 'training server'} "
            "is named.",
            hint=f"Set {server.setting('host')} in config.toml to its name or address.",
            code="not-configured",
        )
    if server.host.startswith("-") or any(c.isspace() or not c.isprintable() for c in server.host):
        raise OperatorError(
            f"{server.setting('host')}: expected a host name or address, found "
            f"{clean(server.host)!r}.",
            code="not-configured",
        )
    found = _from_ssh_config(server)
    if found.get("proxycommand") and not found.get("proxyjump"):
        raise OperatorError(
            f"ssh_config reaches {server.host} by a ProxyCommand, which rovertui does not run.",
            hint=f"Use ProxyJump there, or set {server.setting('host')} to an address that can be "
            "reached.",
            code="not-configured",
        )
    host = str(found.get("hostname", server.host))
    port = server.port or _port(found, server.host)
    keys = [server.key_file] if server.key_file else []
    keys += [key for key in found.get("identityfile", []) if key not in keys]
    jump = str(found.get("proxyjump", "") or "")
    # `Host *` with a ProxyJump applies to the jump host as well; OpenSSH leaves that one out.
    if jump.rpartition("@")[2].partition(":")[0] == server.host:
        jump = ""
    filed = str(found.get("hostkeyalias", host)).lower()
    alias = "hostkeyalias" in found
    return Target(
        host=host,
        port=port,
        user=server.user or str(found.get("user", "")) or _our_name(server),
        key_files=tuple(keys),
        key_name=filed if alias or port == 22 else f"[{filed}]:{port}",
        jump="" if jump.lower() == "none" else jump,
        server=server,
    )


def jump_server(server: Server, spec: str) -> Server:
    """The `Server` for the last hop of a ProxyJump, ``[user@]host[:port]``; earlier hops remain.

    Host keys, timeouts and key file are those of ``server``: a jump host is trusted no less
    strictly than what lies behind it.
    """
    hop = spec.split(",")[-1].strip().removeprefix("ssh://")
    user, _, rest = hop.rpartition("@")
    match = re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", rest)
    if match is None:
        raise OperatorError(
            f"ssh_config: ProxyJump: expected [user@]host[:port], found {clean(hop)!r}.",
            code="not-configured",
        )
    return replace(
        server, host=match[1].strip("[]"), port=int(match[2] or 0), user=user, directory="."
    )


def _our_name(server: Server) -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise OperatorError(
            f"No login for {clean(server.host, 100)} is named, and this process has no user name.",
            hint=f"Set {server.setting('user')} in config.toml.",
            code="not-configured",
        ) from error


def _port(found: dict[str, Any], host: str) -> int:
    text = str(found.get("port", "22"))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise OperatorError(
            f"ssh_config: Port of {host}: expected 1 to 65535, found {clean(text)!r}.",
            code="not-configured",
        )
    return int(text)


def _from_ssh_config(server: Server) -> dict[str, Any]:
    path = at_home(server.ssh_config)
    if not path.is_file():
        return {}
    import paramiko

    try:
        text = "\n".join(_with_includes(path, 0, [0]))
        return dict(paramiko.SSHConfig.from_text(text).lookup(server.host))
    except (OSError, UnicodeDecodeError, paramiko.SSHException, ValueError, LookupError) as error:
        raise OperatorError(
            f"{path}: cannot be read as an ssh_config: {clean(str(error), 200)}.",
            hint="Correct that line; `ssh -G HOST` shows what OpenSSH makes of it.",
            code="not-configured",
        ) from error


def _with_includes(path: Path, depth: int, read: list[int]) -> list[str]:
    """The lines of ``path`` with ``Include`` replaced by what it names.

    A block that asks for a command to be run (``Match exec``) applies to no host here: nothing of
    a configuration is ever run. ``read`` counts the files.

    paramiko ignores Include. The block an Include stands in is opened again behind it, since
    a Host line in the included file would otherwise swallow the lines that follow.
    """
    if depth > _INCLUDE_DEPTH:
        raise ValueError("Include goes round in a circle")
    read[0] += 1
    if read[0] > _MOST_FILES:
        raise ValueError(f"Include leads to more than {_MOST_FILES} files")
    lines: list[str] = []
    block = "Host *"
    for line in contents(path, _LARGEST).decode("utf-8").splitlines():
        if _RUNS.match(line):
            log.warning("%s: a block with Match exec is left out: nothing is run for it", path)
            line = _NOBODY
        match = _INCLUDE.match(line)
        if match is None:
            if _BLOCK.match(line):
                block = line
            lines.append(line)
            continue
        for pattern in match[1].split():
            name = at_home(pattern.strip('"'))
            absolute = name if name.is_absolute() else at_home("~/.ssh") / name
            # As glob(3), unlike pathlib: ** is no walk through the whole disk.
            for included in sorted(glob.glob(str(absolute))):  # noqa: PTH207
                lines += _with_includes(Path(included), depth + 1, read)
        lines.append(block)
    return lines

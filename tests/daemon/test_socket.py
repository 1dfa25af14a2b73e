"""Its socket: for this user alone, of one protocol, and hard to hurt by who speaks on it."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rovertui.client import Client, DaemonSilent
from rovertui.errors import OperatorError
from rovertui.protocol import Call, Failure, Hello, encode, receive
from tests.daemon.rig import Rig


def test_a_client_that_dies_or_never_reads_costs_nothing(rig: Rig) -> None:
    rig.start()
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from rovertui.client import Client\n"
        "from rovertui.workspace import Workspace\n"
        "async def main():\n"
        "    client = Client(Workspace(Path(sys.argv[1])))\n"
        "    await client.connect()\n"
        "    await client.call('subscribe')\n"
        "    client._listening.cancel()\n"
        "    print('in', flush=True)\n"
        "    import time; time.sleep(100)\n"
        "asyncio.run(main())\n"
    )
    deaf = subprocess.Popen(
        [sys.executable, "-c", script, str(rig.workspace.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    frames = rig.snapshot().stream.frames
    rig.until(lambda s: s.stream.frames > frames + 15)
    deaf.kill()
    deaf.wait()
    rig.until(lambda s: s.stream.frames > frames + 25)


def test_the_socket_is_for_this_user_alone(rig: Rig) -> None:
    rig.start()
    path = rig.workspace.socket()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) <= 107


def test_another_protocol_garbage_and_unknown_calls_are_answered_in_words(rig: Rig) -> None:
    rig.start()

    async def raw(data: bytes) -> object:
        reader, writer = await asyncio.open_unix_connection(str(rig.workspace.socket()))
        assert isinstance(await receive(reader), Hello)
        writer.write(data)
        answer = await receive(reader)
        writer.close()
        return answer

    greeting = encode(Hello(1, "test"))
    answer = asyncio.run(raw(greeting + encode(Call(7, "fly", {}))))
    assert isinstance(answer, Failure)
    assert answer.id == 7
    assert "fly" in answer.message
    answer = asyncio.run(raw(greeting + b"\0\0\0\3abc"))
    assert isinstance(answer, Failure)
    assert "Not a message" in answer.message
    answer = asyncio.run(raw(greeting + b"\xff\xff\xff\xff"))
    assert isinstance(answer, Failure)
    assert rig.answers()


async def test_a_daemon_that_is_stopped_is_noticed_and_named(rig: Rig) -> None:
    process = await asyncio.to_thread(rig.start)
    client = Client(rig.workspace)
    await client.connect()
    seen: list[int] = []
    try:
        with pytest.raises(DaemonSilent, match=f"process {process.pid}"):
            async for snapshot in client.snapshots():
                process.send_signal(signal.SIGSTOP)
                seen.append(snapshot.sequence)
        assert len(seen) == len(set(seen)), "the last one came once more, as if it were new"
        with pytest.raises(DaemonSilent):
            await client.now()
        await client.close()
        calls = [asyncio.to_thread(rig.run, *words.split()) for words in ("status", "daemon stop")]
        for said in await asyncio.gather(*calls):
            assert said.returncode == 4 and said.stdout == ""
            assert len(said.stderr.splitlines()) == 1
            assert f"(process {process.pid}) does not answer" in said.stderr
            assert f"`kill -9 {process.pid}` ends it" in said.stderr
    finally:
        process.send_signal(signal.SIGCONT)
    assert await asyncio.to_thread(rig.snapshot)


async def test_a_newer_daemon_is_refused_with_what_to_do(rig: Rig) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(Hello(99, "9.9")))
        await reader.read()

    path = rig.workspace.socket()
    server = await asyncio.start_unix_server(serve, str(path))
    try:
        with pytest.raises(OperatorError, match=r"9\.9"):
            await Client(rig.workspace).connect()
    finally:
        server.close()

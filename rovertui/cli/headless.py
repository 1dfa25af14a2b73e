"""The demo without a screen: the whole chain on the simulated rover, told as figures."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rovertui.called import PROGRAM
from rovertui.client import Client, serves
from rovertui.daemon.launch import connected
from rovertui.demo import workspace as demo
from rovertui.errors import OperatorError
from rovertui.snapshot import JobView, Snapshot
from rovertui.workspace import Workspace

Say = Callable[[str], None]

_CAPTURE_PATIENCE = 300.0
_PARK_PATIENCE = 30.0
_SERVER_PATIENCE = 30.0
_END_PATIENCE = 20.0
_ENDED = ("done", "failed", "cancelled", "interrupted")


def headless(place: Path | None, say: Say) -> dict[str, Any]:
    """Record, park, ship; returns the figures of the run.

    Args:
        place: the workspace; without one a fresh one is made, and an earlier one forgotten.
        say: gets one line a step.

    Raises:
        OperatorError: the first step that failed.
    """
    if place is None:
        place = demo.default_place("demo-headless")
        asyncio.run(end_daemon(Workspace(place)))
        demo.forget(place)
    elif asyncio.run(serves(Workspace(place))):
        raise OperatorError(
            f"{place}: a daemon serves this workspace already, perhaps under an open screen.",
            hint="Leave --workspace out, name another one, or stop it: "
            f"{PROGRAM} -w {place} daemon stop.",
            code="busy",
        )
    workspace = demo.prepare(place, flat_out=True)
    return asyncio.run(_run(workspace, say))


async def _run(workspace: Workspace, say: Say) -> dict[str, Any]:
    began = time.monotonic()
    client = await connected(workspace)
    try:
        return await _chain(client, say, began)
    finally:
        await client.close()
        await end_daemon(workspace)


async def end_daemon(workspace: Workspace) -> None:
    """Stop a workspace's daemon, where one runs, and wait until it is gone."""
    if not workspace.config_path.exists():
        return
    client = Client(workspace, "command line")
    try:
        await client.connect()
        await client.stop()
    except ConnectionError:
        return
    await _gone(workspace)


async def _gone(workspace: Workspace) -> None:
    """Wait until the daemon let go of its lock: it ends its children after its clients."""
    until = time.monotonic() + _END_PATIENCE
    with contextlib.suppress(FileNotFoundError), workspace.lock.open("rb") as lock:
        while time.monotonic() < until:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                await asyncio.sleep(0.05)
        raise OperatorError(
            f"The daemon of {workspace.root} does not end.", hint="Try again in a moment."
        )


async def _chain(client: Client, say: Say, began: float) -> dict[str, Any]:
    seconds: dict[str, float] = {"start": round(time.monotonic() - began, 3)}
    installing = await _install_toolkit(client, say)
    mark = time.monotonic()
    say("recording samples on the simulated rover")
    if not (await client.now()).capture.wanted:
        await client.do("capture.on", session="demo")
    snapshot = await _until(client, _captured, _CAPTURE_PATIENCE, "recording")
    await client.do("capture.off")
    seconds["capture"] = round(time.monotonic() - mark, 3)
    say(f"{snapshot.capture.kept} samples, {snapshot.capture.checking} for checking")
    if installing is not None:
        mark = time.monotonic()
        say("waiting until rknn-toolkit2 is installed")
        await _done(client, installing, say)
        seconds["toolkit"] = round(time.monotonic() - mark, 3)
    mark = time.monotonic()
    if not (await client.now()).stream.parked:
        await client.do("drive.park")
    await _until(client, lambda s: s.stream.motion == "still", _PARK_PATIENCE, "parking")
    await _until(client, lambda s: s.server.state == "up", _SERVER_PATIENCE, "the V620")
    seconds["park"] = round(time.monotonic() - mark, 3)
    job = await _done(client, int((await client.do("ship"))["job"]), say)
    seconds["total"] = round(time.monotonic() - began, 3)
    return _figures(job.result, seconds)


async def _install_toolkit(client: Client, say: Say) -> int | None:
    """Start installing the toolkit where it is missing; the job's number."""
    snapshot = await client.now()
    if snapshot.toolkit.state == "ready":
        return None
    running = [j.id for j in snapshot.jobs if j.kind == "toolkit.install" and j.state not in _ENDED]
    if running:
        return running[-1]
    say("installing rknn-toolkit2 behind the recording (several gigabytes on x86_64)")
    return int((await client.do("toolkit.install"))["job"])


def _captured(snapshot: Snapshot) -> bool:
    if snapshot.stream.state == "down" and snapshot.stream.restarts > 3:
        raise OperatorError(f"The recorder does not run: {snapshot.stream.text}.")
    return snapshot.capture.state == "complete"


async def _until(
    client: Client, holds: Callable[[Snapshot], bool], patience: float, what: str
) -> Snapshot:
    until = time.monotonic() + patience
    while True:
        snapshot = await client.now()
        if holds(snapshot):
            return snapshot
        if time.monotonic() > until:
            raise OperatorError(
                f"{what} did not get there within {patience:.0f} s: {snapshot.capture.text} "
                f"{snapshot.stream.text} {snapshot.server.text}".strip()
            )
        await asyncio.sleep(0.1)


async def _done(client: Client, number: int, say: Say) -> JobView:
    """Follow a job, saying its stages; OperatorError when it does not end well."""
    async for event in client.follow(number):
        if event.get("kind") == "stage":
            say(f"{event['stage']} {event.get('text', '')}".rstrip())
    job = await client.job(number)
    if job.state != "done":
        raise OperatorError(f"{job.title}: {job.text}")
    return job


def _figures(result: dict[str, Any], seconds: dict[str, float]) -> dict[str, Any]:
    converted, deployed = result["convert"], result["deploy"]
    if deployed is None:
        raise OperatorError(result["text"])
    stages = {f"convert.{name}": value for name, value in converted["seconds"].items()}
    return {
        "samples": converted["samples"],
        "held_out": converted["held_out"],
        "strength": converted["strength"],
        "model": converted["model"],
        "precision": converted["precision"],
        "onnx_bytes": converted["onnx_bytes"],
        "rknn_bytes": converted["rknn_bytes"],
        "error": converted["error"],
        "seconds": {**seconds, **result["seconds"], **stages},
        "active": deployed["active"],
        "live": deployed["state"],
        "simulated": True,
    }


def words(figures: dict[str, Any]) -> str:
    """The figures as a few lines."""
    error = figures["error"]
    ratio = figures["rknn_bytes"] / figures["onnx_bytes"]
    return (
        f"{figures['model']}: {figures['rknn_bytes']} bytes, {ratio:.2f} of the ONNX.\n"
        f"Off by {error['mean']:.4f} on average, {error['max']:.3f} at most, "
        f"{error['over_limit']:.1%} of frames over the limit ({figures['strength']}).\n"
        f"Live, {figures['live']}: {figures['active']}\n"
        f"{figures['seconds']['total']:.0f} s in all, on a simulated rover."
    )

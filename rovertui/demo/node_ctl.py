"""Talks to the demo's node as ``ros2 service call`` and ``ros2 param get`` do to a real one.

::

    python -m rovertui.demo.node_ctl present|reload|model-path|mode MODE --control ADDRESS

Exit status: 0 it answered, 1 no answer in time. A refusal is an answer, as with ros2.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import zmq


def ask(control: str, request: dict[str, Any], timeout: float) -> dict[str, Any] | None:
    """One request to a node; its reply, or None when none came within ``timeout`` seconds."""
    context = zmq.Context()
    socket = context.socket(zmq.REQ)
    try:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(control)
        socket.send(json.dumps(request).encode())
        if not socket.poll(int(timeout * 1000)):
            return None
        reply = json.loads(socket.recv())
        return reply if isinstance(reply, dict) else None
    finally:
        context.destroy(0)


def main(arguments: list[str] | None = None) -> int:
    """Ask, and print the answer as ros2 would."""
    parser = argparse.ArgumentParser(prog="rovertui.demo.node_ctl", description=__doc__)
    parser.add_argument("do", choices=("present", "reload", "model-path", "mode"))
    parser.add_argument("mode", nargs="?", help="ok, mute, constant, nan, deaf, refuse or absent")
    parser.add_argument("--control", required=True, help="the node's ZeroMQ address")
    parser.add_argument("--timeout", type=float, help="seconds to wait for an answer")
    given = parser.parse_args(arguments)
    timeout = given.timeout or (60.0 if given.do == "reload" else 1.0)
    reply = ask(given.control, {"do": given.do, "mode": given.mode}, timeout)
    if reply is None:
        sys.stderr.write("no node answers\n")
        return 1
    if given.do == "model-path":
        sys.stdout.write(f"String value is: {reply['message']}\n")
    else:
        sys.stdout.write(
            "std_srvs.srv.Trigger_Response("
            f"success={reply['success']}, message={reply['message']!r})\n"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

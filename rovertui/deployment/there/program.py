"""What is done on that rover: a look at its models, room for new ones, a deployment.

python3 -I - JOB    JOB is JSON in base64; the answer is one line behind ``rovertui-answer``.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import signal
import sys
import time
from pathlib import Path

from rovertui.deployment.there.files import Refusal, Value, load, run, sha256
from rovertui.deployment.there.models import Models, alone
from rovertui.deployment.there.node import Ear, reload

MARK = "rovertui-answer "


def look(models: Models) -> Value:
    job = models.job
    if not models.root.is_dir():
        raise Refusal(f"there is no directory {models.root}")
    number, found = models.live()
    entry, outcome = {}, None
    if number is not None:
        entry = models.entry(number)
        outcome = load(models.directory(number) / "outcome.json")
    answer = {
        "root": str(models.root),
        "live_sha256": found,
        "entry": entry,
        "outcome": outcome or {},
        "sheet": load(models.sheet) if found else None,
        "free": shutil.disk_usage(models.root).free,
        "target": "",
        "runtime": "",
        "config": "",
    }
    with contextlib.suppress(OSError):
        chips = Path("/proc/device-tree/compatible").read_bytes()
        answer["target"] = chips.decode(errors="replace").replace("\0", " ")
    if job["runtime_command"]:
        answer["runtime"] = run(job["runtime_command"], 10, job["directory"])[1]
    if job["config"]:
        answer["config"] = Path(job["config"]).expanduser().read_text(encoding="utf-8")
    return answer


def incoming(models: Models) -> Value:
    """A directory for the files to come; what an earlier attempt left goes first."""
    models.shelf.mkdir(parents=True, exist_ok=True)
    with alone(models.root):
        models.sweep()
    path = models.shelf / f".incoming-{models.job['keep']}"
    path.mkdir(mode=0o700)
    return {"path": str(path)}


def deploy(models: Models) -> Value:
    job = models.job
    path = models.shelf / f".incoming-{job['keep']}"
    rknn, sheet, golden = path / "model", path / "sheet", path / "golden"
    sent = {rknn: job["entry"]["sha256"], sheet: job["sheet_sha256"]}
    if job["golden_sha256"]:
        sent[golden] = job["golden_sha256"]
    try:
        with alone(models.root):
            for name, expected in sent.items():
                if sha256(name) != expected:
                    raise Refusal("what arrived there is not what was sent")
            answer = put_into_service(models, rknn, sheet, golden if golden in sent else None)
            return {**answer, "gone": models.prune()}
    finally:
        shutil.rmtree(path, ignore_errors=True)


def put_into_service(models: Models, rknn: Path, sheet: Path, golden: Path | None) -> Value:
    job = models.job
    before = models.adopt()
    present = None
    if job["present_command"]:
        present = run(job["present_command"], 10, job["directory"])[0] == 0
    number = max(models.numbers(), default=0) + 1
    entry = {**job["entry"], "number": number, "when": time.time(), "before": before}
    models.keep(entry, rknn, sheet, golden)
    if job["stop_command"]:
        status, said = run(job["stop_command"], 10, job["directory"])
        if status != 0:
            shutil.rmtree(models.directory(number))
            raise Refusal(f"it could not be stopped first ({said.strip()[-200:]})")
    models.switch(number)
    previous = models.entry(before).get("name", "") if before is not None else ""
    answer = {"entry": number, "previous": previous, "stopped": bool(job["stop_command"])}
    if present is False:
        text = "no node answered there (none runs, or it hangs); one that starts loads it"
        return {**answer, **models.note(number, "next start", text)}
    if not job["reload_command"]:
        text = "the node there loads the model when it starts"
        return {**answer, **models.note(number, "next start", text, present is True)}
    heard = Ear(job["commands"])
    trouble = reload(job)
    if not trouble:
        good, text = heard.listen(job["confirm"])
        if good is not None:
            return {**answer, **models.note(number, "seen" if good else "believed", text, not good)}
        trouble = text
    return put_back(models, number, before, trouble)


def put_back(models: Models, number: int, before: int | None, trouble: str) -> Value:
    if before is None:
        for path in (models.link, models.sheet, models.pivot):
            path.unlink()
        shutil.rmtree(models.directory(number))
        raise Refusal(f"its node did not take it: {trouble}. Nothing was live before")
    models.switch(before)
    shutil.rmtree(models.directory(number))
    again = reload(models.job)
    told = "the node took it again" if not again else f"the node may run no model ({again})"
    models.note(before, "next start" if again else "believed", f"put back; {told}", bool(again))
    name = models.entry(before).get("name", "the model before")
    raise Refusal(f"its node did not take it: {trouble}. {name} is live again there; {told}")


def main() -> None:
    # The line may go while we are half through: then there is no one to tell, no more.
    for number in (signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    job = json.loads(base64.b64decode(sys.argv[1]))
    try:
        deed = {"look": look, "incoming": incoming, "deploy": deploy}[job["do"]]
        answer = deed(Models(job))
    except Refusal as refusal:
        answer = {"refused": str(refusal)}
    except OSError as error:
        answer = {"refused": f"{error.strerror}: {error.filename}"}
    with contextlib.suppress(OSError):
        sys.stdout.write("\n" + MARK + json.dumps(answer) + "\n")
        sys.stdout.flush()

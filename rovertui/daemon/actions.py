"""What each operation does, and why it cannot be done now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from rovertui.audit import Caller, itself
from rovertui.daemon import samples
from rovertui.errors import OperatorError
from rovertui.jobs import Job
from rovertui.operations import toolkit
from rovertui.operations.context import Context, Motion, server_of
from rovertui.processes import ProcessName
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.snapshot import RoverView, ToolkitView

if TYPE_CHECKING:
    from rovertui.daemon.service import Service

_LINK, _TOOLKIT, _LIVE = "link", "toolkit", "live"

AUDITED = ("deploy", "rollback", "ship", "toolkit.install")
"""Operations whose asking and end are lines of the audit log."""

Params = dict[str, Any]


class Actions:
    """The operations of the catalogue, bound to one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._caller = itself()
        self._now: dict[str, Callable[[Params], str | None]] = {
            "capture.on": self._capture_on,
            "capture.off": self._capture_off,
            "sample.keep": lambda params: samples.keep(service, params),
            "sample.undo": lambda params: samples.undo(service),
            "session.label": lambda params: samples.label(service, params),
            "coverage.unreachable": lambda params: samples.mark(service, params, True),
            "coverage.reachable": lambda params: samples.mark(service, params, False),
            "drive.park": lambda params: self._park(True),
            "drive.go": lambda params: self._park(False),
            "relay.stop": lambda params: self._relay(False),
            "relay.start": lambda params: self._relay(True),
            "server.list": lambda params: service.watch.look_soon(),
            "server.seen": lambda params: service.watch.looked(),
            "pin": lambda params: self._pin(params, True),
            "unpin": lambda params: self._pin(params, False),
            "cancel": self._cancel,
            "daemon.stop": lambda params: service.stopping.set(),
        }
        self._slow: dict[str, Callable[[Params], dict[str, Any]]] = {
            "session.trash": lambda params: samples.discard(service, params),
            "session.restore": lambda params: samples.restore(service, params),
        }
        self._jobs: dict[str, Callable[[Params], Job]] = {
            "pull": self._pull,
            "export": self._export,
            "convert": self._convert,
            "deploy": self._deploy,
            "rollback": self._rollback,
            "ship": self._ship,
            "rovers": self._rovers,
            "toolkit.install": lambda params: self.install_toolkit(),
        }
        self._toolkit = ToolkitView()
        self._toolkit_looked = 0.0

    async def do(self, name: str, params: Params, caller: Caller) -> dict[str, Any]:
        """Do an operation; jobs are started and named."""
        if name in self._now:
            text = self._now[name](params)
            return {"text": text} if text else {}
        if name in self._slow:
            return await asyncio.to_thread(self._slow[name], params)
        self._caller = caller
        try:
            return {"job": self._jobs[name](params).record.id}
        finally:
            self._caller = itself()

    def refusals(self) -> dict[str, str]:
        """Why operations cannot be done now; what can be done is missing or empty."""
        service = self._service
        said: dict[str, str] = {}
        config = service.config
        if config.source.kind == "none":
            said["capture.on"] = "No source of frames is set (source.kind in config.toml)."
        elif service.wanted.capture:
            said["capture.on"] = "Capture is on."
        if not service.wanted.capture:
            said["capture.off"] = "Capture is off."
        if config.source.kind == "replay":
            paused = service.wanted.parked
            said["drive.park" if paused else "drive.go"] = (
                "The replay is paused." if paused else "The replay runs."
            )
        elif config.source.kind != "simulated":
            said["drive.park"] = said["drive.go"] = "Only a simulated rover can be told to park."
        elif service.wanted.parked:
            said["drive.park"] = "The simulated rover is parked."
        else:
            said["drive.go"] = "The simulated rover is driving."
        said.update(samples.refusals(service))
        self._relay_refusals(said)
        self._server_refusals(said)
        self._model_refusals(said)
        self._toolkit_refusals(said)
        if not config.rovers:
            said["rovers"] = "No other rover is set ([[rovers]] in config.toml)."
        if service.runner.running() is None:
            said["cancel"] = "No job is running."
        return said

    def _relay_refusals(self, said: dict[str, str]) -> None:
        relay = self._service.relay
        if not relay.runs:
            said["relay.stop"] = "No relay is running."
        if not relay.needed:
            said["relay.start"] = "The configured source needs no relay (source.kind)."
        elif self._service.wanted.relay:
            said["relay.start"] = "The relay is wanted already."

    def _server_refusals(self, said: dict[str, str]) -> None:
        state, text = self._service.watch.state, self._service.watch.text
        if state == "unset":
            said["server.list"] = said["pull"] = said["ship"] = said["export"] = text
        elif state == "down":
            away = f"The V620 cannot be reached: {text}"
            said["pull"] = said["ship"] = said["export"] = away
        listing = self._service.watch.listing
        if listing and all(c.has_onnx or c.pt is None for c in listing.checkpoints):
            said.setdefault("export", "Every checkpoint on the V620 has its ONNX.")

    def _model_refusals(self, said: dict[str, str]) -> None:
        service = self._service
        views = service.models.views
        if not any(view.precision != "onnx" for view in views):
            said["deploy"] = "There is no converted model here."
        history = service.models.history
        if not service.models.live.previous and not any(not past.live for past in history):
            said["rollback"] = "No model was live before."
        if not any(not past.pinned for past in history):
            said["pin"] = "No kept model is left to pin."
        if not any(past.pinned for past in history):
            said["unpin"] = "No model is pinned."
        if not service.seen.count:
            said["server.seen"] = "Nothing is new on the V620."
        if not any(view.precision == "onnx" for view in views):
            said["convert"] = "There is no ONNX model here."
        running = service.runner.running("ship")
        if running:
            said["ship"] = f"Job {running.record.id} is shipping already."

    def _toolkit_refusals(self, said: dict[str, str]) -> None:
        view = self.toolkit_view()
        if view.state == "ready":
            said["toolkit.install"] = "rknn-toolkit2 is installed."
            return
        if view.state == "installing":
            said["toolkit.install"] = "rknn-toolkit2 is being installed."
            reason = "rknn-toolkit2 is still being installed."
        else:
            reason = "rknn-toolkit2 is not installed (T, or `rovertui toolkit install`)."
        for name in ("convert", "ship"):
            said.setdefault(name, reason)

    def toolkit_view(self) -> ToolkitView:
        """The toolkit's state; the disk is asked at most once a second."""
        job = self._service.runner.running("toolkit.install")
        if job is not None:
            stage = next((s for s in job.view().stages if s.state == "running"), None)
            name = {"prove": "proving by an import"}.get(stage.name, stage.name) if stage else ""
            text = f"installing rknn-toolkit2: {name} {job.record.text}".strip()
            return ToolkitView(state="installing", text=text, done=job.done, total=job.total)
        now = time.monotonic()
        if now - self._toolkit_looked > 1.0:
            self._toolkit_looked = now
            self._toolkit = toolkit.view(self._service.config.conversion.python)
        return self._toolkit

    def _capture_on(self, params: Params) -> None:
        service = self._service
        session = _text(params, "session") or time.strftime("%Y%m%d-%H%M%S")
        service.want(capture=True, session=session)
        service.recorder.child.send({"do": "capture", "on": True, "session": session})

    def _capture_off(self, params: Params) -> None:
        self._service.want(capture=False)
        self._service.recorder.child.send({"do": "capture", "on": False})

    def _park(self, parked: bool) -> None:
        self._service.want(parked=parked)
        self._service.recorder.child.send({"do": "park", "on": parked})

    def _relay(self, on: bool) -> None:
        self._service.want(relay=on)
        self._service.relay.look()

    def _cancel(self, params: Params) -> None:
        number = params.get("job")
        if number is None:
            job = self._service.runner.running()
            assert job is not None
            number = job.record.id
        if not isinstance(number, int):
            raise OperatorError(f"job: expected a number, found {number!r}.", code="protocol")
        self._service.runner.cancel(number)

    def _start(
        self,
        kind: str,
        title: str,
        params: Params,
        plan: list[str],
        needs: set[str],
        work: Callable[[Context], dict[str, Any]],
    ) -> Job:
        service, caller = self._service, self._caller

        def run(job: Job, reporter: Reporter) -> dict[str, Any]:
            def on_child(process: ProcessName | None) -> None:
                job.record.child = process
                job.save()

            context = Context(
                workspace=service.workspace,
                config=service.config,
                reporter=reporter,
                with_link=service.watch.with_link,
                motion=self._motion,
                on_child=on_child,
                job=str(job.record.id),
                link_to=lambda peer: Link(
                    server_of(peer, service.workspace.known_hosts), service.watch.ask
                ),
                ask=lambda text, choices: service.desk.ask(
                    "choice", text, choices=choices, stop=reporter.cancelled
                ),
            )
            try:
                if kind not in AUDITED:
                    return work(context)
                known = {"job": job.record.id, **_decisions(params), "motion": self._motion()}
                return service.audit.around(caller, kind, known, lambda: work(context))
            finally:
                service.loop.call_soon_threadsafe(service.models.look_soon)

        return service.runner.start(kind, title, params, plan, needs, run)

    def _motion(self) -> Motion:
        return self._service.recorder.motion

    def _pull(self, params: Params) -> Job:
        from rovertui.operations import pulling

        checkpoint = _text(params, "checkpoint")
        return self._start(
            "pull",
            f"pull {checkpoint or 'the newest checkpoint'}",
            params,
            pulling.STAGES,
            {_LINK},
            lambda context: pulling.pull_checkpoint(context, checkpoint),
        )

    def _export(self, params: Params) -> Job:
        from rovertui.operations import exporting

        checkpoint = _text(params, "checkpoint")
        if not checkpoint:
            raise OperatorError("Which checkpoint? Name one that has only its .pt.")

        def work(context: Context) -> dict[str, Any]:
            try:
                return exporting.export_checkpoint(context, checkpoint)
            finally:
                self._service.loop.call_soon_threadsafe(self._service.watch.look_soon)

        return self._start(
            "export", f"export {checkpoint}", params, exporting.STAGES, {_LINK}, work
        )

    def _convert(self, params: Params) -> Job:
        from rovertui.operations import converting

        model = _text(params, "model")
        precision = _text(params, "precision")
        if not model:
            raise OperatorError("Which model? Name one of models/.", hint="`rovertui models`")
        if _flag(params, "deploy"):
            return self._convert_and_deploy(model, precision, params)
        return self._start(
            "convert",
            f"convert {model.rpartition('/')[2]} {precision}".strip(),
            params,
            converting.STAGES,
            {_TOOLKIT},
            lambda context: converting.convert_model(
                context,
                model,
                precision,
                output=_text(params, "output"),
                samples=_text(params, "calibration_dir"),
                link=_flag(params, "link"),
            ),
        )

    def _convert_and_deploy(self, model: str, precision: str, params: Params) -> Job:
        from rovertui.operations import shipping

        return self._start(
            "convert",
            f"convert {model.rpartition('/')[2]} {precision}".strip() + " and deploy it",
            params,
            shipping.STAGES[1:],
            {_TOOLKIT, _LIVE},
            lambda context: shipping.convert_and_deploy(
                context,
                model,
                precision,
                samples=_text(params, "calibration_dir"),
                link=_flag(params, "link"),
            ),
        )

    def _deploy(self, params: Params) -> Job:
        from rovertui.operations import deploying

        model = _text(params, "model") or deploying.newest_passing(self._service.models.views)
        to = _text(params, "to")
        if to:
            return self._deploy_to(params, to, model)
        return self._start(
            "deploy",
            f"deploy {model}",
            params,
            deploying.STAGES,
            {_LIVE},
            lambda context: deploying.deploy_model(
                context,
                model,
                force=_flag(params, "force"),
                accept_motion=_flag(params, "accept_motion"),
            ),
        )

    def _deploy_to(self, params: Params, to: str, model: str) -> Job:
        from rovertui.operations import rovers

        rovers.peer_of(self._service.config, to)

        def work(context: Context) -> dict[str, Any]:
            done = rovers.deploy_to(
                context,
                to,
                model,
                force=_flag(params, "force"),
                accept_motion=_flag(params, "accept_motion"),
            )
            self._looked(rovers.look_at(context))
            return done

        return self._start("deploy", f"deploy {model} to {to}", params, rovers.STAGES, {to}, work)

    def _looked(self, found: dict[str, Any]) -> None:
        self._service.rovers = msgspec.convert(found["rovers"], list[RoverView])

    def _rovers(self, params: Params) -> Job:
        from rovertui.operations import rovers

        def work(context: Context) -> dict[str, Any]:
            found = rovers.look_at(context)
            self._looked(found)
            return found

        return self._start(
            "rovers", "look at the other rovers", params, rovers.LOOK_STAGES, set(), work
        )

    def _rollback(self, params: Params) -> Job:
        from rovertui.operations import deploying

        wanted = _text(params, "to")
        if not wanted and not self._service.models.live.previous:
            raise OperatorError(
                "No model was live before.", hint="`rovertui history` lists others."
            )
        return self._start(
            "rollback",
            f"roll back to {wanted or self._service.models.live.previous}",
            params,
            deploying.STAGES,
            {_LIVE},
            lambda context: deploying.roll_back(
                context, wanted, accept_motion=_flag(params, "accept_motion")
            ),
        )

    def _pin(self, params: Params, pinned: bool) -> str:
        wanted = _text(params, "model")
        if not wanted:
            raise OperatorError("Which model? Name a kept one.", hint="`rovertui history`")
        return self._service.models.pin(wanted, pinned)

    def _ship(self, params: Params) -> Job:
        from rovertui.operations import rovers, shipping

        checkpoint, to = _text(params, "checkpoint"), _text(params, "to")
        if to:
            rovers.peer_of(self._service.config, to)
        rover = to or self._service.config.rover.name
        return self._start(
            "ship",
            f"ship {checkpoint or 'the newest checkpoint'} to {rover}",
            params,
            shipping.STAGES_TO if to else shipping.STAGES,
            {_LINK, _TOOLKIT, _LIVE},
            lambda context: shipping.ship(
                context,
                checkpoint,
                _text(params, "precision"),
                to=to,
                force=_flag(params, "force"),
                accept_motion=_flag(params, "accept_motion"),
            ),
        )

    def install_toolkit(self) -> Job:
        """Make the toolkit's environment, as a job."""

        def work(context: Context) -> dict[str, Any]:
            found = toolkit.install(context.reporter)
            return {"text": "rknn-toolkit2 is installed.", "python": str(found)}

        return self._start(
            "toolkit.install", "install rknn-toolkit2", {}, toolkit.STAGES, {"install"}, work
        )


def _decisions(params: Params) -> dict[str, Any]:
    """What was asked for, as the audit log tells it."""
    names = {"force": "forced_asked", "accept_motion": "motion_accepted"}
    return {names.get(key, key): value for key, value in params.items() if value}


def _text(params: Params, name: str) -> str:
    value = params.get(name) or ""
    if not isinstance(value, str) or "\0" in value:
        raise OperatorError(f"{name}: expected text, found {value!r}.", code="protocol")
    return value


def _flag(params: Params, name: str) -> bool:
    value = params.get(name) or False
    if not isinstance(value, bool):
        raise OperatorError(f"{name}: expected true or false, found {value!r}.", code="protocol")
    return value

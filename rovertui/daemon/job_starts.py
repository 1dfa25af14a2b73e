"""Operations that run as jobs: what each needs for itself, its stages, its work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from rovertui.audit import Caller, itself
from rovertui.called import called
from rovertui.daemon.holder import Holder, Params, flag_of, text_of
from rovertui.errors import OperatorError
from rovertui.jobs import Job
from rovertui.operations import toolkit
from rovertui.operations.context import Context, Motion, server_of
from rovertui.processes import ProcessName
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.snapshot import RoverView

_LINK, _TOOLKIT, _LIVE, _NPU = "link", "toolkit", "live", "npu"

AUDITED = ("deploy", "rollback", "ship", "toolkit.install")
"""Operations whose asking and end are lines of the audit log."""


class JobStarts:
    """Starts jobs for whoever asks."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._caller = itself()
        self._starts: dict[str, Callable[[Params], Job]] = {
            "pull": self._pull,
            "export": self._export,
            "convert": self._convert,
            "layers": self._layers,
            "npu": self._npu,
            "deploy": self._deploy,
            "rollback": self._rollback,
            "ship": self._ship,
            "rovers": self._rovers,
            "dataset.import": self._fetch_set,
            "toolkit.install": lambda params: self.install_toolkit(),
        }

    def start(self, name: str, params: Params, caller: Caller) -> Job:
        """Start the job of an operation; OperatorError when its parameters are off."""
        self._caller = caller
        try:
            return self._starts[name](params)
        finally:
            self._caller = itself()

    def _start(
        self,
        kind: str,
        title: str,
        params: Params,
        plan: list[str],
        needs: set[str],
        work: Callable[[Context], dict[str, Any]],
    ) -> Job:
        holder, caller = self._holder, self._caller

        def run(job: Job, reporter: Reporter) -> dict[str, Any]:
            def on_child(process: ProcessName | None) -> None:
                job.record.child = process
                job.save()

            context = Context(
                workspace=holder.workspace,
                config=holder.config,
                reporter=reporter,
                with_link=holder.watch.with_link,
                motion=self._motion,
                on_child=on_child,
                job=str(job.record.id),
                took=holder.took,
                server_link=holder.watch.own_link,
                link_to=lambda peer: Link(
                    server_of(peer, holder.workspace.known_hosts), holder.watch.ask
                ),
                ask=lambda text, choices: holder.desk.ask(
                    "choice", text, choices=choices, stop=reporter.cancelled
                ),
            )
            try:
                if kind not in AUDITED and not flag_of(params, "deploy"):
                    return work(context)
                known = {"job": job.record.id, **_decisions(params), "motion": self._motion()}
                return holder.audit.around(caller, kind, known, lambda: work(context))
            finally:
                holder.loop.call_soon_threadsafe(holder.models.look_soon)

        return holder.runner.start(kind, title, params, plan, needs, run)

    def _motion(self) -> Motion:
        return self._holder.recorder.motion

    def _pull(self, params: Params) -> Job:
        from rovertui.operations import pulling

        checkpoint = text_of(params, "checkpoint")
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

        checkpoint = text_of(params, "checkpoint")
        if not checkpoint:
            raise OperatorError("Which checkpoint? Name one that has only its .pt.")

        def work(context: Context) -> dict[str, Any]:
            try:
                return exporting.export_checkpoint(context, checkpoint)
            finally:
                self._holder.loop.call_soon_threadsafe(self._holder.watch.look_soon)

        return self._start(
            "export", f"export {checkpoint}", params, exporting.STAGES, {_LINK}, work
        )

    def _convert(self, params: Params) -> Job:
        from rovertui.operations import converting

        model = text_of(params, "model")
        precision = text_of(params, "precision")
        if not model:
            raise OperatorError("Which model? Name one of models/.", hint=f"`{called()} models`")
        if flag_of(params, "deploy"):
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
                output=text_of(params, "output"),
                samples=text_of(params, "calibration_dir"),
                link=flag_of(params, "link"),
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
                samples=text_of(params, "calibration_dir"),
                link=flag_of(params, "link"),
                unattended=flag_of(params, "unattended"),
            ),
        )

    def _layers(self, params: Params) -> Job:
        from rovertui.operations import converting

        model, precision = text_of(params, "model"), text_of(params, "precision")
        if not model:
            raise OperatorError("Which model? Name one of models/.", hint=f"`{called()} models`")
        return self._start(
            "layers",
            f"error by layer of {model} {precision}".strip(),
            params,
            converting.LAYER_STAGES,
            {_TOOLKIT},
            lambda context: converting.layers_of(context, model, precision),
        )

    def _npu(self, params: Params) -> Job:
        from rovertui.operations import npu

        model = text_of(params, "model") or self._holder.models.live.name
        if not model:
            raise OperatorError("Which model? Name a converted one.", hint=f"`{called()} models`")
        return self._start(
            "npu",
            f"check {model} on the NPU",
            params,
            npu.STAGES,
            {_NPU},
            lambda context: npu.check_model(context, model),
        )

    def _deploy(self, params: Params) -> Job:
        from rovertui.operations import deploying

        model = text_of(params, "model") or deploying.newest_passing(self._holder.models.views)
        to = text_of(params, "to")
        if to:
            return self._deploy_to(params, to, model)
        return self._start(
            "deploy",
            f"deploy {model}",
            params,
            deploying.STAGES,
            {_LIVE},
            lambda context: deploying.ready_at_worst(
                lambda: deploying.deploy_model(
                    context,
                    model,
                    force=flag_of(params, "force"),
                    accept_motion=flag_of(params, "accept_motion"),
                )
            ),
        )

    def _deploy_to(self, params: Params, to: str, model: str) -> Job:
        from rovertui.operations import deploying, rovers

        rovers.peer_of(self._holder.config, to)

        def work(context: Context) -> dict[str, Any]:
            with self._then_looked_at(context, to):
                done = deploying.ready_at_worst(
                    lambda: rovers.deploy_to(
                        context,
                        to,
                        model,
                        force=flag_of(params, "force"),
                        accept_motion=flag_of(params, "accept_motion"),
                    )
                )
                return {**done, "rover": to}

        return self._start("deploy", f"deploy {model} to {to}", params, rovers.STAGES, {to}, work)

    def _rollback(self, params: Params) -> Job:
        from rovertui.operations import deploying

        wanted = text_of(params, "to")
        if not wanted and not self._holder.models.live.previous:
            raise OperatorError(
                "No model was live before.", hint=f"`{called()} history` lists others."
            )
        return self._start(
            "rollback",
            f"roll back to {wanted or self._holder.models.live.previous}",
            params,
            deploying.STAGES,
            {_LIVE},
            lambda context: deploying.ready_at_worst(
                lambda: deploying.roll_back(
                    context, wanted, accept_motion=flag_of(params, "accept_motion")
                )
            ),
        )

    def _ship(self, params: Params) -> Job:
        from rovertui.operations import rovers, shipping

        checkpoint, to = text_of(params, "checkpoint"), text_of(params, "to")
        if to:
            rovers.peer_of(self._holder.config, to)
        rover = to or self._holder.config.rover.name
        asks = flag_of(params, "unless_live") and not checkpoint and not to

        def work(context: Context) -> dict[str, Any]:
            with self._then_looked_at(context, to):
                return shipping.ship(
                    context,
                    checkpoint,
                    text_of(params, "precision"),
                    to=to,
                    force=flag_of(params, "force"),
                    accept_motion=flag_of(params, "accept_motion"),
                    live=self._holder.models.live_checkpoint if asks else "",
                )

        return self._start(
            "ship",
            f"ship {checkpoint or 'the newest checkpoint'} to {rover}",
            params,
            shipping.STAGES_TO if to else shipping.STAGES,
            {_LINK, _TOOLKIT, _LIVE},
            work,
        )

    def _rovers(self, params: Params) -> Job:
        from rovertui.operations import rovers

        def work(context: Context) -> dict[str, Any]:
            found = rovers.look_at(context)
            self._looked(found)
            return found

        return self._start(
            "rovers", "look at the other rovers", params, rovers.LOOK_STAGES, set(), work
        )

    def _fetch_set(self, params: Params) -> Job:
        from rovertui.operations import fetching, rovers

        wanted = text_of(params, "from")
        rover, _ = fetching.split(wanted)
        rovers.peer_of(self._holder.config, rover)
        return self._start(
            "dataset.import",
            f"import the samples of {wanted}",
            params,
            fetching.STAGES,
            {"set"},
            lambda context: fetching.fetch_set(context, wanted),
        )

    def install_toolkit(self) -> Job:
        """Make the toolkit's environment, as a job."""

        def work(context: Context) -> dict[str, Any]:
            found = toolkit.install(context.reporter)
            return {"text": "rknn-toolkit2 is installed.", "python": str(found)}

        return self._start(
            "toolkit.install", "install rknn-toolkit2", {}, toolkit.STAGES, {"install"}, work
        )

    @contextlib.contextmanager
    def _then_looked_at(self, context: Context, rover: str) -> Iterator[None]:
        """However a deployment on another rover ends, the table shows what runs there then."""
        from rovertui.operations import rovers

        try:
            yield
        finally:
            if rover and not context.reporter.cancelled.is_set():
                view = rovers.view_of(context, rovers.peer_of(context.config, rover))
                known = self._holder.rovers
                self._holder.rovers = [view if old.name == rover else old for old in known]

    def _looked(self, found: dict[str, Any]) -> None:
        self._holder.rovers = msgspec.convert(found["rovers"], list[RoverView])


def _decisions(params: Params) -> dict[str, Any]:
    """What was asked for, as the audit log tells it."""
    names = {"force": "forced_asked", "accept_motion": "motion_accepted"}
    return {names.get(key, key): value for key, value in params.items() if value}

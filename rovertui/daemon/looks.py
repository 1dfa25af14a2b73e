"""Looks that take a moment and change nothing: report, samples, check before converting, feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rovertui.config import Config
from rovertui.daemon.holder import text_of, whole_of
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.workspace import Workspace

if TYPE_CHECKING:
    from rovertui.calibration.listing import Listing


class Looks:
    """The looks of one workspace; what they need is imported when it is first asked for."""

    def __init__(self, workspace: Workspace, config: Config) -> None:
        self._workspace = workspace
        self._config = config
        self._listing: Listing | None = None

    def look(self, params: dict[str, Any]) -> dict[str, Any]:
        """One look; blocks for up to some seconds.

        Args:
            params: ``what`` (``report``, ``doctor``, ``check``, ``feed``, ``samples`` or
                ``picture``); ``model`` for report, check and feed, ``precision`` for check; for
                samples those of :meth:`rovertui.calibration.listing.Listing.page`; for a picture
                ``where``, ``name``, and ``width`` and ``height`` in pixels.

        Returns:
            The plain data that the command prints with ``--json``, and ``lines``, the same for a
            person; a page of samples has no lines.

        Raises:
            OperatorError: there is no such look, or no such model.
        """
        workspace, config = self._workspace, self._config
        what, model = params.get("what"), text_of(params, "model")
        if what == "report":
            from rovertui.conversion import summary
            from rovertui.operations import reporting

            found = reporting.report(workspace, config, (model,) if model else ())
            for row in found["models"]:
                row["details"] = summary.details(row)
            return {**found, "lines": reporting.lines(found)}
        if what == "doctor":
            from rovertui.operations import doctor

            findings = doctor.examine(workspace)
            return {
                "findings": [msgspec.to_builtins(finding) for finding in findings],
                "lines": doctor.lines(findings),
            }
        if what == "check":
            from rovertui.operations import checking

            precision = text_of(params, "precision")
            found, lines = checking.check_report(workspace, config, model, precision)
            return {**found, "lines": lines}
        if what == "feed":
            from rovertui.conversion import feeding
            from rovertui.operations import reporting

            name, sheet = reporting.model_sheet(workspace, config, model)
            return {
                "model": name,
                "inputs": [msgspec.to_builtins(given) for given in sheet.inputs],
                "lines": feeding.python(sheet, name).splitlines(),
            }
        if what == "samples":
            return self._samples(params)
        if what == "picture":
            return self._picture(params)
        raise OperatorError(f"There is no look {clean(str(what), 60)!r}.", code="protocol")

    def _picture(self, params: dict[str, Any]) -> dict[str, Any]:
        """Of a stored sample, as :class:`rovertui.snapshot.PictureView`."""
        from rovertui.calibration import trash
        from rovertui.calibration.picture import pictures
        from rovertui.calibration.sample import BadSample, read

        config, name = self._config, text_of(params, "name")
        in_trash = text_of(params, "where") == "trash"
        directory = trash.place(self._workspace.kept) if in_trash else None
        directory = (directory or self._workspace.samples(config)).resolve()
        path = (directory / name).resolve()
        if not path.is_relative_to(directory) or path.suffix != ".npz":
            raise OperatorError(f"{clean(name, 80)}: there is no such sample.", code="protocol")
        try:
            arrays, stamp = read(path)
        except BadSample as error:
            raise OperatorError(f"{clean(name, 80)}: {error.problem.sentence}.") from None
        schema = config.schemas.get(stamp.schema if stamp else "", config.schema)
        width, height = (whole_of(params, side) for side in ("width", "height"))
        made = pictures(arrays, schema, width, height)
        if not made:
            raise OperatorError(f"{clean(name, 80)}: there is no picture in it.")
        return {"pictures": msgspec.to_builtins(made), "age": None}

    def _samples(self, params: dict[str, Any]) -> dict[str, Any]:
        from rovertui.calibration.listing import PLACES, Listing

        where = text_of(params, "where") or PLACES[0]
        if where not in PLACES:
            raise OperatorError(f"where: expected one of {', '.join(PLACES)}.", code="protocol")
        if self._listing is None:
            directory = self._workspace.samples(self._config)
            self._listing = Listing(directory, self._config, self._workspace.kept)
        return self._listing.page(
            where,
            text_of(params, "words"),
            text_of(params, "name"),
            whole_of(params, "start"),
            whole_of(params, "count") or 100,
        )

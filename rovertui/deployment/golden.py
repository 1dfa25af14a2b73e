"""The frames for a test of the node that belong to a model and go where it goes."""

from __future__ import annotations

from pathlib import Path

from rovertui.conversion.naming import golden_path
from rovertui.deployment.checks import Candidate
from rovertui.files import sha256_of
from rovertui.text import clean


def golden_of(candidate: Candidate) -> tuple[Path | None, str]:
    """The frames for a test of the node that belong to a model, or why there are none to send."""
    assert candidate.sheet is not None
    promised = candidate.sheet.golden
    if promised is None:
        return None, "it was converted without frames for checking"
    path = golden_path(candidate.rknn)
    try:
        found = sha256_of(path)
    except OSError as error:
        return None, f"{clean(path.name)} cannot be read: {error.strerror}"
    return (path, "") if found == promised.sha256 else (None, f"{clean(path.name)} was changed")

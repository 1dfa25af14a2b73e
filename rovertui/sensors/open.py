"""From ``[source] kind`` to a source, without knowing every kind of source here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.sensors.frame import Source

Factory = Callable[[Config], Source]


def open_source(config: Config, factories: Mapping[str, Factory]) -> Source:
    """Open the configured source.

    Args:
        factories: how to open each kind; called only for the one that is configured, so that a
            factory may import what others do not have.

    Raises:
        OperatorError: no source is configured, or it cannot be opened.
    """
    kind = config.source.kind
    factory = factories.get(kind)
    if factory is None:
        raise OperatorError(
            f'config.toml: source.kind is "{kind}": there are no frames to record.',
            hint=f"Set it to one of: {', '.join(sorted(factories))}.",
        )
    return factory(config)

"""How the node must feed a model, as rows: a line an input, then the function that does it.

``found`` is what the look ``feed`` of the daemon returns.
"""

from __future__ import annotations

from typing import Any

from rovertui.text import clean
from widgets.rows import Row, fit


def rows(found: dict[str, Any]) -> list[Row]:
    """Code is never wrapped: what is copied must run."""
    out: list[Row] = [
        [(" FEED ", "title"), (clean(str(found.get("model", ""))), "strong")],
        [
            (fit("    input", 14), "dim"),
            (fit("from", 12), "dim"),
            (fit("what is done", 16), "dim"),
            (fit("to inference()", 26), "dim"),
            ("data_format", "dim"),
        ],
    ]
    for index, given in enumerate(found.get("inputs") or []):
        shape = ",".join(str(length) for length in given.get("shape") or [])
        scale = float(given.get("feed_scale", 1.0))
        done = "as it is" if scale == 1 else f"times {scale:.6g}"
        out.append(
            [
                (f"  {index + 1} ", "title"),
                (fit(clean(str(given.get("name", ""))), 10), "strong"),
                (fit(clean(str(given.get("array", ""))), 12), ""),
                (fit(done, 16), ""),
                (fit(f"{clean(str(given.get('dtype', '')))} {shape}", 26), ""),
                (clean(str(given.get("data_format", ""))), ""),
            ]
        )
    out += [
        [],
        [(" In numpy, for the node; y copies all of it:", "dim")],
        [],
    ]
    out += [[(clean(str(line)), "")] for line in found.get("lines") or []]
    return out

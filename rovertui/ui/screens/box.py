"""What the boxes over a screen share: their size and the keys that move in them."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

MOVING: list[BindingType] = [
    Binding("j,down", "move(1)", show=False),
    Binding("k,up", "move(-1)", show=False),
    Binding("g,home", "move(-9999)", show=False),
    Binding("G,end", "move(9999)", show=False),
    Binding("space,pagedown", "move(10)", show=False),
    Binding("pageup", "move(-10)", show=False),
]


def mark_small(screen: ModalScreen[Any]) -> None:
    """Where rows are few, boxes go without a frame."""
    screen.set_class(screen.app.size.height < 16, "small")


def box_width(screen: ModalScreen[Any]) -> int:
    return max(10, min(screen.app.size.width - 4, 66))


def fit_box(screen: ModalScreen[Any], rows: int) -> None:
    """Make the box as high as its rows, with its frame, and no higher than the terminal."""
    mark_small(screen)
    size = screen.app.size
    edge = 0 if screen.has_class("small") else 2
    box = screen.query_one("#box")
    box.styles.width = min(box_width(screen) + 2 + edge, size.width)
    box.styles.height = max(3, min(rows + edge, size.height))

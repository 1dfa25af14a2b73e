"""What only a person can decide about a schema's inputs, asked once and kept with who and when.

``.rovertui/decisions.json``: schema -> key -> answer. ``INPUT.net_scale`` holds the scale that
stands in for ``"ask"`` in ``config.toml``; ``INPUT.large``, ``.small`` and ``.narrow`` say that a
range which looked wrong is right, ``.metadata`` that the configuration is and not the model,
``.meaning`` that the numbers of unstamped files are what the schema says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rovertui.conversion.ranges import Doubt
from rovertui.errors import OperatorError
from rovertui.files import write_whole
from rovertui.reading import Damaged, json_file
from rovertui.schema import Schema
from rovertui.text import clean

RIGHT = "right"
_RIGHT_WORDS, _WRONG_WORDS = "It is right: go on", "It is wrong: stop"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: its value, who gave it, when (seconds since 1970), and to what."""

    value: str
    who: str
    when: float
    question: str

    @property
    def text(self) -> str:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.when))
        return f"{clean(self.value, 60)}, decided by {clean(self.who, 60)} on {day}"


Decisions = dict[str, dict[str, Decision]]


@dataclass(frozen=True)
class Question:
    """Attributes:
    key: what it is about, ``INPUT.WHAT``.
    choices: words to choose from, and the value that each stands for; "" stops.
    """

    key: str
    text: str
    choices: tuple[tuple[str, str], ...]

    @property
    def words(self) -> list[str]:
        return [words for words, _ in self.choices]

    def value(self, answer: str | None) -> str:
        """The value of an answer in words, or given as the value itself; "" for any other."""
        for words, value in self.choices:
            if answer is not None and answer.strip() in (words, value) and value:
                return value
        return ""


def load(path: Path) -> Decisions:
    """Every decision so far.

    Raises:
        OperatorError: the file cannot be read as that.
    """
    try:
        return json_file(path, Decisions)
    except FileNotFoundError:
        return {}
    except (OSError, Damaged) as error:
        raise OperatorError(
            f"{clean(str(path))}: cannot be read: {clean(str(error), 200)}.",
            hint="Remove it: the questions will be asked again.",
            code="decisions",
        ) from None


def record(path: Path, schema: str, question: Question, value: str, who: str) -> Decision:
    """Keep an answer; earlier ones to other questions stay."""
    decisions = load(path)
    made = Decision(value=value, who=who, when=time.time(), question=question.text)
    decisions.setdefault(schema, {})[question.key] = made
    write_whole(path, msgspec.json.format(msgspec.json.encode(decisions), indent=2) + b"\n")
    return made


def apply(schema: Schema, decided: Mapping[str, Decision]) -> Schema:
    """The schema with every ``"ask"`` that was answered replaced; the configuration goes first."""
    inputs = {
        name: msgspec.structs.replace(given, net_scale=decided[f"{name}.net_scale"].value)
        if given.net_scale == "ask" and f"{name}.net_scale" in decided
        else given
        for name, given in schema.inputs.items()
    }
    return msgspec.structs.replace(schema, inputs=inputs)


def about_scale(entry: str, schema: Schema, said: str = "") -> Question:
    """What training fed to an input, where the configuration says ``"ask"``.

    Args:
        said: what the model itself says about it.
    """
    given = schema.inputs[entry]
    unit = schema.arrays[given.array].unit
    stored = f"values as stored{f', in {unit}' if unit else ''} (x 1)"
    choices = [(stored, "1")]
    if given.feed_scale.replace(" ", "") != "1":
        choices.append((f"what the node feeds (stored x {given.feed_scale})", given.feed_scale))
    return Question(
        f"{entry}.net_scale",
        f"Input {entry}: what was the network trained on? The node feeds stored x "
        f"{given.feed_scale}; the trainer may have fed something else"
        f"{f', and the model itself says {clean(said, 60)}' if said else ''}. A wrong answer makes "
        "a model that acts wrongly.",
        (*choices, ("I do not know: stop", "")),
    )


def about_doubt(entry: str, doubt: Doubt) -> Question:
    """A range that looks wrong."""
    return Question(
        f"{entry}.{doubt.kind}", doubt.text, ((_RIGHT_WORDS, RIGHT), (_WRONG_WORDS, ""))
    )

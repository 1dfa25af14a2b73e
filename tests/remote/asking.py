"""Somebody who answers, and what is read of a refusal and of a host's key."""

from __future__ import annotations

import subprocess

import pytest

from rovertui.errors import OperatorError
from rovertui.remote.questions import Question

from .sshd import Sshd


class Operator:
    """Answers questions with what it was told to say, and remembers them."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0)


def refusal(link) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        link.connect()
    assert caught.value.message.endswith(".") or caught.value.code == "changed-key"
    assert not link.connected
    return caught.value


def host_print(sshd: Sshd) -> str:
    text = subprocess.run(
        ["ssh-keygen", "-lf", f"{sshd.host_key}.pub"], capture_output=True, text=True, check=True
    )
    return text.stdout.split()[1]

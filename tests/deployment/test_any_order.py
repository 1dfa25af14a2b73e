"""Whatever is done, in whatever order: link and sheet agree, or it is said that they do not."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rovertui.deployment import activate
from rovertui.deployment.inventory import Inventory
from rovertui.errors import OperatorError

from .parts import agreement, place_in, put_model, rknn_bytes, saying, sha256

NAMES = st.sampled_from(["a", "b", "c"])
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Rover(RuleBasedStateMachine):
    """Operators deploy, roll back and convert; other people's scripts do what they do."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rovertui-", dir=MEMORY))
        self.place = place_in(self.root)
        self.models = self.place.models
        self.link = self.models / "remote_trained.rknn"
        self.inventory = Inventory(self.models, "remote_trained.rknn")
        self.serial = 0
        self.touched = False
        self.foreign: set[str] = set()
        for name in "abc":
            put_model(self.models, name)

    def teardown(self) -> None:
        if hasattr(self, "root"):
            shutil.rmtree(self.root)

    def unlike(self) -> str:
        self.serial += 1
        return f"number {self.serial}"

    @rule(name=NAMES)
    def deploy(self, name: str) -> None:
        try:
            activate.deploy(self.place, f"{name}_int8", motion="still")
        except OperatorError as error:
            assert "belongs to another file" in error.message
            return
        self.touched = False
        assert agreement(self.models)[0] == sha256(self.models / f"{name}_int8.rknn")

    @rule(name=NAMES)
    def deploy_refused(self, name: str) -> None:
        place = place_in(self.root, reload_command=saying("success=False"))
        before = agreement(self.models)[0]
        try:
            activate.deploy(place, f"{name}_int8", motion="still")
        except OperatorError as error:
            if error.code == "node":
                self.touched = False
            assert agreement(self.models)[0] == before
        else:
            raise AssertionError("a refusal went through")

    @rule()
    def roll_back(self) -> None:
        before = agreement(self.models)
        try:
            activate.rollback(self.place, motion="still")
        except OperatorError:
            assert agreement(self.models) == before
            return
        self.touched = False

    @rule(name=NAMES)
    def convert_again(self, name: str) -> None:
        before = agreement(self.models)
        put_model(self.models, name, words=self.unlike())
        if not self.touched:
            assert agreement(self.models) == before

    @rule(name=NAMES)
    def todays_script_converts(self, name: str) -> None:
        """Writes over the model in place, leaves the sheet alone, and sets the link."""
        path = self.models / f"{name}_int8.rknn"
        path.write_bytes(rknn_bytes(self.unlike()))
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(path.name)
        self.touched = True

    @rule()
    def somebody_copies_a_model_there(self) -> None:
        data = rknn_bytes(self.unlike())
        self.link.unlink(missing_ok=True)
        self.link.write_bytes(data)
        self.touched = True

    @rule()
    def somebody_removes_the_link(self) -> None:
        self.link.unlink(missing_ok=True)
        self.touched = True

    @precondition(lambda self: self.models.joinpath("remote_trained.json").is_symlink())
    @rule()
    def somebody_writes_a_sheet(self) -> None:
        sheet = self.models / "remote_trained.json"
        sheet.unlink()
        sheet.write_text('{"rknn_sha256": "0"}')
        self.touched = True

    @invariant()
    def they_agree_or_it_is_said(self) -> None:
        if not hasattr(self, "root"):
            return
        found, bound = agreement(self.models)
        live = self.inventory.live_view()
        if not found:
            assert live.state == "none"
        elif bound != found:
            assert live.state == "not ours", live
        if not self.touched and found:
            assert bound in (found, "")
        assert not self.place.journal.exists()
        assert not self.place.switch.shelf.damaged()
        marked = {view.name for view in self.inventory.models() if view.live}
        same = {p.stem for p in self.models.glob("*_int8.rknn") if sha256(p) == found}
        assert marked == same


Rover.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnyOrder = Rover.TestCase

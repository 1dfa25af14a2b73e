"""Deployments happen in memory here."""

from __future__ import annotations

from tests.in_memory import tmp_path

__all__ = ["tmp_path"]

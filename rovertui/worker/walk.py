"""Everything in an ONNX model, wherever it hides: graphs inside graphs, their nodes, tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def graphs(graph: Any) -> Iterable[Any]:
    """A graph, and those inside its nodes."""
    yield graph
    for node in graph.node:
        for inner in _inside(node):
            yield from graphs(inner)


def nodes(graph: Any) -> Iterable[Any]:
    """The nodes of a graph or of a function, and of the graphs inside it."""
    for node in graph.node:
        yield node
        for inner in _inside(node):
            yield from nodes(inner)


def tensors(model: Any) -> Iterable[Any]:
    """Every tensor of a model."""
    for graph in graphs(model.graph):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in (node for holder in (model.graph, *model.functions) for node in nodes(holder)):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _inside(node: Any) -> Iterable[Any]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs

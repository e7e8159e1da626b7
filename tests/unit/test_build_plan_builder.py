"""The plan builder: promises, streams, stages."""

from __future__ import annotations

import pytest

from simulator.errors import PlanError
from simulator.plan import draws
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import Fifo, Link, Sink


def test_indices_are_positions() -> None:
    builder = PlanBuilder()
    assert [builder.add(Sink(name)) for name in "ab"] == [0, 1]
    assert builder.add(Link("wire")) == 0
    plan = builder.finish("p")
    assert [sink.name for sink in plan.sinks] == ["a", "b"]


def test_a_promise_is_kept_in_its_place() -> None:
    builder = PlanBuilder()
    first = builder.promise(Fifo)
    builder.add(Fifo("second", 1))
    builder.keep(first, Fifo("first", 1))
    assert [fifo.name for fifo in builder.finish("p").fifos] == ["first", "second"]


def test_a_broken_promise_is_an_error() -> None:
    builder = PlanBuilder()
    builder.promise(Fifo)
    with pytest.raises(PlanError, match="Fifo 0 was promised and never brought"):
        builder.finish("p")


def test_an_entity_is_brought_once() -> None:
    builder = PlanBuilder()
    index = builder.promise(Fifo)
    builder.keep(index, Fifo("a", 1))
    with pytest.raises(PlanError, match="brought twice"):
        builder.keep(index, Fifo("b", 1))


def test_change_replaces_fields() -> None:
    builder = PlanBuilder()
    index = builder.add(Fifo("a", 1))
    builder.change(Fifo, index, capacity=7)
    assert builder.get(Fifo, index) == Fifo("a", 7)


def test_a_stream_name_means_one_stream() -> None:
    builder = PlanBuilder()
    assert builder.stream(None) == -1
    assert builder.stream(draws.constant("x", 1)) == builder.stream(draws.constant("x", 1)) == 0
    with pytest.raises(PlanError, match="two different streams"):
        builder.stream(draws.constant("x", 2))


def test_stages_are_made_once() -> None:
    builder = PlanBuilder()
    assert [builder.stage(name) for name in ("wire", "NIC", "wire")] == [0, 1, 0]
    assert builder.finish("p").stages == ("wire", "NIC")

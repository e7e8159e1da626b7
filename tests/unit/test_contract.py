"""The contract: the sum of its terms is the simulated latency of one packet, for every path and interrupt mode."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.contract import formula, formula_text, latency_terms
from simulator.costs import host, nic
from simulator.datapaths import DATAPATHS, datapath
from simulator.engines.reference import ReferenceEngine
from simulator.explain import one_packet, steps_of
from simulator.parts.settings import port_settings

CASES = [(path.name, mode) for path in DATAPATHS.values() for mode in path.modes]
MACHINES = [
    ("textbook", "textbook-nic", "poll", 0),
    ("modern", "e810", "default", 40_000_000),
    ("modern", "connectx-6", "c1", 1_234_567_890_123),
    ("haswell-2015", "x710", "latency-performance", 50_000_000_001),
]


@pytest.mark.parametrize(("name", "mode"), CASES)
@pytest.mark.parametrize(("model", "adapter", "idle", "after_ps"), MACHINES)
def test_the_sum_is_the_simulated_latency(
    name: str, mode: str, model: str, adapter: str, idle: str, after_ps: int
) -> None:
    chosen, path = host(model), datapath(name)
    has = chosen.capabilities
    if {"posted": not has.has_posted_interrupts, "apicv": not has.has_apicv}.get(mode):
        pytest.skip(f"{model} has no {mode}")
    machine = one_packet(path, mode, chosen, port_settings(nic(adapter)), idle, after_ps)
    plan = machine.builder.finish("one")
    engine = ReferenceEngine(plan, 1)
    engine.run(after_ps + 10**12)
    terms = [amount for _, amount in latency_terms(machine, plan, path.steps(mode), mode, idle, after_ps)]
    assert sum(terms) == engine.trace().counters["guest.sink.sum_ps"]


MAPPED = [
    *((path, "native", iommu, "off") for path in ("native", "container") for iommu in ("lazy", "strict")),
    ("vhost-net", "apicv", "strict", "off"),
    ("emulated-e1000", "legacy", "strict", "off"),
    *(("sriov-vf", "apicv", "passthrough", word) for word in ("lazy", "strict", "nested lazy", "nested strict")),
]


@pytest.mark.parametrize(("name", "mode", "iommu", "viommu"), MAPPED)
@pytest.mark.parametrize(("model", "adapter", "idle", "after_ps"), MACHINES[:3])
def test_the_sum_with_mapped_packets_is_the_simulated_latency(
    name: str, mode: str, iommu: str, viommu: str, model: str, adapter: str, idle: str, after_ps: int
) -> None:
    path, mapped = datapath(name), {"iommu": iommu, "viommu": viommu}
    machine = one_packet(path, mode, host(model), port_settings(nic(adapter)), idle, after_ps, **mapped)
    plan = machine.builder.finish("one")
    engine = ReferenceEngine(plan, 1)
    engine.run(after_ps + 10**12)
    terms = dict(latency_terms(machine, plan, steps_of(path, mode, iommu, viommu), mode, idle, after_ps))
    assert sum(terms.values()) == engine.trace().counters["guest.sink.sum_ps"]
    assert any(name.startswith("unmap the buffer") for name in terms)


def test_explain_says_where_packets_are_mapped() -> None:
    text = CliRunner().invoke(cli, ["explain", "native", "--iommu", "strict"]).stdout
    assert "turn in the queue of invalidations" in text
    assert "i_unmap + i_wait" in text
    assert "per 256 unmapped packets" in CliRunner().invoke(cli, ["explain", "native", "--iommu", "lazy"]).stdout
    formula_of = ["explain", "sriov-vf", "--viommu", "nested strict", "--formula"]
    assert "i_nested_turn" in CliRunner().invoke(cli, formula_of).stdout


@pytest.mark.parametrize(
    ("path", "option", "word"), [("vhost-net", "--viommu", "strict"), ("xen-netfront", "--iommu", "lazy")]
)
def test_an_iommu_that_a_path_cannot_have_is_refused(path: str, option: str, word: str) -> None:
    result = CliRunner().invoke(cli, ["explain", path, option, word])
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.startswith(option)


def test_what_is_printed_adds_up() -> None:
    found = formula("vhost-user", "textbook", "poll", after_ps=7_000)
    sent = ["explain", "vhost-user", "--host", "textbook", "--interrupts", "poll", "--formula", "--after", "7 ns"]
    assert json.loads(CliRunner().invoke(cli, [*sent, "--json"]).stdout)["one_packet"] == found["one_packet"]
    text = formula_text(found)
    assert CliRunner().invoke(cli, sent).stdout == text
    # by hand: wire 67.2 ns, next look of the switch at 120 ns, 152.2 ns of its work, next look of the guest at 300 ns, 45 ns of its work
    assert "one packet of 64 B into an idle guest = 338.000 ns" in text
    assert "+ 45.8000 ns  until the thread that polls looks" in text
    assert "+ 40.0000 ns  the switch's own work" in text


def test_a_time_that_is_none_is_refused_at_its_option() -> None:
    result = CliRunner().invoke(cli, ["explain", "native", "--formula", "--after", "soon"])
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.startswith("--after")

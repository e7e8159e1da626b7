"""The grammar: every kind of traffic, every form a value can take, names, thresholds, schema."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simulator import units
from simulator.errors import InputError
from simulator.scenario import Scenario, guest_names, json_schema, load, parse_threshold, resolved, selected
from simulator.scenario.load import GUEST_KEYS, TOP_KEYS
from simulator.scenario.names import LISTS
from simulator.scenario.traffic import KINDS


def scenario(
    tmp_path: Path, *, guest: str = "{name: vm}", traffic: str = "{kind: poisson, rate: 1 kpps}", more: str = ""
) -> Scenario:
    path = tmp_path / "a.yaml"
    (tmp_path / "x.pcap").touch()
    path.write_text(f"schema: 1\nguests:\n  - {guest}\ntraffic:\n  - {traffic}\n{more}\n", encoding="utf-8")
    return load(path)


TRAFFIC = {
    "poisson": "{kind: poisson, rate: 1 Mpps, total: on, flows: 16, size: {imix: nfvbench}}",
    "constant": "{kind: constant, throughput: 5 Gbit/s, direction: tx, size: {uniform: [64 B, 1518 B]}}",
    "bursts": "{kind: bursts, load: 80 %, burst: 64, gap: 100 ns}",
    "request-response": "{kind: request-response, think: {exponential: 100 us}, outstanding: 4, response: 1 KB}",
    "bulk": "{kind: bulk, window: 128, segment: 1518 B, ack_every: 2, timeout: 200 ms, super_packet: 64 KiB, congestion: reno, message: 1 KiB, nodelay: on}",
    "capture": "{kind: capture, file: x.pcap, guest_side: 10.0.0.1, rate: 10 kpps}",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_traffic(kind: str, tmp_path: Path) -> None:
    item = scenario(tmp_path, traffic=TRAFFIC[kind]).traffic[0]
    assert item.kind == kind
    assert item.name == kind


def value(tmp_path: Path, guest: str, key: str) -> Any:
    return resolved(scenario(tmp_path, guest=f"{{name: vm, {guest}}}"))["guests"][0][key]


@pytest.mark.parametrize(
    ("written", "key", "read"),
    [
        ("idle: poll", "idle", {"kind": "poll", "poll": None}),
        ("idle: guest-halt-poll 50 us", "idle", {"kind": "guest-halt-poll", "poll": "50 us"}),
        ("idle: {kind: guest-halt-poll, poll: 50 us}", "idle", {"kind": "guest-halt-poll", "poll": "50 us"}),
        ("viommu: lazy", "viommu", {"mode": "lazy", "translation": "shadow", "receive_pages": "kept"}),
        ("viommu: off", "viommu", {"mode": "off", "translation": "shadow", "receive_pages": "kept"}),
        ("mail: 10 kpps", "mail", "10 kpps"),
        ("halt_poll: off", "halt_poll", "off"),
        ("halt_poll: 0 us", "halt_poll", "off"),
        ("halt_poll: 200 us", "halt_poll", "200 us"),
        ("placement: pinned", "placement", {"kind": "pinned"}),
        ("placement: {cores: 2-4}", "placement", {"cores": [2, 3, 4]}),
        ("placement: {cores: [7, 9]}", "placement", {"cores": [7, 9]}),
        ("placement: {share: 2}", "placement", {"share": 2}),
        ("max_rate: 5 Gbit/s", "max_rate", "5 Gbit/s"),
        ("mtu: 9000 B", "mtu", "9000 B"),
        ("mask_interrupts: yes", "mask_interrupts", True),
        (
            "application: {receive: 450 ns}",
            "application",
            {
                "kind": "socket",
                "by": "automatic",
                "receive": "450 ns",
                "send": None,
                "touch": None,
                "batch": None,
                "drain": None,
                "vcpu": "same",
                "cores": None,
            },
        ),
        (
            "application: {vcpu: next, cores: 4-5}",
            "application",
            {
                "kind": "socket",
                "by": "automatic",
                "receive": None,
                "send": None,
                "touch": None,
                "batch": None,
                "drain": None,
                "vcpu": "next",
                "cores": [4, 5],
            },
        ),
        ("max_pps: 1 Mpps", "max_pps", "1 Mpps"),
        ("min_rate: 2 Gbit/s", "min_rate", "2 Gbit/s"),
        ("burst: 64 KiB", "burst", "64 KiB"),
        ("backend_cores: 8-9", "backend_cores", [8, 9]),
        ("cpu: {quota: 50 ms}", "cpu", {"quota": "50 ms", "period": "100 ms"}),
        ("cpu: {quota: 5 ms, period: 10 ms}", "cpu", {"quota": "5 ms", "period": "10 ms"}),
    ],
)
def test_forms_of_guest_values(written: str, key: str, read: Any, tmp_path: Path) -> None:
    assert value(tmp_path, written, key) == read


@pytest.mark.parametrize(
    ("size", "read"),
    [
        ("64 B", {"fixed": "64 B"}),
        ("{fixed: 64 B}", {"fixed": "64 B"}),
        ("{uniform: [64 B, 1518 B]}", {"uniform": {"from": "64 B", "to": "1518 B"}}),
        ("{uniform: {from: 64 B, to: 1518 B}}", {"uniform": {"from": "64 B", "to": "1518 B"}}),
        ("{imix: nfvbench}", {"imix": "nfvbench"}),
    ],
)
def test_forms_of_sizes(size: str, read: Any, tmp_path: Path) -> None:
    found = scenario(tmp_path, traffic=f"{{kind: poisson, rate: 1 kpps, size: {size}}}")
    assert resolved(found)["traffic"][0]["size"] == read


def test_cost_overrides_are_in_the_units_of_the_catalogue(tmp_path: Path) -> None:
    host = scenario(tmp_path, more="host: {costs: {k_exit: 600 ns, g_copy_fs: 80 ps/B}}").host
    assert host.cost_overrides() == {"k_exit": 600_000, "g_copy_fs": 80_000}


def test_groups_and_selections(tmp_path: Path) -> None:
    text = "{name: vm, count: 3}\n  - {name: db}\n  - {name: one, count: 1}"
    found = scenario(tmp_path, guest=text, traffic="{kind: poisson, rate: 1 kpps, guests: [vm2, db]}")
    assert guest_names(found) == ("vm0", "vm1", "vm2", "db", "one0")
    assert selected(found, found.traffic[0]) == ("vm2", "db")
    found = scenario(tmp_path, guest=text, traffic='{kind: poisson, rate: 1 kpps, guests: "vm*"}')
    assert selected(found, found.traffic[0]) == ("vm0", "vm1", "vm2")
    found = scenario(tmp_path, guest=text)
    assert selected(found, found.traffic[0]) == guest_names(found)


def test_a_capability_can_be_granted(tmp_path: Path) -> None:
    more = "host: {model: legacy-2010, capabilities: {posted_interrupts: on}}"
    assert scenario(tmp_path, guest="{name: vm, interrupts: posted}", more=more).guests[0].interrupts == "posted"


def test_the_native_path_leaves_interrupt_modes_unread(tmp_path: Path) -> None:
    scenario(tmp_path, guest="{name: vm, datapath: native, interrupts: posted}", more="host: legacy-2010")


def test_scenarios_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        scenario(tmp_path).seed = 2


def test_keys_of_guest_and_scenario_do_not_clash() -> None:
    assert not set(GUEST_KEYS) & set(TOP_KEYS)


@pytest.mark.parametrize("what", LISTS)
def test_lists_have_names(what: str) -> None:
    names = LISTS[what]()
    assert names
    assert len(set(names)) == len(names)


def test_datapaths_are_those_that_exist() -> None:
    from simulator import datapaths

    assert set(LISTS["datapaths"]()) == set(datapaths.DATAPATHS)


@pytest.mark.parametrize(
    ("text", "metric", "where", "operator", "limit", "dimension"),
    [
        (
            "latency.p99{datapath=sriov-vf} < 30 us",
            "latency.p99",
            (("datapath", "sriov-vf"),),
            "<",
            30_000_000,
            units.TIME,
        ),
        ("loss_ratio < 0.01 %", "loss_ratio", (), "<", 100, units.RATIO),
        ("throughput_bps >= 9.4 Gbit/s", "throughput_bps", (), ">=", 9_400_000_000, units.BIT_RATE),
        ("host_cores_busy<=1.5", "host_cores_busy", (), "<=", Fraction(3, 2), None),
        ("a.b{x=1, y = two words} > 3", "a.b", (("x", "1"), ("y", "two words")), ">", 3, None),
    ],
)
def test_thresholds(text: str, metric: str, where: Any, operator: str, limit: Any, dimension: Any) -> None:
    found = parse_threshold(text)
    assert (found.metric, found.where, found.operator, found.value, found.dimension) == (
        metric,
        where,
        operator,
        limit,
        dimension,
    )


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"), [("<", 1, 0, 0), ("<=", 1, 1, 0), (">", 0, 0, 1), (">=", 0, 1, 1)]
)
def test_thresholds_hold(operator: str, below: bool, equal: bool, above: bool) -> None:
    limit = parse_threshold(f"m {operator} 5")
    assert [limit.holds(measured) for measured in (4, 5, 6)] == [below, equal, above]


@pytest.mark.parametrize(
    "text", ["", "m < ", "m = 5", "m < x", "m{a} < 5", "m{=b} < 5", "M < 5", "m < 5 parsec", "m < 5 us us"]
)
def test_thresholds_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_threshold(text)


def test_the_schema_writes_defaults_as_a_scenario_would() -> None:
    known = json_schema()["$defs"]
    assert known["Guest"]["properties"]["mtu"]["default"] == "1500 B"
    assert known["Bulk"]["properties"]["timeout"]["default"] == "200 ms"
    assert known["Poisson"]["properties"]["size"]["default"] == {"fixed": "64 B"}
    assert known["Poisson"]["properties"]["total"]["default"] is False
    assert known["Nic"]["properties"]["rate"]["default"] is None


def test_the_schema_lets_pass_what_the_reader_lets_pass() -> None:
    known = json_schema()["$defs"]
    assert "required" not in known["Host"]
    assert known["Poisson"]["required"] == ["kind"]
    assert known["SizeRange"]["anyOf"][0]["type"] == "array"
    for short in ("FrameSize", "Duration", "Placement", "Idle"):
        assert known[short]["anyOf"][0]["type"] == "string", short
        assert known[short]["anyOf"][1]["type"] == "object", short


def test_the_schema_knows_every_key_and_unit() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == {*TOP_KEYS, "extends"}
    assert set(GUEST_KEYS) <= set(schema["$defs"]["Guest"]["properties"])
    rate = schema["$defs"]["Poisson"]["properties"]["rate"]
    pattern = next(choice["pattern"] for choice in rate["anyOf"] if "pattern" in choice)
    assert re.match(pattern, "1.2 Mpps")
    assert not re.match(pattern, "1.2 Mps")
    assert schema["$defs"]["Guest"]["properties"]["datapath"]["enum"] == list(LISTS["datapaths"]())

"""One validation before anything runs: all stages in one pass, the same for every command, right values for its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.cli import cli
from simulator.errors import BadValue, ScenarioErrors
from simulator.formats.yaml12 import Node, parse
from simulator.scenario import load
from simulator.scenario.audit import audited, study
from simulator.scenario.build import build, notes
from simulator.scenario.plan_faults import placed
from simulator.scenario.points import MOST_FAILED, Draft
from simulator.scenario.remains import Remains
from simulator.scenario.settings_of_machines import host_settings
from simulator.study.point import cost_status
from tests.campaign.cases import Case, cases, controls

BAD = Path(__file__).resolve().parent.parent / "bad"
HEAD = "schema: 1\nguests: [{name: vm}]\ntraffic: [{name: load, kind: poisson, rate: 1 kpps}]\n"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def lines(tmp_path: Path, text: str, *overrides: str) -> tuple[str, ...]:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        study(file, overrides)
    return caught.value.lines


# One pass


def test_faults_of_five_stages_come_in_one_run() -> None:
    result = call("check", str(BAD / "five-stages.yaml"))
    assert result.exit_code == 2
    found = [line.partition("five-stages.yaml:")[2] for line in result.stderr.splitlines()]
    for stage in (
        "10: measurement.duration",
        "2: host.cores",
        "5: guests: 200 virtual",
        "6: guests[1].max_rate",
        "15: thresholds[0]",
    ):
        assert any(line.startswith(stage) for line in found), stage


@pytest.mark.parametrize(
    "name", ["host-cores-too-few", "threshold-other-unit", "sweep-same-point", "guest-ring-too-small"]
)
def test_check_compare_and_run_agree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check, compare = (call(command, str(BAD / f"{name}.yaml")) for command in ("check", "compare"))
    assert check.exit_code == compare.exit_code == 2
    assert check.stderr == compare.stderr != ""
    assert list(tmp_path.iterdir()) == []


def test_cores_are_asked_for_in_total_and_by_user(tmp_path: Path) -> None:
    text = "schema: 1\nhost: {cores: 64}\nguests:\n  - {name: web, count: 40}\n  - {name: db, count: 20, datapath: vhost-net}\n"
    (line,) = lines(tmp_path, text + "traffic: [{kind: poisson, rate: 1 kpps}]\n")
    assert "host.cores: needs 88 cores: 40 for vCPUs of web, 8 for the host's uplink, 20 for vCPUs of db" in line
    assert "20 for vhost of db; the host has 64" in line
    (tmp_path / "a.yaml").write_text((tmp_path / "a.yaml").read_text().replace("cores: 64", "cores: 88"))
    assert len(study(tmp_path / "a.yaml")[1]) == 1


def test_a_fault_of_some_points_names_them(tmp_path: Path) -> None:
    text = (
        HEAD
        + "compare: {one: {}, many: {guests.vm.count: 300}}\nsweep: {matrix: {traffic.load.rate: [1 kpps, 2 kpps]}}\n"
    )
    (line,) = lines(tmp_path, text)
    assert line.endswith("300 virtual functions; NIC e810 has 256 [many, rate 1 kpps and 1 more points]")


def test_what_may_follow_from_a_refused_value_is_not_told(tmp_path: Path) -> None:
    # 9,000 B need the MTU that has a typing error; 300 guests do not fit whatever it is
    text = "schema: 1\nguests: [{name: vm, count: 300, mtu: 9000}]\ntraffic: [{kind: poisson, rate: 1 kpps, size: 9000 B}]\n"
    assert [line.partition(": ")[2] for line in lines(tmp_path, text)] == [
        "guests[0].mtu: '9000' has no unit; write it out, such as '64 B'",
        "guests: 300 virtual functions; NIC e810 has 256",
    ]


CONTRADICTION = """
schema: 1
host: {model: modern, cores: 64}
nic: e810
guests:
  - {name: web, count: 40, vcpus: 2, queues: 3}
  - {name: db, count: 8, vcpus: 2}
traffic: [{name: load, kind: poisson, rate: 10 kpps, size: 9000 B}]
measurement: {duration: 2 ms}
thresholds: ["watts < 3"]
"""


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("queues: 3", "queues: 2", ()),
        ("queues: 3", "queues: 3", ("6: guests[0]: has more queues than vCPUs (3 and 2)",)),
        # a fault between keys of a map of which another key cannot be read
        ("queues: 3", "queues: 3, halt_poll: 3", ("6: guests[0].halt_poll: '3' has no unit", "6: guests[0]: has more queues than vCPUs")),
        ("queues: 3", "queues: 3, nics: 2", ("6: guests[0]: has more queues than vCPUs", "6: guests[0]: 2 nics are for emulated-e1000")),
        ("cores: 64", "cores: 64, costs: {k_exit: 3}", ("3: host.costs.k_exit: '3' will not do", "6: guests[0]: has more")),
        ("cores: 64", "cores: 64, idle: c1, idle_states: on", ("3: host: 'idle_states' goes together with idle", "6: guests[0]: has more")),
        # of vCPUs that cannot be read nobody knows whether there are too few
        ("vcpus: 2, queues: 3", "vcpus: two, queues: 3", ("6: guests[0].vcpus: 'two' is not a whole number",)),
    ],
)  # fmt: skip
def test_a_contradiction_hides_nothing_else(tmp_path: Path, old: str, new: str, more: tuple[str, ...]) -> None:
    told = [line.partition("a.yaml:")[2] for line in lines(tmp_path, CONTRADICTION.replace(old, new, 1))]
    least = "at least " if any(": guests[0]" in start for start in more) else ""
    cores = 56 if "two" in new else 96
    expected = [
        *more, f"3: host.cores: needs {least}{cores} cores: ", "8: traffic[0].size: frames of 9000 B do not fit the MTU of web0",
        "10: thresholds[0]: watts < 3: 'watts' is not a known metric",
    ]  # fmt: skip
    expected = [start for start in expected if cores > 64 or "host.cores" not in start]
    assert len(told) == len(expected), told
    assert all(any(line.startswith(start) for line in told) for start in expected), told


def test_what_is_cut_out_leaves_the_numbers_of_the_file() -> None:
    tree = parse("guests: [a, b, c, d]\nseed: 1\n", "x")
    left = Remains(tree).without([("guests", 0), ("guests", 2), ("seed",)])
    assert left.tree.plain() == {"guests": ["b", "d"]}
    assert left.written(("guests", 1)) == ("guests", 3)
    assert left.without([("guests", 1)]).written(("guests", 0)) == ("guests", 1)


def test_an_override_without_effect_is_refused(tmp_path: Path) -> None:
    text = HEAD + "compare: {a: {datapath: native}, b: {datapath: sriov-vf}}\n"
    (line,) = lines(tmp_path, text, "datapath=vhost-net")
    assert line == f"--set datapath: has no effect: {tmp_path}/a.yaml:4 sets datapath for every point"
    study(tmp_path / "a.yaml", ["guests.vm.vcpus=2", "seed=3", "replications=1"])


def test_equal_thresholds_of_different_points_do_not_contradict(tmp_path: Path) -> None:
    text = HEAD + "compare: {a: {datapath: native}, b: {datapath: sriov-vf}}\n"
    file = tmp_path / "a.yaml"
    file.write_text(
        text + 'thresholds: ["latency.p99{series=a} < 10 us", "latency.p99{series=b} > 20 us", "loss_ratio < 0.5"]\n'
    )
    assert len(study(file)[1]) == 2


def test_a_loaded_scenario_is_audited_alike(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD.replace("1 kpps", "500 Mpps"))
    for scenario in (load(file), load(file).model_copy()):
        with pytest.raises(ScenarioErrors, match=r"offers 336\.0 Gbit/s"):
            audited(scenario)


# Values as people write them


@pytest.mark.parametrize("text", ["nic: 82599", "nic: {model: 82599}", "compare: {a: {nic: 82599}, b: {nic: e810}}"])
def test_an_adapter_whose_name_is_a_number(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + text + "\n")
    assert study(file)[1][0].scenario.nic.model == "82599"
    assert load(file, ["nic=82599"]).nic.model == "82599"


def test_costs_are_overridden_in_their_own_units(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        HEAD + "host: {costs: {halt_poll_max_ns: 10 us, halt_poll_grow: 3, k_exit: 600 ns, g_copy_fs: 80 ps/B}}\n"
    )
    model = host_settings(load(file).host).model
    assert [model.value(name) for name in ("halt_poll_max_ns", "halt_poll_grow", "k_exit", "g_copy_fs")] == [
        10_000,
        3,
        600_000,
        80_000,
    ]
    assert {e.halt_poll_grow for e in build(load(file)).executors if e.kind == "vcpu"} == {3}
    (line,) = lines(tmp_path, HEAD + "host: {costs: {halt_poll_grow: 0}}\n")
    assert "host.costs.halt_poll_grow" in line


def test_facts_of_the_adapter_that_differ_are_declared(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + "nic: {model: 82599, rate: 25 Gbit/s, drop_enable: off, pcie: {mps: 256 B}}\n")
    assert notes(load(file)) == (
        "override: nic.rate = 25 Gbit/s; 82599 has 10 Gbit/s",
        "override: nic.drop_enable = 0; 82599 has 1",
    )
    plain = tmp_path / "b.yaml"
    plain.write_text(HEAD + "nic: 82599\n")
    changed, catalogue = cost_status(load(file)), cost_status(load(plain))
    assert notes(load(plain)) == ()
    # the rate was an assumption before, what is dropped was read in the datasheet
    assert changed["assumed"] - catalogue["assumed"] == 1
    assert sum(changed.values()) == sum(catalogue.values())


def test_what_is_no_scenario_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("root:x:0:hunter2\n")
    (tmp_path / "map").write_text("password: hunter2\n")
    for name in ("secret", "map"):
        file = tmp_path / "a.yaml"
        file.write_text(f"extends: {name}\n" + HEAD)
        result = call("check", str(file))
        assert result.exit_code == 2
        assert result.stderr.startswith(f"{file}:1: extends: '{name}' is no scenario")
        assert "hunter2" not in result.stderr


def test_errors_as_json() -> None:
    result = call("check", str(BAD / "guest-mtu.yaml"), "--json")
    content: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, content["exit_code"], result.stderr) == (2, 2, "")
    (fault,) = content["errors"]
    assert fault["place"].endswith("guest-mtu.yaml:3: guests[0]")
    usage = call("check", "--json", "--sett", "a=b")
    assert (usage.exit_code, json.loads(usage.stdout)["exit_code"]) == (2, 2)


# What could not be exact, or would not end


def test_a_run_whose_sums_would_overflow_is_refused(tmp_path: Path) -> None:
    # 9.2e18 is 2**63; running times are multiplied by 1024, and one ring of 512 descriptors held all the time makes 9.5e20
    text = """
schema: 1
host: {model: textbook, tick: off}
nic: {model: textbook-nic, moderation: {kind: coalesce, interval: 1000000 s}}
guests: [{name: vm, datapath: native}]
traffic: [{kind: constant, rate: 0.001 pps}]
measurement: {warmup: 900000 s, duration: 950000 s}
"""
    (line,) = lines(tmp_path, text)
    assert "a.yaml:7: measurement.duration: '950000 s' with the warm-up is longer than" in line
    assert line.endswith("than 9010 s, up to which running times of threads are exact")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (("host: textbook\nnic: textbook-nic\nguests: [{name: vm, datapath: native, offloads: {tso: off}}]\n"
         "traffic: [{kind: bulk, direction: tx, window: 32768, super_packet: 64 KiB}]"), ("traffic[0].window: cannot be simulated: "
         "window: 1441792 packets start at one instant; at most 131072 may")),
        ("nic: {model: e810, rx_ring: 65536}\nguests: [{name: vm}]\ntraffic: [{kind: poisson, rate: 1 kpps}]", "nic.rx_ring: "),
        ("guests: [{name: vm}]\ntraffic: [{kind: bursts, rate: 0.001 pps, burst: 1000000}]", "traffic[0].rate: "),
    ],
)  # fmt: skip
def test_plans_that_cannot_run_are_told_at_their_key(text: str, key: str, tmp_path: Path) -> None:
    (line,) = lines(tmp_path, f"schema: 1\n{text}\nmeasurement: {{warmup: 0 s, duration: 1 ms}}\n")
    assert key in line
    assert "stream " not in line


def test_the_campaign_has_inputs_of_every_kind() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names) >= 300


@pytest.mark.parametrize("case", controls(), ids=lambda case: case.name)
def test_without_its_fault_an_input_of_the_campaign_is_accepted(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in case.files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(tmp_path)
    result = call(*(word.replace("{file}", "input.yaml") for word in case.arguments))
    assert (result.exit_code, "Error" in result.stderr) == (0, False), result.stderr


@pytest.mark.parametrize(("quantum", "place"), [("1 s", ("host", "scheduler", "quantum")), ("999 ms", ())])
def test_a_slice_of_a_second_may_be_to_blame_for_what_a_core_cannot_do(
    quantum: str, place: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"{HEAD}host: {{model: modern, scheduler: {{kind: rr, quantum: {quantum}}}}}\n", encoding="utf-8")
    [(found, error)] = placed(load(file), ["Executor cpu0: slices = 1: too long"])
    assert (found, str(error)) == (place, "cannot be simulated: slices = 1: too long (Executor cpu0)")


def test_a_series_whose_points_cannot_be_is_not_looked_at_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def never(draft: Draft, _base: Node) -> Node:
        asked.append(draft)
        raise BadValue("here", "is no point")

    monkeypatch.setattr(Draft, "tree", never)
    said = lines(tmp_path, HEAD + "sweep: {matrix: {traffic.load.rate: {from: 1 kpps, to: 300 kpps, steps: 300}}}\n")
    assert said == ("here: is no point",)
    assert len(asked) == MOST_FAILED

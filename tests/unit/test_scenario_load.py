"""Files, extends, overrides, origins, and the resolved scenario that reads back as itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.errors import InputError, ScenarioErrors
from simulator.scenario import as_yaml, canonical_json, load, locate, origins, points, resolved, scenario_hash, shipped
from simulator.scenario.shipped import folder

Write = Callable[..., Path]
GOOD = "schema: 1\nguests:\n  - {name: vm, count: 2}\ntraffic:\n  - {name: load, kind: poisson, rate: 1 Mpps}\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def test_defaults_are_visible(write: Write) -> None:
    scenario = load(write("a.yaml", GOOD))
    assert scenario.name == "a"
    assert scenario.host.model == "modern"
    assert scenario.host.tick is True
    assert (scenario.measurement.warmup_ps, scenario.measurement.before_ps) == (None, 5 * 10**9)
    assert scenario.guests[0].members() == ("vm0", "vm1")


def test_the_textbook_host_is_ideal_unless_told(write: Write) -> None:
    host = load(write("a.yaml", GOOD + "host: textbook\n")).host
    assert (host.tick, host.idle, host.variability) == (False, "poll", False)
    host = load(write("a.yaml", GOOD + "host: {model: textbook, tick: on}\n")).host
    assert (host.tick, host.idle, host.variability) == (True, "poll", False)


def test_extends_merges_in_order(write: Write) -> None:
    write("hosts/big.yaml", "host: {model: haswell-2015, cores: 64, tick: off}\nseed: 5\n")
    write("hosts/small.yaml", "extends: big.yaml\nhost: {cores: 2}\n")
    path = write("a.yaml", "extends: [hosts/big.yaml, hosts/small.yaml]\nhost: {tick: null}\n" + GOOD)
    scenario = load(path)
    assert (scenario.host.model, scenario.host.core_count, scenario.host.tick, scenario.seed) == (
        "haswell-2015",
        2,
        True,
        5,
    )
    places = origins(scenario)
    assert places["host.cores"].endswith("small.yaml:2")
    assert places["seed"].endswith("big.yaml:2")
    assert places["host.tick"] == "default"


def test_a_cycle_of_three_is_found(write: Write) -> None:
    write("b.yaml", "extends: c.yaml\n")
    write("c.yaml", "extends: a.yaml\n")
    with pytest.raises(InputError, match=r"c.yaml:1: extends: 'a.yaml' extends the file that names it: a cycle"):
        load(write("a.yaml", "extends: b.yaml\n" + GOOD))


def test_a_tree_of_files_is_bounded(write: Write) -> None:
    for level in range(1, 8):
        write(f"l{level}.yaml", f"extends: [l{level - 1}.yaml, l{level - 1}.yaml]\n")
    write("l0.yaml", "seed: 1\n")
    with pytest.raises(InputError, match="is one file too many; at most 64 are read"):
        load(write("a.yaml", "extends: l7.yaml\n" + GOOD))


def test_overrides_come_last_and_name_themselves(write: Write) -> None:
    path = write("a.yaml", GOOD + "seed: 3\n")
    scenario = load(
        path, ["seed=9", "guests.*.vcpus=4", "interrupts=legacy", "host=textbook", "traffic.load.rate=5 kpps"]
    )
    assert scenario.seed == 9
    assert scenario.guests[0].vcpus == 4
    assert scenario.guests[0].interrupts == "legacy"
    assert scenario.host.model == "textbook"
    assert scenario.traffic[0].rate_millipps == 5_000_000  # type: ignore[union-attr]
    places = origins(scenario)
    assert places["seed"] == "--set seed"
    assert places["guests[0].vcpus"] == "--set guests.*.vcpus"
    assert places["guests[0].count"] == f"{path}:3"


def test_an_override_of_null_restores_the_default(write: Write) -> None:
    assert load(write("a.yaml", GOOD + "seed: 3\n"), ["seed=null"]).seed == 1


def test_words_for_switches(write: Write) -> None:
    text = GOOD + "host: {tick: off, idle_states: no, variability: 'on'}\n"
    host = load(write("a.yaml", text)).host
    assert (host.tick, host.idle, host.variability) == (False, "poll", True)


def test_every_value_has_an_origin(write: Write) -> None:
    scenario = load(write("a.yaml", GOOD + "compare:\n  a: {datapath: native}\n"))
    text = as_yaml(scenario)
    values = [line for line in text.splitlines() if not line.rstrip().endswith((":", "-"))]
    assert all("  # " in line or " # " in line for line in values)
    assert any(line.rstrip().endswith("a.yaml:7") for line in values)


@pytest.mark.parametrize("name", [*shipped()])
def test_shipped_scenarios_read_back_from_their_resolved_form(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    # files are named relative to the scenario, so the copy is read from beside the original's captures
    (tmp_path / "captures").symlink_to(folder() / "captures")
    copy = tmp_path / f"{name}.yaml"
    copy.write_text(as_yaml(scenario), encoding="utf-8")
    assert canonical_json(load(copy)) == canonical_json(scenario)
    assert scenario_hash(load(copy)) == scenario_hash(scenario)
    assert len(points(load(copy))) == len(points(scenario))
    assert scenario.title
    assert scenario.description


def test_the_hash_is_of_what_decides_a_run(write: Write) -> None:
    plain = load(write("a.yaml", GOOD))
    same = load(
        write("b.yaml", "title: other\n" + GOOD + "replications: 7\nprecision: p99 1 %\n"),
        ["measurement.duration=50000 us"],
    )
    other = load(write("c.yaml", GOOD), ["seed=2"])
    assert scenario_hash(plain) == scenario_hash(same)
    assert scenario_hash(plain) != scenario_hash(other)


def test_the_hash_sees_into_files(write: Write) -> None:
    text = "schema: 1\nguests:\n  - {name: vm}\ntraffic:\n  - {kind: capture, file: x.pcap, guest_side: 10.0.0.1}\n"
    path = write("a.yaml", text)
    write("x.pcap", "one")
    first = scenario_hash(load(path))
    write("x.pcap", "two")
    assert scenario_hash(load(path)) != first


def test_files_are_beside_the_file_that_names_them(write: Write) -> None:
    write("base/x.pcap", "")
    write("base/t.yaml", "traffic:\n  - {kind: capture, file: x.pcap, guest_side: 10.0.0.1}\n")
    path = write("a.yaml", "schema: 1\nextends: base/t.yaml\nguests:\n  - {name: vm}\n")
    assert load(path).traffic[0].file.path.name == "x.pcap"  # type: ignore[union-attr]
    path = write("a.yaml", "schema: 1\nguests:\n  - {name: vm}\ntraffic:\n  - {kind: capture, file: base/y.pcap}\n")
    with pytest.raises(
        ScenarioErrors, match=r"a.yaml:5: traffic\[0\].file: 'base/y.pcap' is no file; did you mean 'base/x.pcap'"
    ):
        load(path)


def test_bare_names_and_nearest_files(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write("alpha.yaml", GOOD)
    monkeypatch.chdir(tmp_path)
    assert locate("alpha.yaml") == Path("alpha.yaml")
    for name, path in shipped().items():
        assert locate(name) == path
    with pytest.raises(InputError, match=r"did you mean 'alpha.yaml'\?"):
        locate("alpa.yaml")


def test_scenarios_and_errors_travel_between_processes(write: Write) -> None:
    point = points(load(write("a.yaml", GOOD)))[0]
    assert pickle.loads(pickle.dumps(point)) == point
    with pytest.raises(ScenarioErrors) as caught:
        load(write("b.yaml", GOOD + "seed: x\n"))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_resolved_is_plain_data(write: Write) -> None:
    content = resolved(load(write("a.yaml", GOOD)))
    assert content["traffic"][0]["rate"] == "1 Mpps"
    assert content["traffic"][0]["size"] == {"fixed": "64 B"}
    assert content["measurement"] == {"warmup": None, "duration": "50 ms", "interval": None}

"""A host of the reader's own: read, laid on its base, named by scenarios; every fault with file, line and nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator import costs
from simulator.cli import cli
from simulator.errors import InputError, ScenarioErrors
from simulator.explain import explain
from simulator.scenario import canonical_json, load, origins, points, resolved, scenario_hash
from simulator.scenario.build import build
from simulator.scenario.settings_of_machines import host_settings

GOOD = """\
schema: 1
title: rack 7
base: haswell-2015
hardware: Xeon E5, Linux 6.1
conditions: idle
costs:
  h_ctxsw: {value: 1.5 us, range: [1.4 us, 2.1 us], status: measured, how: two threads}
  g_copy_fs: {value: 82.3 ps/B}
  h_tick: {value: 2 us, status: assumed}
  halt_poll_max_ns: {value: 50 us, status: cited}
facts:
  tick_hz: {value: 1000 Hz}
machine: {anything: [goes]}
readings: 7
"""
QUESTION = "schema: 1\nhost: HOST\nguests: [{name: vm}]\ntraffic: [{kind: poisson, rate: 1 kpps}]\n"


def write(folder: Path, content: str = GOOD, name: str = "rack.yaml") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def question(folder: Path, host: str = "./rack.yaml") -> Path:
    return write(folder, QUESTION.replace("HOST", host), "question.yaml")


def test_named_values_are_the_files_and_the_rest_is_the_bases(tmp_path: Path) -> None:
    host, base = costs.host(str(write(tmp_path))), costs.host("haswell-2015")
    changed = {name for name in base.costs if host.costs[name] != base.costs[name]}
    assert changed == {"h_ctxsw", "g_copy_fs", "h_tick", "halt_poll_max_ns"}
    assert (host.name, host.title) == ("rack", "rack 7 (base: haswell-2015)")
    assert host.default_nic == base.default_nic
    assert host.capabilities == base.capabilities
    entry = host.cost("h_ctxsw")
    assert (entry.value, entry.low, entry.high, entry.status) == (1_500_000, 1_400_000, 2_100_000, "measured")
    assert (entry.hardware, entry.note, entry.sources[0].conditions) == ("Xeon E5, Linux 6.1", "two threads", "idle")
    assert (str(entry.given), entry.given_unit) == ("1.5", "us")
    assert host.value("halt_poll_max_ns") == 50_000
    assert host.value("tick_hz") == 1000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("g_copy_fs", (82_300, 82_300, 82_300, "measured", False)),
        ("h_tick", (2_000_000, 1_000_000, 4_000_000, "assumed", True)),
    ],
)
def test_without_a_range(name: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    entry = costs.host(str(write(tmp_path))).cost(name)
    assert (entry.value, entry.low, entry.high, entry.status, entry.range_assumed) == expected


def test_a_scenario_names_it_relative_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts").mkdir()
    write(tmp_path / "hosts")
    monkeypatch.chdir("/")
    scenario = load(question(tmp_path, "hosts/rack.yaml"))
    assert host_settings(scenario.host).model.ps("h_ctxsw") == 1_500_000
    assert host_settings(scenario.host).tick_hz == 1000
    assert build(scenario).name == "question"
    assert resolved(scenario)["host"]["model"] == "hosts/rack.yaml"
    assert origins(scenario)["host.model"].endswith("question.yaml:2")


def test_series_may_differ_in_their_host(tmp_path: Path) -> None:
    write(tmp_path)
    path = question(tmp_path, "modern")
    path.write_text(
        path.read_text() + "compare: {catalogue: {host: textbook}, mine: {host: ./rack.yaml}}\n", encoding="utf-8"
    )
    assert [point.scenario.host.source for point in points(load(path))] == ["textbook", str(tmp_path / "rack.yaml")]
    for point in points(load(path)):
        assert build(point.scenario)


def test_a_cost_of_the_scenario_wins(tmp_path: Path) -> None:
    write(tmp_path)
    scenario = load(question(tmp_path), ["host.costs.h_ctxsw=7 us"])
    entry = host_settings(scenario.host).model.cost("h_ctxsw")
    assert (entry.value, entry.status) == (7_000_000, "assumed")


def test_what_is_in_the_file_decides_the_hash(tmp_path: Path) -> None:
    write(tmp_path)
    first = load(question(tmp_path))
    before = scenario_hash(first), canonical_json(first)
    write(tmp_path, GOOD.replace("1.5 us", "1.6 us"))
    second = load(question(tmp_path))
    assert scenario_hash(second) != before[0]
    assert canonical_json(second) != before[1]
    assert host_settings(second.host).model.ps("h_ctxsw") == 1_600_000


def test_explain_shows_it(tmp_path: Path) -> None:
    assert "0.0823 ns/B" in explain("vhost-net", str(write(tmp_path)))
    result = CliRunner().invoke(cli, ["explain", "native", "--host", str(tmp_path / "rack.yaml")])
    assert result.exit_code == 0
    assert "rack 7 (base: haswell-2015)" in result.stdout


FAULTS = {
    "schema: 1\n": ("schema: 2\n", "1: schema: '2' is not the schema of this version; write 'schema: 1'"),
    "title: rack 7": ("title: [7]", "2: title: '[7]' is not a text"),
    "base: haswell-2015": ("base: haswel-2015", "did you mean 'haswell-2015'?"),
    "hardware: Xeon": ("hardwar: Xeon", "4: 'hardwar' is not a known key of a host file"),
    "h_ctxsw: {": ("h_ctxs: {", "7: costs.h_ctxs: 'h_ctxs' is not a known cost"),
    "value: 1.5 us": ("value: 1.5", "7: costs.h_ctxsw.value: '1.5' has no unit"),
    "value: 1.5 us,": ("", "7: costs.h_ctxsw.value: is missing"),
    "[1.4 us, 2.1 us]": ("[1.6 us, 2.1 us]", "7: costs.h_ctxsw.range: '[1.6 us, 2.1 us]' does not hold the value"),
    "range: [1.4 us, 2.1 us]": ("range: 2 us", "7: costs.h_ctxsw.range: '2 us' is not a list of two ends"),
    "status: measured": ("status: mesured", "7: costs.h_ctxsw.status: 'mesured' is not a known status"),
    "how: two threads": ("why: two threads", "7: 'why' is not a known key of a cost"),
    "{value: 82.3 ps/B}": ("82.3 ps/B", "8: costs.g_copy_fs: '82.3 ps/B' is not a map such as"),
    "value: 82.3 ps/B": ("value: 82.3 ns", "8: costs.g_copy_fs.value: '82.3 ns' is a time, not a time per byte"),
    "halt_poll_max_ns": ("halt_poll_grow", "10: costs.halt_poll_grow: 'halt_poll_grow' is in ratio, which no host file states"),
    "facts:\n  tick_hz: {value: 1000 Hz}": ("facts: 7", "11: facts: '7' is not a map of keys"),
    "tick_hz": ("tick_h", "12: facts.tick_h: 'tick_h' is not a known fact"),
}  # fmt: skip


@pytest.mark.parametrize("found", FAULTS)
def test_a_fault_is_told_with_its_place(found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed, says = FAULTS[found]
    assert GOOD.count(found) == 1
    monkeypatch.chdir(tmp_path)
    write(tmp_path, GOOD.replace(found, changed))
    question(tmp_path)
    result = CliRunner().invoke(cli, ["check", "question.yaml"])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("rack.yaml:")
    assert says in line


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    content = GOOD
    for found in ("title: rack 7", "h_ctxsw: {", "value: 82.3 ps/B", "tick_hz"):
        content = content.replace(found, FAULTS[found][0])
    with pytest.raises(ScenarioErrors) as caught:
        costs.host(str(write(tmp_path, content)))
    assert len(caught.value.errors) == 4


@pytest.mark.parametrize("host", ["./rak.yaml", "rak.yml"])
def test_a_file_that_is_not_there(host: str, tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(
        ScenarioErrors, match=r"question.yaml:2: host.model: '.*' is no file; did you mean '.*rack.yaml'\?"
    ):
        load(question(tmp_path, host))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        costs.host(str(tmp_path / host))


@pytest.mark.parametrize("content", ["", "- a\n", "a: [", "schema: 1\n"])
def test_what_is_no_host_file_at_all(content: str, tmp_path: Path) -> None:
    write(tmp_path, content)
    with pytest.raises((ScenarioErrors, InputError), match=r"rack\.yaml"):
        load(question(tmp_path))

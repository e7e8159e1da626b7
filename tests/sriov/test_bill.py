"""The bill: one case by hand, sums and shares for all, the price file's faults, and cores that come from a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from simulator import costs
from simulator.cli import cli
from simulator.errors import BadValue, InputError, ScenarioErrors
from simulator.scenario import Scenario
from simulator.sriov.bill import DESIGNS, HOURS_PER_YEAR, Load, bills, table, to_json
from simulator.sriov.prices import SHIPPED, load_prices
from simulator.study import bill as study_bill
from simulator.study.execute import compare

SMALL = """schema: 1
host: {model: textbook, cores: 16}
nic: {model: textbook-nic, moderation: {kind: none}}
guests: [{name: vm, count: 3, halt_poll: off}]
traffic: [{name: load, kind: constant, rate: 20 kpps, size: 64 B}]
measurement: {warmup: 200 us, duration: 1 ms}
compare: {one: {}, "two, bare": {datapath: native}}
thresholds: ["latency.p99{series=one} < 1 ns"]
"""


def load(guests: int, host_cores: float = 1.5, loss: float = 0.0) -> Load:
    return Load(guests, 2e9, loss, host_cores, 0.5, 10_000_000_000)


LOADS = {"VFs": load(8), "bridge": load(8, host_cores=3.5)}


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bill", *arguments])


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


def test_by_hand() -> None:
    """Eight guests, 82599, Haswell: every sum from the price file's numbers."""
    prices = load_prices()
    found = {bill.design: bill for bill in bills(prices, "82599", "haswell-2015", 63, LOADS)}
    counts = {name: (bill.adapters, bill.cables, bill.switch_ports) for name, bill in found.items()}
    assert counts == {
        "adapter per guest": (8, 8, 8), "port per guest": (4, 8, 8),
        "one adapter, bridge": (1, 1, 1), "one adapter, VFs": (1, 1, 1),
    }  # fmt: skip
    watts = 8 * 7.9 + 8 * 0 + 8 * 3.5 + 2 * 6.3
    assert found["adapter per guest"].total("watts") == pytest.approx(watts)
    energy = watts * 1.4 * 0.20 * 4 * 8760 / 1000
    money = 8 * 260 + 8 * 25 + 8 * 150 + 2 * 165 + energy
    assert found["adapter per guest"].total("money") == pytest.approx(money)
    assert found["adapter per guest"].assumed("watts") == 0
    assert found["adapter per guest"].assumed("money") == pytest.approx(1.0)
    bridge, vfs = found["one adapter, bridge"], found["one adapter, VFs"]
    assert bridge.total("watts") - vfs.total("watts") == pytest.approx(2 * 6.3)
    assert HOURS_PER_YEAR == 8760


@pytest.mark.parametrize("nic", costs.nics())
@pytest.mark.parametrize("host", costs.hosts())
def test_every_adapter_and_machine_of_the_catalogue_has_prices(nic: str, host: str) -> None:
    rate = costs.nic(nic).facts["port_rate_bps"].value
    loads = {name: Load(100, 1e9, 0.0, 2.0, 1.0, rate) for name in LOADS}
    for bill in bills(load_prices(), nic, host, 63, loads):
        for kind in ("watts", "money"):
            low, high = bill.range(kind)
            assert low <= bill.total(kind) <= high
            share = bill.assumed(kind)
            assert share is not None
            assert 0 <= share <= 1
        assert all(line.each.source for line in bill.lines)
    by_name = {bill.design: bill for bill in bills(load_prices(), nic, host, 63, loads)}
    assert by_name["one adapter, VFs"].adapters == 2, "100 guests need more VFs than one adapter has"


def test_a_guest_saves_adapters_cables_and_ports() -> None:
    found = {bill.design: bill for bill in bills(load_prices(), "82599", "modern", 63, LOADS)}
    sums = [found[name].total("watts") for name in DESIGNS]
    assert sums[0] > sums[1] > sums[2] > sums[3], "adapter, port, bridge, VF"


def test_remarks() -> None:
    lossy = {"VFs": load(8, loss=0.2), "bridge": load(8)}
    found = bills(load_prices(), "82599", "modern", 63, lossy)
    assert any("need 8 slots" in remark for remark in found[0].remarks)
    assert any("loses 20.0%" in remark for remark in found[3].remarks)
    assert not found[2].remarks
    nothing = {name: Load(1, 0.0, 0.0, 0.0, 0.0, 10**10) for name in LOADS}
    assert table(bills(load_prices(), "82599", "modern", 63, nothing), load_prices()).count(" -") >= 4


def test_the_table_and_the_document_say_the_same() -> None:
    prices = load_prices()
    found = bills(prices, "82599", "modern", 63, LOADS)
    document = to_json(found, prices)
    for bill, entry in zip(found, document, strict=True):
        assert entry["money"]["sum"] == pytest.approx(
            sum(line["total"] for line in entry["lines"] if line["kind"] == "money")
        )
        assert f"{bill.total('money'):,.0f}" in table(found, prices)
        assert entry["currency"] == "USD"


def test_cores_come_from_the_run(small: str) -> None:
    result = json.loads(call(small, "--json").stdout)
    (point,) = result["bills"]
    designs = {entry["design"]: entry for entry in point["designs"]}
    assert {entry["guests"] for entry in designs.values()} == {3}
    assert designs["one adapter, bridge"]["host_cores_busy"] > designs["one adapter, VFs"]["host_cores_busy"] > 0
    assert designs["adapter per guest"]["host_cores_busy"] == designs["one adapter, VFs"]["host_cores_busy"]
    text = call(small, "--set", "sweep={matrix: {guests.*.count: [1, 2]}}").stdout
    assert text.count("adapter per guest") == 2
    assert "guests.*.count=2" in text


def test_a_series_that_cannot_run_is_named_and_the_other_is_billed(small: str) -> None:
    few = ("--set", "host.cores=3", "--set", "sweep={matrix: {guests.*.count: [1, 2]}}")
    result = call(small, *few, "--json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)["bills"]
    assert len(first["designs"]) == len(DESIGNS)
    assert [entry["design"] for entry in second["designs"]] == [
        "adapter per guest",
        "port per guest",
        "one adapter, VFs",
    ]
    assert second["failed"][0].startswith("bridge: ")
    assert "bridge: " in call(small, *few).stdout


def test_an_edited_file_is_used(small: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    shown = call("--show-prices").stdout
    assert shown == SHIPPED.read_text(encoding="utf-8")
    mine.write_text(
        shown.replace("currency: USD", "currency: EUR").replace("year: 2026", "year: 2024"), encoding="utf-8"
    )
    result = call(small, "--prices", str(mine))
    assert "sum, EUR 2024" in result.stdout
    assert str(mine) in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("currency: USD", "", "currency: a text is missing"),
        ("schema: 1", "schema: 2", "'2' is not 1"),
        (
            'status: assumed, source: "round number"',
            'status: guessed, source: "round number"',
            "choices: measured, cited",
        ),
        ("value: 7.9, low: 7.9", "value: 7.9, low: 8.2", "does not lie between low and high"),
        ("value: 7.9, low: 7.9", "value: x, low: 7.9", "mine.yaml:15: adapters.82599.watts.value: 'x' is no number"),
        ("value: 7.9, low: 7.9", "value: -1, low: 7.9", "is no number from 0 on"),
        ("years:", "year:", "did you mean 'years'?"),
        ("10 Gbit/s:", "10 GBs:", "has no known bit rate unit"),
        ("energy:", "energy: 3\nx:", "is not a known key"),
        ("ports: 2", "ports: two", "a whole number is missing"),
    ],
)
def test_faults_of_a_price_file(old: str, new: str, says: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    mine.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((ScenarioErrors, InputError)) as found:
        load_prices(mine)
    assert says in str(found.value)
    assert "mine.yaml" in str(found.value)


def test_what_the_file_does_not_price_is_said() -> None:
    prices = load_prices()
    with pytest.raises(BadValue, match="did you mean 'x710'"):
        prices.adapter("x71")
    with pytest.raises(BadValue, match="is not a known entry"):
        prices.core("mainframe")
    with pytest.raises(BadValue, match="is faster than every entry"):
        prices.of_rate("cables", 10**12)


def test_usage() -> None:
    assert call().exit_code == 2
    assert call("no-such-scenario").exit_code == 2
    assert call("paths", "--prices", "no-such-file.yaml").exit_code == 2


def test_a_run_that_fails_is_named_as_a_series_that_cannot_run(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(scenario: Scenario, **_: object) -> SimpleNamespace:
        done = compare(scenario, plot=False).results[0]
        uses_bridge = scenario.guests[0].datapath == "vhost-net"
        return SimpleNamespace(results=[replace(done, error="it broke") if uses_bridge else done])

    monkeypatch.setattr(study_bill, "compare", failed)
    (found,) = study_bill.bill(small)
    assert found.failed == ("bridge: it broke",)
    assert [one.design for one in found.bills] == ["adapter per guest", "port per guest", "one adapter, VFs"]

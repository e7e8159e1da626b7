"""Whole studies of a small scenario: results, files, resumption, failures, exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simulator import charts
from simulator.errors import EngineError, InputError, ScenarioErrors
from simulator.scenario import load, points
from simulator.study import Comparison, compare, doctor, run_point
from simulator.study.agreement import IDENTICAL

SCENARIO = """
schema: 1
name: small study
title: A small study
host: textbook
nic: {model: textbook-nic, moderation: {kind: none}}
guests: [{name: vm}]
traffic: [{name: load, kind: poisson, rate: 100 kpps, size: 64 B}]
measurement: {warmup: 100 us, duration: 1 ms}
replications: 3
compare:
  bare metal: {datapath: native}
  VF: {datapath: sriov-vf, interrupts: legacy}
sweep: {matrix: {traffic.load.rate: [100 kpps, 200 kpps]}}
"""
PUBLISHED = {
    "parameters", "datapath", "offered_pps", "delivered_pps", "throughput_bps", "latency_us", "loss_ratio", "drops",
    "host_cores_busy", "guest_cores_busy", "exits", "exits_per_packet", "interrupts_per_packet", "stages", "bottleneck",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SCENARIO)
    return file


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    file = tmp_path_factory.mktemp("study") / "small.yaml"
    file.write_text(SCENARIO)
    return compare(file)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_document_has_the_published_form(study: Comparison) -> None:
    document = study.to_json()
    assert (document["schema"], document["scenario"], document["seed"], document["engine"]) == (
        1,
        "small study",
        1,
        "compiled",
    )
    assert [(p["series"], p["parameters"]["traffic.load.rate"]) for p in document["points"]] == [
        (series, rate) for series in ("bare metal", "VF") for rate in ("100 kpps", "200 kpps")
    ]
    for point in document["points"]:
        assert point.keys() >= PUBLISHED
        assert list(point["latency_us"]) == ["mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
        assert all(stage.keys() == {"name", "wait_us", "service_us"} for stage in point["stages"])
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_charts_are_drawn_from_the_study_as_from_its_folder(study: Comparison, tmp_path: Path) -> None:
    saved = charts.read(study.save(tmp_path, plot=False))
    assert saved == json.loads(json.dumps(study.chart_document())) | {"points": saved["points"]}
    for kind in ("cdf", "budget", "exits"):
        assert charts.table(saved, kind).equals(study.chart_table(kind))
        assert charts.png(charts.chart(saved, kind)) == charts.png(study.chart(kind))
    counted = {sum(count for _, _, count in p["histogram"]) - p["latency_exact"]["count"] for p in saved["points"]}
    assert counted == {0}


def test_cores_by_label_add_up_to_work_and_polling(study: Comparison) -> None:
    frame = study.chart_table("cores", {"rate": "100 kpps", "series": "VF"})
    (entry,) = [e for e in study.entries if e["series"] == "VF" and "100 kpps" in e["parameters"].values()]
    sums = frame.groupby("side")["cores"].sum()
    assert sums["host_work"] == pytest.approx(entry["host_work_cores"]) != 0
    assert sums["guest_work"] == pytest.approx(entry["guest_work_cores"]) != 0
    assert sums.get("polling", 0.0) == pytest.approx(entry["polling_cores"])


def test_the_document_agrees_with_itself(study: Comparison) -> None:
    for point in study.entries:
        budget = sum(stage["wait_us"] + stage["service_us"] for stage in point["stages"])
        assert budget == pytest.approx(point["latency_us"]["mean"], rel=1e-12)
        balance = point["conservation"]
        delivered, dropped = point["latency_exact"]["count"], sum(point["drops"].values())
        assert balance["offered"] + balance["in_flight_start"] == delivered + dropped + balance["in_flight_end"]
        assert (
            point["ranges"]["delivered_pps"]["min"] <= point["delivered_pps"] <= point["ranges"]["delivered_pps"]["max"]
        )
        assert point["latency_us"]["p99.99"] is None


def test_series_of_a_comparison_see_the_same_traffic(study: Comparison) -> None:
    offered = {(p["parameters"]["traffic.load.rate"], p["conservation"]["offered"]) for p in study.entries}
    assert len(offered) == 2


def test_only_the_vf_exits_and_costs_more(study: Comparison) -> None:
    native, _, virtual, _ = study.entries
    assert native["exits"] == {}
    assert set(virtual["exits"]) >= {"HLT", "MSR_WRITE"}
    assert virtual["latency_us"]["mean"] > native["latency_us"]["mean"]
    assert (native["guest_cores_busy"], native["interrupts"], virtual["interrupts"]) == (0.0, "", "legacy")


def test_the_frame_is_tidy(study: Comparison) -> None:
    frame = study.frame
    assert len(frame) == 4
    assert {"series", "traffic.load.rate", "latency_p50_us", "latency_mean_us_low", "seed", "scenario_hash"} <= set(
        frame
    )
    assert (frame["latency_mean_us_low"] < frame["latency_mean_us_high"]).all()
    assert frame["replications"].tolist() == [3] * 4
    assert frame["costs_assumed"].gt(0).all()


def test_the_table_names_points_limits_and_cost_status(study: Comparison) -> None:
    text = study.table()
    assert text.splitlines()[1].startswith("bare metal, rate 100 kpps")
    assert "\nVF, rate 200 kpps          limit: nothing: core cpu" in text
    assert "assumed" in text
    assert study.exit_code == 0


def test_both_engines_give_the_same_study(path: Path, study: Comparison) -> None:
    other = compare(path, engine="reference", workers=1)
    assert other.to_json() | {"engine": "compiled"} == study.to_json()


def test_the_number_of_workers_changes_no_byte(path: Path, tmp_path: Path) -> None:
    runs = {
        (engine, workers): compare(
            path, engine=engine, workers=workers, out=tmp_path / f"{engine}{workers}", plot=engine == "compiled"
        ).folder
        for engine in ("compiled", "reference")
        for workers in (1, 3)
    }
    for engine in ("compiled", "reference"):
        one, many = runs[engine, 1], runs[engine, 3]
        assert one is not None
        assert many is not None
        assert one.name == many.name
        assert content(one) == content(many)


def test_the_folder_is_complete_and_says_where_it_comes_from(path: Path, tmp_path: Path) -> None:
    folder = compare(path, out=tmp_path / "results").folder
    assert folder is not None
    assert folder.name.startswith("small-study-")
    names = {name for name in content(folder) if not name.startswith("points/")}
    assert names == {
        "chart.png", "guests.csv", "histograms.csv", "provenance.json", "result.json", "scenario.resolved.yaml", "stages.csv",
        "summary.csv",
    }  # fmt: skip
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance.keys() >= {"program", "packages", "scenario_hash", "seed", "engine", "points"}
    histogram = pd.read_csv(folder / "histograms.csv").groupby("point")["count"].sum()
    assert histogram.tolist() == pd.read_csv(folder / "summary.csv")["latency_count"].tolist()


def test_the_resolved_scenario_gives_the_same_study(path: Path, tmp_path: Path, study: Comparison) -> None:
    folder = compare(path, out=tmp_path / "results").folder
    assert folder is not None
    assert compare(folder / "scenario.resolved.yaml").entries == study.entries


def test_without_out_nothing_is_written(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compare(path, replications=1)
    assert list(tmp_path.iterdir()) == [path]


def test_no_chart_when_none_is_wanted(path: Path, tmp_path: Path) -> None:
    folder = compare(path, out=tmp_path / "results", replications=1, plot=False).folder
    assert folder is not None
    assert not (folder / "chart.png").exists()


def test_an_interrupted_study_resumes(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare(path, out=tmp_path / "whole").folder
    module = sys.modules[compare.__module__]
    genuine, calls = module.run, []

    def interrupted(job: Any, stopped: Any) -> Any:
        calls.append(job.point)
        if job.point == 2:
            raise KeyboardInterrupt
        return genuine(job, stopped)

    monkeypatch.setattr(module, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(path, out=tmp_path / "broken", workers=1)
    (broken,) = (tmp_path / "broken").iterdir()
    assert not (broken / "summary.csv").exists()
    kept = content(broken)
    assert len(kept) == 2
    calls.clear()
    monkeypatch.setattr(module, "run", lambda job, stopped: calls.append(job.point) or genuine(job, stopped))
    resumed = compare(path, out=tmp_path / "broken").folder
    assert sorted(set(calls)) == [2, 3]
    assert whole is not None
    assert resumed is not None
    assert content(resumed) == content(whole)


def test_a_point_that_fails_leaves_the_others(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[compare.__module__]
    genuine = module.run

    def failing(job: Any, stopped: Any) -> Any:
        if job.point == 1 and job.replication == 1:
            raise EngineError("gave up")
        return genuine(job, stopped)

    monkeypatch.setattr(module, "run", failing)
    found = compare(path, out=tmp_path / "results")
    assert found.exit_code == 1
    assert len(found.frame) == 3
    assert [(p["series"], p["error"]) for p in found.failed] == [("bare metal", "EngineError: gave up")]
    assert "failed: bare metal, rate 200 kpps: EngineError: gave up" in found.table()
    assert found.to_json()["failed"] == found.failed


def test_a_point_that_cannot_be_built_is_said_before_anything_runs(path: Path, tmp_path: Path) -> None:
    path.write_text(SCENARIO.replace("{datapath: native}", "{guests.vm.count: 200, datapath: sriov-vf}"))
    with pytest.raises(
        ScenarioErrors, match=r"small.yaml:7: guests: 200 virtual functions; .*bare metal, rate 100 kpps"
    ):
        compare(path, replications=1, out=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_series_keeps_the_seed_that_it_sets(path: Path) -> None:
    path.write_text(SCENARIO.replace("{datapath: native}", "{datapath: sriov-vf, interrupts: legacy, seed: 2}"))
    first, other = (compare(path, replications=1).entries[number] for number in (0, 2))
    assert first["latency_exact"] != other["latency_exact"]


@pytest.mark.parametrize(("limit", "code"), [("1 s", 0), ("1 ns", 3)])
def test_thresholds_decide_the_exit_code(path: Path, limit: str, code: int) -> None:
    path.write_text(SCENARIO + f'thresholds: ["latency.mean{{series=VF}} < {limit}"]\n')
    found = compare(path, replications=1)
    assert found.exit_code == code
    assert len(found.breached) == (2 if code else 0)
    assert ("threshold not kept" in found.table()) == bool(code)


def test_a_threshold_that_cannot_be_meant_stops_the_study(path: Path, tmp_path: Path) -> None:
    path.write_text(SCENARIO + 'thresholds: ["latency.p99{series=PF} < 1 us"]\n')
    with pytest.raises(ScenarioErrors, match="PF"):
        compare(path, out=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_seed_and_replications_can_be_given(path: Path) -> None:
    scenario = load(path)
    other = compare(scenario, seed=2, replications=1)
    assert (other.to_json()["seed"], other.entries[0]["replications"]) == (2, 1)
    assert other.entries[0]["latency_exact"] != compare(scenario, replications=1).entries[0]["latency_exact"]
    assert compare(path, overrides=["seed=2"], replications=1).entries == other.entries


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"replications": 0}, {"overrides": ["seed=2"]}, {"engine": "simpy"}])
def test_wrong_options_are_input_errors(path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        compare(load(path), **wrong)


def test_progress_counts_runs(path: Path) -> None:
    seen: list[tuple[int, int]] = []
    compare(path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 12) for n in range(1, 13)]


def test_one_point_can_be_run_alone(path: Path, study: Comparison) -> None:
    assert run_point(points(load(path))[2]).entry == study.entries[2]


def test_the_engines_agree_on_the_small_scenario(path: Path) -> None:
    assert doctor([path]) == [(str(path), IDENTICAL)]


def test_a_crash_of_an_engine_is_a_finding(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.engines import compiled

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(compiled, "CompiledEngine", crash)
    assert doctor([path]) == [(str(path), "bare metal, rate 100 kpps: RuntimeError: no such instruction")]


def test_a_chart_of_an_earlier_result_is_removed(path: Path, tmp_path: Path) -> None:
    first = compare(path, out=tmp_path, overrides=["replications=1"])
    assert first.folder is not None
    for name in ("chart-cdf.png", "chart-budget.svg", "my notes.txt"):
        (first.folder / name).write_bytes(b"of the first title")
    compare(path, out=tmp_path, overrides=["replications=1"], plot=False)
    assert {"chart.png", "chart-cdf.png", "chart-budget.svg"} <= content(first.folder).keys()
    again = compare(path, out=tmp_path, overrides=["replications=1", "title=Another title"], plot=False)
    assert again.folder == first.folder
    assert {name for name in content(first.folder) if name.startswith(("chart", "my"))} == {"my notes.txt"}
    compare(path, out=tmp_path, overrides=["replications=1", "title=Another title"])
    assert "chart.png" in content(first.folder)


def test_the_document_carries_the_thresholds(path: Path) -> None:
    found = compare(path, overrides=["replications=1", "thresholds=['loss_ratio < 1 %']"])
    assert found.to_json()["thresholds"] == ["loss_ratio < 1 %"]

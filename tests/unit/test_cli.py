"""The command line: help, exit codes, JSON, what goes where; the study is replaced where only the frame is meant."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

import simulator
from simulator import study
from simulator.cli import COMMANDS, cli
from simulator.errors import EngineError, ScenarioErrors, SimulatorError
from simulator.scenario import load, shipped

GOOD = "schema: 1\nguests:\n  - {name: vm}\ntraffic:\n  - {kind: poisson, rate: 1 kpps}\n"
GOOD += "compare:\n  a: {}\n  b: {seed: 2}\n"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return str(path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"{command} [OPTIONS]" in result.stdout


def test_help_and_version() -> None:
    assert all(command in call("--help").stdout for command in COMMANDS)
    assert simulator.__version__ in call("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Usage"),
        (("compre", "x"), "did you mean 'compare'?"),
        (("check",), "Missing argument 'SCENARIO'"),
        (("run",), "Missing argument 'SCENARIO'"),
        (("check", "x", "--sett", "a=b"), "No such option"),
        (("run", "x", "--engine", "fast"), "'fast' is not one of"),
        (("run", "x", "--seed", "-1"), "-1 is not in the range"),
        (("run", "x", "--workers", "0"), "0 is not in the range"),
        (("list", "hots"), "did you mean 'hosts'?"),
        (("explain", "sriov-v"), "did you mean 'sriov-vf'?"),
        (("explain", "native", "--host", "moderm"), "did you mean 'modern'?"),
        (("explain", "native", "--nic", "e811"), "did you mean 'e810'?"),
        (("explain", "native", "--interrupts", "post"), "did you mean 'posted'?"),
    ],
)
def test_wrong_usage_is_2_on_standard_error(arguments: tuple[str, ...], says: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr


def test_check(good: str) -> None:
    result = call("check", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{good}: valid; 2 points in 2 series, 10 to 100 replications\n"


def test_check_json_and_resolved(good: str) -> None:
    content = json.loads(call("check", good, "--json", "--set", "seed=4").stdout)
    assert (content["schema"], content["points"], content["resolved"]["seed"]) == (1, 2, 4)
    assert content["origins"]["seed"] == "--set seed"
    assert '"seed": 1 ' in call("check", good, "--resolved").stdout
    assert json.loads(call("check", "--schema").stdout)["properties"]["guests"]


@pytest.mark.parametrize("name", [*shipped()])
def test_shipped_scenarios_are_valid(name: str) -> None:
    assert call("check", name).exit_code == 0


@pytest.mark.parametrize(
    "what", [None, "hosts", "nics", "datapaths", "interrupts", "metrics", "scenarios", "switches", "imixes"]
)
def test_lists(what: str | None) -> None:
    arguments = ("list", what) if what else ("list",)
    text = call(*arguments)
    assert text.exit_code == 0
    content = json.loads(call(*arguments, "--json").stdout)
    assert content["schema"] == 1
    assert [entry["name"] for entry in content[what or "lists"]] == [
        line.split()[0] for line in text.stdout.splitlines()
    ]


def outcome(exit_code: int = 0) -> Any:
    document = {"schema": 1, "points": []}
    return SimpleNamespace(
        taken_over=0, exit_code=exit_code, folder=Path("somewhere"), table=lambda: "the table", to_json=lambda: document
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    seen: list[tuple[Any, dict[str, Any]]] = []

    def compare(scenario: Any, **how: Any) -> Any:
        seen.append((scenario, how))
        how["progress"](1, 2)
        how["shown"](outcome())
        return outcome(3 if scenario.seed == 33 else 0)

    monkeypatch.setattr(study, "compare", compare)
    return seen


def test_compare_passes_everything_on(good: str, calls: list[tuple[Any, dict[str, Any]]]) -> None:
    options = [
        "--seed",
        "7",
        "--replications",
        "3",
        "--engine",
        "reference",
        "--workers",
        "2",
        "--out",
        "there",
        "--no-plot",
        "--max-time",
        "1.5 min",
    ]
    result = call("compare", good, *options, "--set", "guests.*.vcpus=2", "--set", "seed=8")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "the table\n", "saved in somewhere\n")
    scenario, how = calls[0]
    assert (scenario.seed, scenario.replications, scenario.guests[0].vcpus, len(scenario.compare)) == (7, 3, 2, 2)
    del how["progress"], how["forecast"], how["shown"]
    assert how == {
        "engine": "reference",
        "workers": 2,
        "out": Path("there"),
        "plot": False,
        "max_time_s": 90.0,
        "draws": None,
    }


def test_run_leaves_out_comparison_and_sweep(good: str, calls: list[tuple[Any, dict[str, Any]]]) -> None:
    result = call("run", good, "--json")
    assert json.loads(result.stdout) == {"schema": 1, "points": []}
    assert not calls[0][0].compare


def test_thresholds_have_their_own_exit_code(good: str, calls: list[tuple[Any, dict[str, Any]]]) -> None:
    assert call("compare", good, "--seed", "33").exit_code == 3
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (EngineError("ring 3 overflowed"), 1, "ring 3 overflowed\n"),
        (SimulatorError("no point"), 1, "no point\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (ScenarioErrors([]), 2, "\n"),
    ],
)
def test_errors_become_a_line_and_a_code(
    error: BaseException, code: int, says: str, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(study, "compare", compare)
    result = call("compare", good)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", says)


def test_explain_prints_the_steps() -> None:
    result = call("explain", "sriov-vf", "--host", "textbook", "--interrupts", "posted")
    assert result.exit_code == 0
    assert "k_pi_notify" in result.stdout
    content = json.loads(call("explain", "native", "--host", "textbook", "--json").stdout)
    assert content["datapath"] == "native"


def test_explain_gives_and_draws_the_timeline(tmp_path: Path) -> None:
    picture = tmp_path / "one.svg"
    result = call("explain", "native", "--host", "textbook", "--trace", "--json", "--chart", str(picture))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["spans"][0]["lane"] == "packet"
    assert b"<svg" in picture.read_bytes()
    refused = call("explain", "native", "--chart", str(tmp_path / "one.pdf"))
    assert refused.exit_code == 2
    assert "'pdf' is not a known format of a chart; choices: png, svg" in refused.stderr
    assert not (tmp_path / "one.pdf").exists()


def test_doctor_reports_versions_and_agreement(monkeypatch: pytest.MonkeyPatch, good: str) -> None:
    verdicts = {"identical": 0, "slot 3 at 4 ps": 1}
    for verdict, code in verdicts.items():
        monkeypatch.setattr(study, "doctor", lambda paths, verdict=verdict: [(str(path), verdict) for path in paths])
        result = call("doctor", good, "--json")
        assert result.exit_code == code
        content = json.loads(result.stdout)
        assert content["engines"] == {good: verdict}
        assert "missing" not in content["environment"].values()


def test_doctor_misses_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.cli import doctor

    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package-anywhere",))
    result = call("doctor")
    assert result.exit_code == 1
    assert "missing" in result.stdout


def test_a_real_interrupt_ends_with_130(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from simulator import study\n"
        "def compare(*a, **k): print('ready', flush=True); time.sleep(60)\n"
        "study.compare = compare\n"
        "from simulator.cli import main\n"
        "sys.argv = ['sriovsim', 'compare', 'good.yaml']\n"
        "main()\n"
    )
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == "interrupted\n"


def test_load_is_public() -> None:
    assert simulator.load is load


def test_check_tries_the_wiring_of_every_point(tmp_path: Path) -> None:
    file = tmp_path / "over.yaml"
    text = "schema: 1\nnic: {model: e810, rate: 10 Gbps}\nguests:\n  - {name: vm}\n"
    file.write_text(text + "traffic:\n  - {name: load, kind: poisson, rate: 20 Mpps, size: 64 B}\n")
    for command in (["check", str(file)], ["compare", str(file), "--out", str(tmp_path / "results")]):
        result = call(*command)
        told = result.output + str(result.exception)
        assert "offers 13.44 Gbit/s" in told
        assert result.exit_code == 2 or isinstance(result.exception, ScenarioErrors)
    assert not (tmp_path / "results").exists()

"""The fuzzing command counts, reports and exits as it says; its engines are compared elsewhere."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from benchmarks import fuzz
from simulator.plan.model import Plan


def test_no_difference_is_status_0() -> None:
    result = CliRunner().invoke(fuzz.main, ["--plans", "3", "--jobs", "1", "--first", "5"])
    assert result.exit_code == 0, result.output
    assert "6 runs" in result.output
    assert "0 differences" in result.output


def test_a_difference_is_shrunk_printed_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def differ(_: object, plan: Plan, until_ps: int, seed: int, *_coverage: object) -> str | None:
        return f"counter differs at seed {seed}" if seed == 6 and plan.links and until_ps >= 1000 else None

    monkeypatch.setattr(fuzz, "compare", differ)
    result = CliRunner().invoke(fuzz.main, ["--plans", "3", "--jobs", "1", "--first", "5", "--no-mutants"])
    assert result.exit_code == 1
    assert "plan_of((6, False)): counter differs at seed 6" in result.output
    assert "links (1)" in result.output


def test_chunks_cover_every_seed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def note(first: int, count: int, _mutants: bool) -> fuzz.Part:
        seen.extend(range(first, first + count))
        return fuzz.Part()

    monkeypatch.setattr(fuzz, "work", note)
    assert len(list(fuzz.parts(7, 250, 1, mutants=False))) == 3
    assert seen == list(range(7, 257))


def test_mutants_are_other_plans() -> None:
    changed = [fuzz.plan_of((seed, True))[0] != fuzz.plan_of((seed, False))[0] for seed in range(10)]
    assert any(changed)

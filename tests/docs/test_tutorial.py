"""What the tutorial says about its own question is what comes out, at the two ends of its sweep.

The runs are deterministic; the limits are far from the values (exits 0.77 and 0.38, latency 8.6 and 6.2 us, loss 0 and 39 %).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator import costs
from simulator.scenario import load
from simulator.study import compare
from tests.docs.markdown import ROOT, blocks

LOW, HIGH = "50 kpps", "800 kpps"
ENDS = f"sweep.matrix={{traffic.*.rate: [{LOW}, {HIGH}]}}"


def outcome(folder: Path, *changes: str) -> dict[tuple[str, str], dict[str, Any]]:
    page = blocks(ROOT / "docs" / "tutorial" / "ten-minutes.md")
    path = folder / "question.yaml"
    path.write_text(next(block.text for block in page if block.language == "yaml"), encoding="utf-8")
    result = compare(load(path, ["sweep=null", ENDS, "replications=1", *changes]), workers=1)
    return {(entry["series"], entry["parameters"]["traffic.*.rate"]): entry for entry in result.entries}


def test_moderation_hides_the_interrupt_mode(tmp_path: Path) -> None:
    assert costs.nic("e810").value("itr_default") == 50_000_000
    found = outcome(tmp_path)
    for rate in (LOW, HIGH):
        means = [found[series, rate]["latency_us"]["mean"] for series in ("bare metal", "VF, legacy", "VF, posted")]
        assert max(means) < 1.05 * min(means)
        legacy, posted = found["VF, legacy", rate], found["VF, posted", rate]
        assert posted["exits_per_packet"] == pytest.approx(legacy["exits_per_packet"] / 2, rel=0.1)
        assert posted["host_cores_busy"] < legacy["host_cores_busy"]


def test_without_moderation_posting_is_faster_and_drowns_first(tmp_path: Path) -> None:
    found = outcome(tmp_path, "nic.moderation={kind: none}")
    assert found["VF, posted", LOW]["latency_us"]["mean"] < 0.85 * found["VF, legacy", LOW]["latency_us"]["mean"]
    assert found["VF, posted", HIGH]["loss_ratio"] > 0.2
    assert found["VF, legacy", HIGH]["loss_ratio"] == 0

"""``python -m tests.campaign.calibrate [--trials N] [--out FILE]``: known costs, simulated measurements, and what calibrate makes of them.

1. Each trial draws every cost that the scenarios spend from its range, simulates the measurements with seeds of its own, and adds
   the errors that are stated for them.
2. It is *recovered* if all costs that calibrate claims to know lie in their intervals, which hold all at once with 95 %.
3. The slopes of the predictions are those of the base, found once.

*Scope*: the fit and its claims; not whether a model fits a machine. *Validation*: the share is asked for by the issue: 90 % of 200.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from simulator.calibrate import fit, predict
from simulator.calibrate.predict import Case, Predictor
from simulator.calibrate.readers import Observed
from simulator.scenario import load

COMMON = """schema: 1
host: {model: modern, variability: off, tick: off, idle: poll}
nic: {model: textbook-nic}
measurement: {warmup: 2 ms, duration: 20 ms}
"""
SCENARIOS = {
    "quiet": "guests: [{name: vm, datapath: vhost-net, interrupts: apicv}]\ntraffic: [{kind: poisson, rate: 20 kpps}]\n",
    "full": "guests: [{name: vm, datapath: vhost-net, interrupts: apicv}]\ntraffic: [{kind: constant, rate: 3 Mpps, overload: on}]\n",
    "metal": "guests: [{name: app, datapath: native}]\ntraffic: [{kind: poisson, rate: 50 kpps}]\n",
}
MEASURED = {
    "quiet": (("latency.mean", 0.02), ("host_work_cores", 0.03), ("guest_work_cores", 0.03)),
    "full": (("delivered_pps", 0.01),),
    "metal": (("latency.mean", 0.02), ("host_work_cores", 0.02)),
}
DIRECT = (
    ("k_exit", 0.02),
    ("k_exit + q_exit + q_mmio", 0.02),
    ("h_ctxsw", 0.03),
    ("g_app_rx_pk", 0.05),
    ("g_copy_fs", 0.05),
)
FIRST_SEED = 1000


def cases(folder: Path) -> tuple[Case, ...]:
    """The measurements of one trial, values still to be filled in."""
    found = []
    for name, text in SCENARIOS.items():
        path = folder / f"{name}.yaml"
        path.write_text(COMMON + text, encoding="utf-8")
        observed = tuple(Observed(what, 1.0, error, name) for what, error in MEASURED[name])
        found.append(Case(load(path), observed))
    return (*found, Case(None, tuple(Observed(what, 1.0, error, "vmexit") for what, error in DIRECT)))


def campaign(trials: int, chosen: tuple[str, ...] = ()) -> dict[str, object]:
    """All trials, of all costs or of those ``chosen``; what was recovered, of which costs, and how wide the intervals are."""
    with tempfile.TemporaryDirectory() as folder:
        found = cases(Path(folder))
    host = predict.host_of("modern")
    names = predict.candidates(host, found, chosen)
    spreads = predict.spreads(host, names)
    predictor = Predictor(host, names, found)
    stated = np.array([item.error for case in found for item in case.observed])
    errors = np.sqrt(stated**2 + 2 * predict.noise(predictor) ** 2)
    rates = predict.saturated(found)
    slopes = fit.jacobian(predictor, np.zeros(len(names)), range(len(names)))
    recovered, inside, claimed, widths = 0, dict.fromkeys(names, 0), dict.fromkeys(names, 0), dict.fromkeys(names, 0.0)
    for trial in range(trials):
        drawn = np.random.default_rng(trial)
        truth = np.clip(drawn.normal(size=len(names)), -fit.PRIOR, fit.PRIOR) * spreads
        other = Predictor(host, names, found, seed=FIRST_SEED + trial)
        measured = other(truth) + drawn.normal(size=len(stated)) * stated
        told = fit.fit(names, spreads, measured, errors, predictor, slopes, rates).told
        right = {
            item.name: item.low <= float(np.exp(truth[place])) <= item.high
            for place, item in enumerate(told)
            if item.identified
        }
        recovered += all(right.values())
        for item in told:
            if item.identified:
                claimed[item.name] += 1
                inside[item.name] += right[item.name]
                widths[item.name] += item.high / item.low
    known = {
        name: {"claimed": claimed[name], "inside": inside[name], "mean_high_over_low": widths[name] / claimed[name]}
        for name in names
        if claimed[name]
    }
    share = recovered / trials
    return {"trials": trials, "recovered": recovered, "share": share, "costs": known, "candidates": len(names)}


def main() -> None:
    """Run it and print the outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    result = json.dumps(campaign(chosen.trials), indent=1)
    print(result)
    if chosen.out is not None:
        chosen.out.write_text(result + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How full everything was: link utilisation, queue occupancy, batch sizes, and the resource that limits, in a sentence.

1. Each core, each link with a rate, each hardware engine and each lock gets a busy share between 0 and 1.
2. The largest share of 0.95 or more is the bottleneck, or a lock that is mostly held and waited for; below that nothing is saturated on average, and losses, if
   any, are those of bursts, of late consumers or of limits that are not on the clock (rate limits, reads in flight).
3. Queues that are much fuller at the end than at the start are named: such a window is not a steady state.

*Scope*: averages over the window. Polling without work does not make a core busy here: a poller is saturated when it
works all the time. A hardware engine's share counts its per-packet time only (not per byte), so it is a lower bound.
*Validation*: tests/unit/test_metrics.py.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.metrics.cpu import core_labels_ps
from simulator.metrics.rates import drops, offered
from simulator.plan.model import NONE, Plan
from simulator.plan.trace import Trace

SATURATED = 0.95
LOCK_HELD, LOCK_CONTENDED = 0.8, 0.5
"""A lock limits before it is held all the time: its owners wait for other things, too, and for one another."""
WITHOUT_WORK = ("idle", "guest_idle", "pmd_idle", "halt_poll")
SHOWN = 2
GROWTH_SAID_FROM = 50
"""One offered packet in so many is left over in queues."""


def link_utilisation(plan: Plan, trace: Trace) -> dict[str, float]:
    """Link -> share of the window in which it was sending; links without a rate are left out."""
    rated = [link.name for link in plan.links if link.rate_bps]
    # A link counts its sending time when it is handed the frame, so a backlog at the end of the window is in it, too.
    length = window.length_ps(trace)
    return {name: min(ps / length, 1.0) for name, ps in window.by_place(trace, rated, "busy_ps").items()}


def occupancy(plan: Plan, trace: Trace) -> dict[str, dict[str, float]]:
    """Queue or ring -> mean and largest number of packets held; those that stayed empty are left out."""
    length = window.length_ps(trace)
    return {
        name: {"mean": trace.counters[f"{name}.integral"] / length, "max": largest}
        for name, largest in window.by_place(trace, window.queue_names(plan), "maximum").items()
    }


def batch_size(plan: Plan, trace: Trace) -> dict[str, float]:
    """Software worker -> packets served per invocation (pollers, which never end theirs, are left out)."""
    workers = [worker.name for worker in plan.workers if worker.kind != "hw" and not worker.poll_mode]
    rounds = window.by_place(trace, workers, "invocations")
    return {name: trace.counters[f"{name}.served"] / count for name, count in rounds.items()}


def busy_shares(plan: Plan, trace: Trace) -> dict[str, float]:
    """Resource -> share of the window in which it worked: cores, links with a rate, hardware engines, locks."""
    from simulator.plan.draws import mean  # NumPy is not needed to list the metrics

    length = window.length_ps(trace)
    shares = {}
    for core, labels in core_labels_ps(plan, trace).items():
        shares[f"core {core}"] = sum(ps for label, ps in labels.items() if label not in WITHOUT_WORK) / length
    shares |= {f"link {name}": share for name, share in link_utilisation(plan, trace).items()}
    for worker in plan.workers:
        if worker.kind == "hw":
            drawn = mean(plan.streams[worker.service]) if worker.service != NONE else 0
            time_ps = trace.counters[f"{worker.name}.served"] * (worker.batch_ps + worker.packet_ps + drawn)
            shares[f"engine {worker.name}"] = float(time_ps / length)
    shares |= {f"lock {name}": row["held"] for name, row in locks(plan, trace).items()}
    return shares


def locks(plan: Plan, trace: Trace) -> dict[str, dict[str, float]]:
    """Lock -> share of the window in which it was held, and share of its owners that had to wait; unused ones are left out."""
    length = window.length_ps(trace)
    taken = window.by_place(trace, [lock.name for lock in plan.locks], "acquired")
    return {
        name: {
            "held": trace.counters[f"{name}.held_ps"] / length,
            "contended": min(trace.counters[f"{name}.contended"] / count, 1.0),
        }
        for name, count in taken.items()
    }


def bottleneck(plan: Plan, trace: Trace) -> str:
    """What limits and by how much, in one sentence; starts with ``nothing`` where no resource is saturated."""
    if not window.length_ps(trace):
        return "nothing: the window is empty"
    shares = busy_shares(plan, trace)
    busiest = max(shares, key=lambda name: shares[name], default=None)
    lost = _losses(plan, trace) + _growth(plan, trace)
    if busiest is None:
        return f"nothing: no resource has a capacity{lost}"
    state = f"{busiest} is {_percent(shares[busiest])} {'held' if busiest.startswith('lock ') else 'busy'}"
    if shares[busiest] >= SATURATED:
        return f"{state}{_labels(plan, trace, busiest)}{lost}"
    if lost and (waiting := _contended(plan, trace)):
        return f"{waiting}{lost}"
    if lost:
        return f"nothing saturated on average ({state}): bursts or a limit without a clock{lost}"
    return f"nothing: {state} at most"


def _contended(plan: Plan, trace: Trace) -> str:
    """The lock that is held most, if whoever wants it mostly has to wait; else nothing."""
    found = {
        name: row
        for name, row in locks(plan, trace).items()
        if row["held"] >= LOCK_HELD and row["contended"] >= LOCK_CONTENDED
    }
    if not found:
        return ""
    worst = max(found, key=lambda name: found[name]["held"])
    held, waited = (_percent(found[worst][key], 0) for key in ("held", "contended"))
    return f"lock {worst} is {held} held, and {waited} of its owners had to wait for it"


def _labels(plan: Plan, trace: Trace, resource: str) -> str:
    kind, _, name = resource.partition(" ")
    if kind != "core":
        return ""
    labels = {k: v for k, v in core_labels_ps(plan, trace)[name].items() if k not in WITHOUT_WORK}
    top = sorted(labels, key=lambda label: -labels[label])[:SHOWN]
    return " (" + ", ".join(f"{label} {_percent(labels[label] / window.length_ps(trace), 0)}" for label in top) + ")"


def _losses(plan: Plan, trace: Trace) -> str:
    places, made = drops(plan, trace), offered(plan, trace)
    if not places:
        return ""
    worst = max(places, key=lambda name: places[name])
    share = f"{_percent(places[worst] / made, 2)} of the offered packets" if made else f"{places[worst]} packets"
    others = f" and fewer at {len(places) - 1} other places" if len(places) > 1 else ""
    return f"; {worst} drops {share}{others}"


def _growth(plan: Plan, trace: Trace) -> str:
    """Said where queues still fill while measuring: the window shows no steady state, and loss is yet to come."""
    grown, made = trace.in_flight_end - trace.in_flight_start, offered(plan, trace)
    if grown * GROWTH_SAID_FROM <= made:
        return ""
    return f"; queues hold {grown} packets more at the end than at the start ({_percent(grown / made)} of the offered)"


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"

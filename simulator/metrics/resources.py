"""How full everything was: link utilisation, queue occupancy, batch sizes, and the resource that limits, in a sentence.

1. Each core, each link with a rate, each hardware engine, each IOMMU and each lock gets a busy share between 0 and 1.
2. The largest share of 0.95 or more is the bottleneck; else a cap or quota that is used up, a shared core that somebody never gives back, or a
   lock that is mostly held and waited for. Below that losses, if any, are those of bursts. A closed loop always has a limit: its round trip.
3. Queues that are much fuller at the end than at the start are named: such a window is not a steady state (`steady`).

*Scope*: averages over the window. Polling without work does not make a core busy here: a poller is saturated when it
works all the time. A hardware engine's share counts its per-packet time only (not per byte), so it is a lower bound.
*Validation*: tests/unit/test_metrics.py.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.metrics.cpu import core_labels_ps
from simulator.metrics.latency import latency_us
from simulator.metrics.rates import delivered, drops, offered
from simulator.plan.model import NONE, Dma, Plan, Shaper
from simulator.plan.trace import Trace

SATURATED = 0.95
LOCK_HELD, LOCK_CONTENDED = 0.8, 0.5
"""A lock limits before it is held all the time: its owners wait for other things, too, and for one another."""
WITHOUT_WORK = ("idle", "guest_idle", "pmd_idle", "halt_poll")
LOCK_SHARED = 0.5
"""From here on a closed loop's round trip is said to be one under the lock."""
SHOWN = 2
QUOTA_USED = 0.9
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
    """Resource -> share of the window in which it worked: cores, links with a rate, hardware engines, page walks of an IOMMU, locks."""
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
    shares |= {
        f"page walks of {dma.name}": _walking(dma, trace) / length for dma in plan.dmas if dma.iotlb_entries != NONE
    }
    shares |= {f"lock {name}": row["held"] for name, row in locks(plan, trace).items()}
    return shares


def locks(plan: Plan, trace: Trace) -> dict[str, dict[str, float]]:
    """Lock -> share of the window in which it was held, and share of its owners that had to wait; unused ones are left out."""
    length = window.length_ps(trace)
    taken = window.by_place(trace, [lock.name for lock in plan.locks], "acquired")
    return {
        name: {
            # whoever spins is counted when it asks, the last ones perhaps for a time beyond the window
            "held": min(trace.counters[f"{name}.held_ps"] / length, 1.0),
            "contended": min(trace.counters[f"{name}.contended"] / count, 1.0),
        }
        for name, count in taken.items()
    }


def steady(plan: Plan, trace: Trace) -> float | None:
    """1 if the window shows a steady state, 0 if a queue still fills, latency is cut off by the window, or nothing arrives."""
    return None if not window.length_ps(trace) else float(not unsteady(plan, trace))


def unsteady(plan: Plan, trace: Trace) -> str:
    """Why the window shows no steady state; empty if it does. A queue that stays full and drops is steady."""
    made = offered(plan, trace)
    if made and not delivered(plan, trace):
        return "nothing of what is offered is delivered"
    grown = _grown(plan, trace)
    worst = max(grown, key=lambda name: grown[name], default="")
    if worst and grown[worst] * GROWTH_SAID_FROM > made:
        more = f"{_percent(grown[worst] / made)} of the offered packets" if made else f"{grown[worst]} packets"
        return f"{worst} holds {more} more at the end than at the start"
    p50_us = latency_us(plan, trace)["p50"]
    if p50_us is not None and p50_us * 10**6 * 4 > window.length_ps(trace):
        return "half of the packets take over a quarter of the window"
    return ""


def _grown(plan: Plan, trace: Trace) -> dict[str, int]:
    """Queue or ring -> packets that it holds more at the end of the window than at its beginning."""
    counters = trace.counters
    grown = {fifo.name: counters[f"{fifo.name}.pushed"] - counters[f"{fifo.name}.popped"] for fifo in plan.fifos}
    for ring in plan.rings:
        put, got = ("posted", "taken") if ring.kind == "tx" else ("completed", "reaped")
        grown[ring.name] = counters[f"{ring.name}.{put}"] - counters[f"{ring.name}.{got}"]
    return grown


def _walking(dma: Dma, trace: Trace) -> float:
    """Time (ps) that all walkers of an IOMMU together would have needed for the walks that were asked for."""
    return trace.counters[f"{dma.name}.walks"] * dma.walk_ps / dma.walkers


def bottleneck(plan: Plan, trace: Trace) -> str:
    """What limits and by how much, in one sentence; starts with ``nothing`` where no resource is saturated."""
    if not window.length_ps(trace):
        return "nothing: the window is empty"
    losses, growth = _losses(plan, trace), _growth(plan, trace)
    limit = _limit(plan, trace, dropped=bool(losses), lost=bool(losses or growth))
    return f"{limit}{losses}{growth}"


def _limit(plan: Plan, trace: Trace, *, dropped: bool, lost: bool) -> str:
    shares = busy_shares(plan, trace)
    busiest = max(shares, key=lambda name: shares[name], default=None)
    state = "no resource has a capacity"
    if busiest is not None:
        state = f"{busiest} is {_percent(shares[busiest])} {'held' if busiest.startswith('lock ') else 'busy'}"
        if shares[busiest] >= SATURATED:
            return f"{state}{_labels(plan, trace, busiest)}{_spinning(plan, trace, busiest)}"
    stated = (
        _stated_limit(plan, trace)
        or (_shared_core(plan, trace) if lost else "")
        or (_contended(plan, trace) if lost else "")
    )
    if stated:
        return stated
    if _is_closed(plan) and not dropped:
        return f"closed loop: no resource is full ({state} at most), the next packet waits for the answer{_longest_stage(plan, trace)}"
    if lost:
        return f"nothing saturated on average ({state}): bursts, larger than what queues hold"
    return f"nothing: {state} at most"


def _spinning(plan: Plan, trace: Trace, resource: str) -> str:
    """Where a core is full because all wait for one lock: which."""
    spun = {plan.locks[worker.spin].name for worker in plan.workers if worker.spin != NONE}
    contended = _contended(plan, trace) if spun and resource.startswith("core ") else ""
    return f", spinning: {contended}" if any(contended.startswith(f"lock {name} ") for name in spun) else ""


def _stated_limit(plan: Plan, trace: Trace) -> str:
    """A cap or quota of the scenario that is used up."""
    for shaper in plan.shapers:
        used = _shaper_share(shaper, trace)
        if used >= SATURATED and any(
            item.shaper != NONE and plan.shapers[item.shaper] is shaper for w in plan.workers for item in w.inputs
        ):
            return f"cap of {_capped(shaper, trace)} is {_percent(used)} used"
    for quota in plan.quotas:
        allowed_ps = quota.quota_ps * window.length_ps(trace) / quota.period_ps
        used = trace.counters[f"{quota.name}.used_ps"] / allowed_ps
        if trace.counters[f"{quota.name}.throttled"] and used >= QUOTA_USED:
            return f"quota {quota.name} is {_percent(used)} used, and its threads were stopped {trace.counters[f'{quota.name}.throttled']} times"
    return ""


def _capped(shaper: Shaper, trace: Trace) -> str:
    """Whose cap, and which of its two."""
    in_bytes, in_packets = _shaper_shares(shaper, trace)
    return f"{shaper.name.removesuffix('.cap')} ({'max_rate' if in_bytes >= in_packets else 'packets per second'})"


def _shaper_share(shaper: Shaper, trace: Trace) -> float:
    return max(_shaper_shares(shaper, trace))


def _shaper_shares(shaper: Shaper, trace: Trace) -> tuple[float, float]:
    """Of its rate in bits and of that in packets."""
    seconds = window.length_ps(trace) / window.PS_PER_SECOND
    in_bytes = trace.counters[f"{shaper.name}.bytes"] * 8 / (shaper.rate_bps * seconds) if shaper.rate_bps else 0.0
    in_packets = (
        trace.counters[f"{shaper.name}.packets"] * 1000 / (shaper.rate_millipps * seconds)
        if shaper.rate_millipps
        else 0.0
    )
    return in_bytes, in_packets


def _shared_core(plan: Plan, trace: Trace) -> str:
    """A core that somebody never gives back although others want it: pollers, idle guests that spin."""
    tenants: dict[str, int] = {}
    for thread in plan.threads:
        executor = plan.executors[thread.executor]
        if executor.kind == "core" and thread.kind != "ksoftirqd":
            tenants[executor.name] = tenants.get(executor.name, 0) + 1
    worst, most, spent = "", 0.0, 0.0
    for core, labels in core_labels_ps(plan, trace).items():
        waiting = sum(labels.get(label, 0) for label in WITHOUT_WORK if label != "idle")
        taken = sum(ps for label, ps in labels.items() if label != "idle") / window.length_ps(trace)
        if tenants.get(core, 0) > 1 and waiting and taken > most:
            worst, most, spent = core, taken, waiting / window.length_ps(trace)
    if most < SATURATED:
        return ""
    return f"core {worst} is shared by {tenants[worst]} threads and {_percent(most)} taken, {_percent(spent)} of it by polling"


def _is_closed(plan: Plan) -> bool:
    return bool(plan.sources) and all(source.kind != "open" for source in plan.sources)


def _longest_stage(plan: Plan, trace: Trace) -> str:
    sums: dict[str, int] = {}
    for rows in trace.stages.values():
        for name, (wait_ps, service_ps) in zip(plan.stages, rows, strict=True):
            sums[name] = sums.get(name, 0) + wait_ps + service_ps
    whole = sum(sums.values())
    if not whole:
        return ""
    longest = max(sums, key=lambda name: sums[name])
    held = max(locks(plan, trace).items(), key=lambda item: item[1]["held"], default=None)
    beside = f", {_turns(plan, held[0], held[1]['held'])}" if held and held[1]["held"] >= LOCK_SHARED else ""
    return f"; {_percent(sums[longest] / whole, 0)} of it is '{longest}'{beside}"


def _turns(plan: Plan, lock: str, held: float) -> str:
    """The thread that works under the lock, such as QEMU's main loop, and everybody else who wants it."""
    number = next(index for index, item in enumerate(plan.locks) if item.name == lock)
    thread = next((item for item in plan.threads if item.lock == number), None)
    if thread is None:
        return f"under lock {lock}, which is {_percent(held)} held"
    core = plan.executors[thread.executor].name
    return f"under lock {lock}, for which {thread.name} on {core} takes turns with the guest and which is {_percent(held)} held"


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
    """Said where the window shows no steady state: loss or latency is yet to come."""
    reason = unsteady(plan, trace)
    return f"; not steady: {reason}" if reason else ""


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"

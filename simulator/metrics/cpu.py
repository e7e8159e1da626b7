"""Where the cores' time went: core-seconds by accounting label, and how many cores host and guests kept busy.

1. Every core's time carries a label at every instant, so labels add up to elapsed time.
2. Guest: interrupt handlers, softirqs and tasks of guests. Host: everything else except idle time, also exits handled
   on a vCPU's own core. Guest idle polling is neither: it is the guest's choice to burn it, and it is shown by its
   label.
3. A poll-mode worker keeps its core at 1.0 busy, working or not. Its time is the guest's where the poller runs in a
   guest.
4. `work_split` keeps work and polling apart: time in which something was done for the host or for guests, and time in
   which a core only looked whether there is something to do. What polling burns is neither side's work.

*Scope*: cores, not hyper-threads. A core on which a guest's and the host's pollers share time counts them as the
host's. *Validation*: tests/unit/test_metrics.py; labels add up to elapsed time in every engine test.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.metrics.rates import delivered_pps, throughput_bps
from simulator.plan.model import NONE, Plan
from simulator.plan.trace import LABELS, Trace

GUEST_LABELS = ("guest_irq", "guest_soft", "guest_task")
IDLE_LABELS = ("idle", "guest_idle")
POLL_LABELS = ("pmd_work", "pmd_idle")
POLLING_LABELS = ("halt_poll", "guest_idle", "pmd_idle")
HOST_WORK, GUEST_WORK, POLLING = "host_work", "guest_work", "polling"


def core_labels_ps(plan: Plan, trace: Trace) -> dict[str, dict[str, int]]:
    """Core -> label -> ps, labels without time left out."""
    cores = window.executor_names(plan, "core")
    return {core: {label: ps for label in LABELS if (ps := trace.counters[f"{core}.{label}"])} for core in cores}


def core_seconds(plan: Plan, trace: Trace) -> dict[str, float]:
    """Core-seconds by label, summed over cores."""
    cores = window.executor_names(plan, "core")
    sums = {label: window.total(trace, cores, label) for label in LABELS}
    return {label: ps / window.PS_PER_SECOND for label, ps in sums.items() if ps}


def guest_cores_busy(plan: Plan, trace: Trace) -> float | None:
    """Cores kept busy by guests' own code; a poller in a guest counts 1.0."""
    return window.ratio(sum(guest for guest, _ in _split(plan, trace)), window.length_ps(trace))


def host_cores_busy(plan: Plan, trace: Trace) -> float | None:
    """Cores kept busy by the host: interrupts, kernel, VMM, exits; a poller on the host counts 1.0."""
    return window.ratio(sum(host for _, host in _split(plan, trace)), window.length_ps(trace))


def work_split(plan: Plan, trace: Trace) -> dict[str, dict[str, float]]:
    """Cores by what they did (``host_work``, ``guest_work``, ``polling``) and label; labels without time are left out."""
    length = window.length_ps(trace)
    return {kind: {n: ps / length for n, ps in labels.items()} for kind, labels in _work_ps(plan, trace).items()}


def host_work_cores(plan: Plan, trace: Trace) -> float | None:
    """Cores busy with work of the host: interrupts, kernel, VMM, exits, pollers while they have packets; no polling."""
    return _work(plan, trace, HOST_WORK)


def guest_work_cores(plan: Plan, trace: Trace) -> float | None:
    """Cores busy with work of the guests' own code; no polling."""
    return _work(plan, trace, GUEST_WORK)


def polling_cores(plan: Plan, trace: Trace) -> float | None:
    """Cores that only looked for something to do: halt polling, idle polling in guests, pollers without packets."""
    return _work(plan, trace, POLLING)


def work_of_host(plan: Plan, trace: Trace, prefix: str) -> dict[str, float | None]:
    """The same three of one host's cores: those that its `prefix` is put before (``""`` of the first host, ``"other."``)."""
    return {
        f"{kind}_cores": window.ratio(sum(labels.values()), window.length_ps(trace))
        for kind, labels in _work_ps(plan, trace, f"{prefix}cpu").items()
    }


def _work(plan: Plan, trace: Trace, kind: str) -> float | None:
    return window.ratio(sum(_work_ps(plan, trace)[kind].values()), window.length_ps(trace))


def _work_ps(plan: Plan, trace: Trace, cores: str = "") -> dict[str, dict[str, int]]:
    """Of all cores whose names begin so."""
    pollers = guest_poller_cores(plan)
    found: dict[str, dict[str, int]] = {HOST_WORK: {}, GUEST_WORK: {}, POLLING: {}}
    for core, labels in core_labels_ps(plan, trace).items():
        for label, ps in labels.items():
            if label != "idle" and core.startswith(cores):
                own = found[_kind(label, core in pollers)]
                own[label] = own.get(label, 0) + ps
    return {kind: {label: own[label] for label in LABELS if label in own} for kind, own in found.items()}


def _kind(label: str, guest_pollers: bool) -> str:
    if label in POLLING_LABELS:
        return POLLING
    inside = label in GUEST_LABELS or (label == "pmd_work" and guest_pollers)
    return GUEST_WORK if inside else HOST_WORK


def host_cores_per_mpps(plan: Plan, trace: Trace) -> float | None:
    """Host cores per million delivered packets per second."""
    return _per(host_cores_busy(plan, trace), delivered_pps(plan, trace), 10**6)


def host_cores_per_gbps(plan: Plan, trace: Trace) -> float | None:
    """Host cores per Gbit/s of delivered frames."""
    return _per(host_cores_busy(plan, trace), throughput_bps(plan, trace), 10**9)


def _per(cores: float | None, rate: float | None, unit: int) -> float | None:
    return None if cores is None or not rate else cores * unit / rate


def _split(plan: Plan, trace: Trace) -> list[tuple[int, int]]:
    """(guest, host) ps of each core."""
    pollers = guest_poller_cores(plan)
    rows = []
    for core, labels in core_labels_ps(plan, trace).items():
        guests = (*GUEST_LABELS, *POLL_LABELS) if core in pollers else GUEST_LABELS
        guest = sum(labels.get(label, 0) for label in guests)
        rows.append((guest, sum(labels.values()) - guest - sum(labels.get(label, 0) for label in IDLE_LABELS)))
    return rows


def guest_poller_cores(plan: Plan) -> set[str]:
    """Cores whose poll-mode workers all run inside guests."""
    inside: dict[str, bool] = {}
    for worker in plan.workers:
        if worker.poll_mode and worker.kind == "task":
            core, in_guest = _core_of(plan, plan.threads[worker.on].executor)
            inside[core] = inside.get(core, True) and in_guest
    return {core for core, guest in inside.items() if guest}


def _core_of(plan: Plan, executor: int) -> tuple[str, bool]:
    """Name of the core under an executor, and whether the executor is a vCPU."""
    found = plan.executors[executor]
    if found.kind == "core" or found.thread == NONE:
        return found.name, False
    return plan.executors[plan.threads[found.thread].executor].name, True

"""All probes that this machine permits, and why the others are missing.

*Scope*: the list. *Validation*: ``tests/measure/test_probes.py`` has every quantity of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from simulator.measure import kernel
from simulator.measure.calls import calls, copies
from simulator.measure.cores import Crew
from simulator.measure.network import LARGE_BYTES, SMALL_BYTES, Network
from simulator.measure.packets import datagrams, empty_receives, lone_sends, streams, tap_bridge, taps
from simulator.measure.probes import Unavailable
from simulator.measure.slices import Probe
from simulator.measure.threads import bounces, slices_of_two, switches, timers, wakes


def all_probes(crew: Crew, bench: Network, kept: ExitStack) -> tuple[list[Probe], dict[str, str]]:
    """Everything that can be measured here, and why the rest cannot."""
    found: list[Probe] = []
    absent = dict(bench.absent)
    groups: Sequence[tuple[str, str, Callable[[], Iterable[Probe]]]] = (
        ("calls", "", lambda: calls(crew, kept)),
        ("copies", "", lambda: copies(crew)),
        ("switches", "", lambda: [*switches(crew, kept), slices_of_two(crew)]),
        ("loopback", "", lambda: [datagrams(crew, bench, "lo", SMALL_BYTES), empty_receives(crew, bench)]),
        ("veth", "veth", lambda: [datagrams(crew, bench, "veth", size) for size in (SMALL_BYTES, LARGE_BYTES)]),
        ("sends that end on the way", "veth", lambda: lone_sends(crew, bench)),
        ("tap", "tap", lambda: taps(crew, bench)),
        ("bridge", "bridge", lambda: [datagrams(crew, bench, "bridge", SMALL_BYTES)]),
        ("routed", "routed", lambda: [datagrams(crew, bench, "routed", SMALL_BYTES)]),
        ("bridge of taps", "bridge of taps", lambda: tap_bridge(crew, bench)),
        ("stream", "", lambda: [streams(crew, bench.streams.get("veth", bench.streams["lo"]))]),
        ("timer", "", lambda: [timers(crew)]),
        ("cache line", "", lambda: [bounces(crew)]),
        ("wake-up, idle cores polling", "", lambda: [wakes("poll", crew, kept, kernel.awake)]),
        ("wake-up, idle cores as they are", "", lambda: [wakes("idle", crew, kept)]),
        ("wake-up, core kept from idling", "", lambda: [wakes("spin", crew, kept)]),
    )
    for name, needed, make in groups:
        if needed in absent:
            absent.setdefault(name, f"needs {needed}, which is left out")
            continue
        try:
            found.extend(make())
        except Unavailable as why:
            absent[name] = str(why)
        except OSError as error:
            absent[name] = error.strerror or str(error)
    return found, absent

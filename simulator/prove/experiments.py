"""The list of experiments, each with what it needs, how it is predicted and how it is run. All of it is run, every time.

*Scope*: an experiment whose devices or cores are missing is named as left out before anything is run.
*Validation*: ``tests/prove``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.measure.slices import Values
from simulator.prove import plans, runs
from simulator.prove.bench import Bench
from simulator.prove.plans import Flood, Prediction, Prices
from simulator.prove.runs import Crew

_SMALL, _LARGE, _BURST = 18, 1472, 64
_ROUND_TRIP, _PACKET, _KILOBYTE = "round trip", "packet that arrives", "1,000 bytes"


@dataclass(frozen=True, slots=True)
class Experiment:
    """One of them: ``operation`` is what its time is the time of."""

    name: str
    what: str
    operation: str
    needs: tuple[str, ...]
    """Paths of the bench, and ``second core``."""
    predict: Callable[[Prices], Prediction]
    attempt: Callable[[Crew, Bench], Values | None]


def _asks(name: str, what: str, path: str, cores: int = 1, payload_bytes: int = _SMALL, pairs: int = 1) -> Experiment:
    return Experiment(
        name,
        what,
        _ROUND_TRIP,
        (path, *(("second core",) if cores == 2 else ())),
        lambda prices: plans.round_trip(prices, path, cores, payload_bytes, pairs),
        lambda crew, bench: runs.round_trips(crew, bench, path, cores, payload_bytes, pairs),
    )


def _bursts(name: str, what: str, path: str) -> Experiment:
    return Experiment(
        name,
        what,
        _PACKET,
        (path,),
        lambda prices: plans.burst(prices, path, _BURST),
        lambda crew, bench: runs.bursts(crew, bench, path, _BURST),
    )


def _floods(name: str, what: str, flood: Flood) -> Experiment:
    return Experiment(
        name,
        what,
        _PACKET,
        ("taps" if flood.path == "tap" else flood.path, "second core"),
        lambda prices: plans.flood(prices, flood),
        lambda crew, bench: runs.flood(crew, bench, flood),
    )


def _stream(path: str, what: str) -> Experiment:
    predict, attempt = partial(plans.stream, path=path), partial(runs.stream, path=path)
    return Experiment(f"stream-{path}", what, _KILOBYTE, (path,), predict, attempt)


EXPERIMENTS: tuple[Experiment, ...] = (
    _asks("ask-pair", "UDP request-response over a veth pair, one core", "pair"),
    _asks("ask-bridge", "UDP request-response over a bridge, one core", "bridge"),
    _asks("ask-routed", "UDP request-response through a routing namespace, one core", "routed"),
    _asks("ask-large", "UDP request-response of 1,472 B over a pair, one core", "pair", payload_bytes=_LARGE),
    _asks("ask-shared", "two clients and two servers over a pair share one core", "pair", pairs=2),
    _asks("ask-pair-2", "UDP request-response over a veth pair, server on another core", "pair", cores=2),
    _asks("ask-bridge-2", "UDP request-response over a bridge, server on another core", "bridge", cores=2),
    Experiment(
        "ask-loop",
        "UDP request-response over two taps and a user-space loop as QEMU's, one core",
        _ROUND_TRIP,
        ("taps",),
        plans.forwarded,
        runs.forwarded,
    ),
    _bursts("burst-pair", "64 datagrams and one answer over a pair, one core, nobody pre-empts", "pair"),
    _bursts("burst-bridge", "64 datagrams and one answer over a bridge, one core, nobody pre-empts", "bridge"),
    _floods("flood-pair", "UDP flood over a pair, receiver asleep on another core", Flood()),
    _floods("flood-bridge", "UDP flood over a bridge, receiver asleep on another core", Flood("bridge")),
    _floods("flood-spin", "UDP flood over a pair, receiver that never sleeps on another core", Flood(sink="spins")),
    _floods("flood-tap", "UDP flood into a tap that a user-space loop on another core reads", Flood("tap")),
    _floods("flood-loss", "the same, and the loop writes to a second tap: too slow", Flood("tap", forwards=True)),
    _floods("two-senders", "two senders on one core over a pair, receivers asleep on another", Flood(senders=2)),
    _stream("pair", "TCP stream over a veth pair, one core"),
    _stream("bridge", "TCP stream over a bridge, one core"),
)

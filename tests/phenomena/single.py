"""One packet into an idle machine, for the statements about order and distance of the paths."""

from __future__ import annotations

from simulator.costs import host, nic
from simulator.datapaths import datapath
from simulator.engines.compiled import CompiledEngine
from simulator.explain import one_packet
from simulator.parts.settings import port_settings


def one_packet_us(model: str, name: str, mode: str) -> float:
    """Latency on that host, its usual adapter, that datapath and interrupt mode."""
    machine = one_packet(datapath(name), mode, host(model), port_settings(nic(host(model).default_nic)))
    engine = CompiledEngine(machine.builder.finish("one"), 1)
    engine.run(10**11)
    return float(engine.trace().counters["guest.sink.sum_ps"] / 1e6)

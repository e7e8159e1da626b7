"""A host whose only costs are those of the sum under test, and one guest on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from simulator.costs import host, nic
from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.parts.nic import PEER
from simulator.parts.settings import GuestSettings, HostSettings, Moderation, port_settings
from simulator.plan import draws
from simulator.plan.check import require
from simulator.plan.model import Source
from simulator.plan.trace import Trace
from simulator.scenario.assemble import assemble

FRAME_BYTES = 60
Runner = Callable[..., Trace]


@pytest.fixture(params=[CompiledEngine, ReferenceEngine], ids=["compiled", "reference"])
def run(request: pytest.FixtureRequest) -> Runner:
    """`run(datapath, mode, costs, instants_ps)`: frames that arrive at `instants_ps`; costs not named are 0.

    `sending`: the guest's application sends them instead; `neighbour`: to a second guest, `other`, on that datapath.
    `length_bytes` is without FCS.
    """

    def play(
        datapath: str,
        mode: str,
        costs: Iterable[str],
        instants_ps: list[int],
        *,
        sending: bool = False,
        neighbour: str = "",
        length_bytes: int = FRAME_BYTES,
        until_ps: int = 10**9,
        **guest: object,
    ) -> Trace:
        kept = set(costs)
        textbook = host("textbook")
        others = [name for name, cost in textbook.costs.items() if name not in kept and cost.unit in ("ps", "fs/B")]
        model = textbook.with_overrides(dict.fromkeys(others, (0, "not in the sum")))
        # Zero wire time as well: the sums are those of the software.
        port = replace(port_settings(nic("textbook-nic"), moderation=Moderation("none")), rate_bps=0)
        settings = GuestSettings("vm", datapath, mode, sends=sending, **guest)  # type: ignore[arg-type]
        guests = [settings, GuestSettings("other", neighbour, mode, **guest)] if neighbour else [settings]  # type: ignore[arg-type]
        machine = assemble(HostSettings(model, apicv=True, posted_interrupts=True), [port], guests)
        to = machine.attached["other"].mac if neighbour else PEER
        builder, vm = machine.builder, machine.attached["vm"]
        gaps = [later - earlier for earlier, later in zip([0, *instants_ps], instants_ps, strict=False)]
        fields = {
            name: builder.stream(draws.constant(name, value))
            for name, value in (("size", length_bytes), ("flow", 0), ("dst", to if sending else vm.mac))
        }
        gap = builder.stream(draws.cycle("gap", gaps))
        target = ("fifo", vm.send) if sending else ("link", machine.port.wire_in)
        builder.add(Source("sender", "open", *target, **fields, gap=gap, max_packets=len(instants_ps)))
        plan = builder.finish("golden")
        require(plan)
        engine = request.param(plan, 1, log=True)
        engine.run(until_ps)
        trace: Trace = engine.trace()
        return trace

    return play

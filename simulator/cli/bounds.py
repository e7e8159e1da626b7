"""``sriovsim bounds``: what no run of a scenario can exceed, without running it.

*Scope*: arguments and printing; the arithmetic is in ``simulator/bounds``. *Validation*: ``tests/bounds``.
"""

from __future__ import annotations

from typing import Any

import click

from simulator.cli import options


@click.command("bounds")
@options.scenario
@options.settings
@options.as_json
def command(scenario: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Show the most that each point of SCENARIO can deliver, what limits it, and what limits when that is taken away.

    Bounds count what a packet costs under any circumstances. A run comes near them where a poll-mode core or a link is full, and stays
    below where wake-ups, interrupts and exits come on top.
    """
    from simulator.scenario.audit import study

    _, points = study(scenario, settings)
    from simulator.bounds import bound
    from simulator.scenario.build import build
    from simulator.scenario.identity import identity, point_name

    found = [(point_name(identity(point)), bound(build(point.scenario))) for point in points]
    if as_json:
        options.print_json({"bounds": [{"point": name} | _as_data(one) for name, one in found]})
        return
    for name, one in found:
        click.echo(_text(name, one))


def _as_data(found: Any) -> dict[str, Any]:
    return {
        "offered_pps": found.offered_pps,
        "throughput_pps": found.throughput_pps,
        "capacity_pps": found.capacity_pps,
        "limits": [{"resource": limit.resource, "offered_pps": limit.offered_pps} for limit in found.limits],
        "utilisation": found.utilisation,
    }


def _text(name: str, found: Any) -> str:
    from simulator import units

    def rate(value: float) -> str:
        return units.format_packet_rate(value * 1000)

    offered = f"offered {rate(found.offered_pps)}, " if found.offered_pps else "closed loop, "
    lines = [f"{name}: {offered}delivers at most {rate(found.throughput_pps)}"]
    for number, limit in enumerate(found.limits):
        first = "full first" if number == 0 else "then, without that"
        lines.append(f"  {first}: {limit.resource}, at {rate(limit.offered_pps)}")
    busy = [f"{resource} {share:.1%}" for resource, share in list(found.utilisation.items())[:3]]
    if busy:
        lines.append(f"  at least this busy: {', '.join(busy)}")
    return "\n".join(lines)

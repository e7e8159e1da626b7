"""``sriovsim explain``: the steps of one datapath, what each costs on a host and who says so.

*Scope*: arguments and printing.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import click

from simulator.cli import options


@click.command("explain")
@click.argument("datapath")
@click.option("--host", default="modern", show_default=True, help="Machine of the cost catalogue.")
@click.option("--nic", help="Network adapter of the catalogue (default: the host's).")
@click.option("--interrupts", default="automatic", show_default=True, help="How an interrupt reaches the guest.")
@click.option("--trace", is_flag=True, help="Add the timeline of one simulated packet.")
@options.as_json
def command(datapath: str, host: str, nic: str | None, interrupts: str, trace: bool, as_json: bool) -> None:
    """Show the steps of DATAPATH: where each runs, what it costs, when it happens, who says so."""
    from simulator.errors import unknown
    from simulator.scenario import names

    given = (
        ("DATAPATH", "datapath", datapath),
        ("--host", "host", host),
        ("--interrupts", "interrupts", interrupts),
        ("--nic", "nic", nic),
    )
    for option, what, value in given:
        known = names.LISTS[what if what == "interrupts" else what + "s"]()
        if value is not None and value not in known:
            raise unknown(option, what, value, known)
    from simulator.explain import explain

    text = explain(datapath, host, interrupts, nic, trace=trace)
    if as_json:
        options.print_json({"datapath": datapath, "host": host, "interrupts": interrupts, "text": text})
    else:
        click.echo(text)

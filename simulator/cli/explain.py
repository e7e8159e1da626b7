"""``sriovsim explain``: the steps of one datapath, what each costs on a host and who says so.

*Scope*: arguments and printing.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli import options, pictures


@click.command("explain")
@click.argument("datapath")
@click.option("--host", default="modern", show_default=True, help="Machine of the cost catalogue, or a host file.")
@click.option("--nic", help="Network adapter of the catalogue (default: the host's).")
@click.option("--interrupts", default="automatic", show_default=True, help="How an interrupt reaches the guest.")
@click.option("--idle", default="poll", show_default=True, help="How deep the cores have slept when the packet comes.")
@click.option(
    "--iommu",
    default="passthrough",
    show_default=True,
    type=click.Choice(["passthrough", "lazy", "strict"]),
    help="Whether drivers of the host map packet by packet, and forget what is unmapped together or at once.",
)
@click.option(
    "--viommu",
    default="off",
    show_default=True,
    type=click.Choice(["off", "lazy", "strict", "nested lazy", "nested strict"]),
    help="The same of the driver in a guest with an IOMMU of its own.",
)
@click.option(
    "--formula",
    is_flag=True,
    help="Show what n packets cost as a sum (work, copies, exits, bytes on the bus) and the latency of a single one.",
)
@click.option("--after", metavar="TIME", help="With --formula: when the single packet is sent (default: at the start).")
@click.option("--trace", is_flag=True, help="Add the timeline of one simulated packet.")
@click.option(
    "--chart",
    "picture",
    type=click.Path(path_type=Path),
    help="Draw that timeline into this file (.png or .svg; both without an ending).",
)
@options.as_json
def command(
    datapath: str,
    host: str,
    nic: str | None,
    interrupts: str,
    idle: str,
    iommu: str,
    viommu: str,
    formula: bool,
    after: str | None,
    trace: bool,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Show the steps of DATAPATH: where each runs, what it costs, when it happens, who says so."""
    from simulator.costs import is_host_file
    from simulator.errors import unknown
    from simulator.scenario import names

    given = (
        ("DATAPATH", "datapath", datapath),
        ("--host", "host", host),
        ("--interrupts", "interrupts", interrupts),
        ("--nic", "nic", nic),
        ("--idle", "idle", idle),
    )
    for option, what, value in given:
        known = names.LISTS[what if what in ("interrupts", "idle") else what + "s"]()
        if what == "host" and is_host_file(value or ""):
            continue
        if value is not None and value not in known:
            raise unknown(option, what, value, known)
    from simulator import explain as explanation

    if picture is not None:
        into = pictures.files(picture, picture, None)
        pictures.write(explanation.chart(datapath, host, interrupts, nic, idle=idle), into)
        for path in into:
            click.echo(f"drawn in {path}", err=True)
    if formula:
        from simulator import contract

        sent_ps = options.time_ps("--after", after) if after else 0
        found_formula = contract.formula(
            datapath, host, interrupts, nic, idle=idle, after_ps=sent_ps, iommu=iommu, viommu=viommu
        )
        if as_json:
            options.print_json(found_formula)
        else:
            click.echo(contract.formula_text(found_formula), nl=False)
        return
    text = explanation.explain(datapath, host, interrupts, nic, trace=trace, idle=idle, iommu=iommu, viommu=viommu)
    if as_json:
        content = {"datapath": datapath, "host": host, "interrupts": interrupts, "text": text}
        found = {"spans": explanation.spans(datapath, host, interrupts, nic, idle=idle)} if trace else {}
        options.print_json(content | found)
    else:
        click.echo(text)

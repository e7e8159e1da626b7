"""``sriovsim list``: the names that scenarios and options may use.

*Scope*: names, and titles where there are some.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import click

from simulator.cli import options


@click.command("list")
@click.argument("what", required=False)
@options.as_json
def command(what: str | None, as_json: bool) -> None:
    """List WHAT can be named: scenarios, hosts, nics, datapaths, metrics, ...; without WHAT, what can be listed."""
    from simulator.errors import unknown
    from simulator.scenario.names import LISTS

    known = sorted([*LISTS, "charts", "devices", "scenarios"])
    if what is None:
        content = dict.fromkeys(known, "")
    elif what == "scenarios":
        content = _scenarios()
    elif what == "devices":
        content = _devices()
    elif what == "charts":
        content = _charts()
    elif what in LISTS:
        content = {name: _title(what, name) for name in LISTS[what]()}
    else:
        raise unknown("WHAT", "list", what, known)
    if as_json:
        options.print_json({what or "lists": [{"name": name, "title": title} for name, title in content.items()]})
        return
    width = max(map(len, content), default=0)
    for name, title in content.items():
        click.echo(f"{name:<{width}}  {title}".rstrip())


def _scenarios() -> dict[str, str]:
    from simulator.formats import yaml12
    from simulator.scenario.shipped import shipped

    found = {name: yaml12.load(path).plain() for name, path in shipped().items()}
    return {name: str(content.get("title", "")) for name, content in found.items()}


def _devices() -> dict[str, str]:
    from simulator.sriov import MODELS

    return {name: model.title for name, model in MODELS.items()}


def _charts() -> dict[str, str]:
    from simulator.charts.kinds import KINDS

    return {name: kind.sentence for name, kind in KINDS.items()}


def _title(what: str, name: str) -> str:
    if what in ("hosts", "nics"):
        from simulator import costs

        return (costs.host if what == "hosts" else costs.nic)(name).title
    if what == "metrics":
        from simulator.metrics import METRICS

        return METRICS[name].sentence
    return ""

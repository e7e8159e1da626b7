"""One page per datapath: its module's docstring, and for each interrupt mode its steps and what ``explain`` prints.

1. The registry names the datapaths. A datapath's text is the docstring of the module that declares it.
2. The step table is that of the simulation; the times are those of each host that offers the mode.

*Scope*: whatever is in ``simulator.datapaths.DATAPATHS``. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from generate.markdown import code, page, prose, table
from simulator import costs, datapaths, units
from simulator.datapaths import DATAPATHS, Datapath
from simulator.explain import explain
from simulator.parts.steps import Step
from simulator.scenario import names


def pages() -> dict[str, str]:
    """One page for each datapath."""
    return {f"datapaths/{path.name}.md": _page(path) for path in DATAPATHS.values()}


def module_of(path: Datapath) -> ModuleType:
    """The module that declares a datapath."""
    modules = (import_module(f"{datapaths.__name__}.{found.name}") for found in iter_modules(datapaths.__path__))
    return next(module for module in modules if any(value is path for value in vars(module).values()))


def _page(path: Datapath) -> str:
    module = module_of(path)
    facts = f"Name in scenarios: {code(path.name)}. Interrupt modes: {', '.join(map(code, path.modes))}. "
    facts += f"What carries its packets to and from the wire: {code(path.switch)}. Module: {code(module.__name__)}."
    sections = [_mode(path, mode) for mode in path.modes]
    return page(f"# {path.title[0].upper()}{path.title[1:]}", facts, prose(module.__doc__), *sections)


def _mode(path: Datapath, mode: str) -> str:
    hosts = [costs.host(name) for name in costs.hosts() if _offers(name, mode)]
    head = ("step", "where", "when", "exit", *(f"{host.name}" for host in hosts), "costs", "source")
    rows = [_row(step, hosts) for step in path.steps(mode)]
    host = "modern" if any(host.name == "modern" for host in hosts) else hosts[-1].name
    option = f" --interrupts {mode}" if len(path.modes) > 1 else ""
    command = f"sriovsim explain {path.name} --host {host}{option}"
    shown = f"What one packet into an idle guest takes on the host {code(host)}:"
    printed = f"```text\n$ {command}\n{explain(path.name, host, mode)}```"
    return page(f"## Interrupts: {mode}", table(head, rows), shown, printed)


def _offers(host: str, mode: str) -> bool:
    return mode not in names.interrupts() or mode in names.available_interrupts(host, None, None)


def _row(step: Step, hosts: list[costs.Host]) -> tuple[str, ...]:
    amounts = [sum(host.value(name) for name in step.costs) for host in hosts]
    shown = [
        f"{amount / 1e6:.3g} ns/B" if step.charge.endswith("_fs") else units.format_time(amount) for amount in amounts
    ]
    return (step.name, step.where, step.when, code(step.exits), *shown, " + ".join(map(code, step.costs)), step.source)

"""``sriovsim device``: an SR-IOV device as Linux would show it, and what a write to it would do.

*Scope*: arguments and printing. *Validation*: ``tests/sriov/test_cli.py``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import options

if TYPE_CHECKING:
    from simulator.sriov import Host
    from simulator.sriov.state import Physical, Virtual

VIEWS = {
    "lspci": "Print PF and first and last VF as lspci -vvv.",
    "bytes": "Print the configuration space of the same as lspci -xxxx, without lines of zeros.",
    "sysfs": "Print the files, links and resources under /sys.",
    "ip-link": "Print the PF's table of VFs as ip link.",
    "switch": "Print the switch inside the adapter: physical port and vports.",
    "registers": "Print the SR-IOV capability as a table of bits, and the first VF beside its PF.",
    "log": "Print the kernel's log with times.",
    "origins": "Print where the device's values come from.",
}


def _views(function: Any) -> Any:
    for name, text in reversed(VIEWS.items()):
        function = click.option(f"--{name}", "view", flag_value=name, help=text)(function)
    return function


@click.command("device")
@click.argument("model")
@click.option("--vfs", type=click.IntRange(0, 65535), default=0, help="Enable so many VFs on every PF first.")
@click.option("--machine", default="server", show_default=True, help="Machine around the device: server or q35.")
@click.option(
    "--write",
    "writes",
    multiple=True,
    metavar="[FUNCTION/]FILE=TEXT",
    help="Write into a file of the first PF or of a function such as 01:10.0, and say what comes of it; repeatable.",
)
@click.option(
    "--ip-link-set", "sets", multiple=True, metavar="'vf N ...'", help="Run ip link set on the first PF; repeatable."
)
@click.option(
    "--send",
    "frames",
    multiple=True,
    metavar="'FROM SOURCE DESTINATION [VLAN]'",
    help="Ask the switch of the first PF where a frame from wire, pf or vf0, vf1, ... goes; repeatable.",
)
@_views
@options.as_json
def command(
    model: str,
    vfs: int,
    machine: str,
    writes: tuple[str, ...],
    sets: tuple[str, ...],
    frames: tuple[str, ...],
    view: str | None,
    as_json: bool,
) -> None:
    """Show MODEL, a device with SR-IOV (sriovsim list devices): its functions, registers and files.

    Writes come before --ip-link-set, both before --send and the view. A refused write is an answer and no failure.
    """
    from simulator.errors import unknown
    from simulator.sriov import MACHINES, Host, model_named

    chosen = model_named(model)
    if machine not in MACHINES:
        raise unknown("--machine", "machine", machine, MACHINES)
    host = Host(MACHINES[machine])
    host.plug(chosen)
    _enable(host, vfs)
    tried = [_write(host, text) for text in writes] + [_set(host, text) for text in sets]
    tried += [_send(host, text) for text in frames]
    shown = _summary(host) if view is None else _shown(host, view)
    if as_json:
        functions = [_described(item) for item in host.functions]
        options.print_json(
            {"device": chosen.name, "machine": machine, "functions": functions, "tried": tried, "text": shown}
        )
        return
    for entry in tried:
        click.echo(f"{entry['what']}: {entry['result']}")
        for line in entry["lines"]:
            click.echo(f"  {line}")
    click.echo(shown)


def _enable(host: Host, vfs: int) -> None:
    from simulator.errors import BadValue
    from simulator.sriov import sysfs

    for pf in host.pfs if vfs else ():
        outcome = sysfs.write(host, pf, "sriov_numvfs", str(vfs))
        if not outcome:
            raise BadValue("--vfs", f"cannot be enabled on {pf.name}: {outcome}", vfs)


def _write(host: Host, text: str) -> dict[str, Any]:
    from simulator.errors import BadValue
    from simulator.sriov import sysfs

    target, equals, value = text.partition("=")
    name, _, file = target.rpartition("/")
    if not equals or not file:
        raise BadValue("--write", "is not of the form [FUNCTION/]FILE=TEXT", text)
    item: Physical | Virtual = host.function(name) if name else host.pf(0)
    outcome = sysfs.write(host, item, file, f"{value}\n")
    return {"what": text, "result": str(outcome), "errno": outcome.errno, "lines": list(outcome.lines)}


def _set(host: Host, text: str) -> dict[str, Any]:
    from simulator.errors import BadValue
    from simulator.sriov import iplink

    words = text.split()
    if len(words) < 4 or len(words) % 2 or words[0] != "vf" or not words[1].isdecimal():
        raise BadValue("--ip-link-set", "is not of the form 'vf N SETTING VALUE ...'", text)
    given: dict[str, Any] = dict(zip(words[2::2], words[3::2], strict=True))
    outcome = iplink.set_vf(host, host.pf(0), int(words[1]), **given)
    return {"what": text, "result": str(outcome), "errno": outcome.errno, "lines": list(outcome.lines)}


def _send(host: Host, text: str) -> dict[str, Any]:
    from simulator.errors import BadValue
    from simulator.sriov import switch
    from simulator.sriov.iplink import MAC

    words = text.lower().split()
    sound = len(words) in (3, 4) and all(MAC.fullmatch(word) for word in words[1:3])
    if not sound or not (len(words) == 3 or words[3].isdecimal()):
        raise BadValue(
            "--send", "is not of the form 'FROM SOURCE DESTINATION [VLAN]', the middle two MAC addresses", text
        )
    verdict = switch.forward(host.pf(0), words[0], words[1], words[2], int(words[3]) if len(words) == 4 else 0)
    return {"what": text, "result": str(verdict), "to": list(verdict.to), "lines": []}


def _shown(host: Host, view: str) -> str:
    from simulator.sriov import lspci, show, switch
    from simulator.sriov.table import Beside, Bits

    if view == "origins":
        origins = host.pf(0).hardware.model.origins
        return "\n".join(f"{origin.status}: {origin.source} ({origin.fields})" for origin in origins)
    if view == "log":
        return "\n".join(f"[{ps / 10**12:12.6f}] {line}" for ps, line in host.log)
    if view in ("lspci", "bytes"):
        items: list[Physical | Virtual] = []
        for pf in host.pfs:
            items += [pf, *pf.vfs[:1], *pf.vfs[1:][-1:]]
        if view == "lspci":
            return "\n\n".join(lspci.long(item) for item in items)
        return "\n\n".join("\n".join((item.name, *lspci.bytes_of(item))) for item in items)
    if view == "registers":
        tables = [[repr(Bits(pf)), *(repr(Beside(pf, vf)) for vf in pf.vfs[:1])] for pf in host.pfs]
        return "\n\n".join(text for texts in tables for text in texts)
    texts = {"sysfs": show.sysfs_text, "ip-link": show.ip_link_text, "switch": switch.text}
    return "\n\n".join(texts[view](pf) for pf in host.pfs)


def _summary(host: Host) -> str:
    from simulator.sriov import lspci, sysfs

    model = host.pf(0).hardware.model
    lines = [model.title]
    for pf in host.pfs:
        files = sysfs.pf_files(pf)
        lines.append(
            f"{pf.name}: TotalVFs {model.total_vfs}, {pf.driver} allows {files['sriov_totalvfs']}, offset "
            f"{files['sriov_offset']}, stride {files['sriov_stride']}, {model.vf_msix} vectors for each VF"
        )
    counted = Counter(status for origin in model.origins for status in [origin.status] * len(origin.fields.split()))
    said = ", ".join(f"{count} {status}" for status, count in counted.most_common())
    return "\n".join([*lines, f"values: {said} (--origins says from where)", "", lspci.tree(host.pfs)])


def _described(item: Physical | Virtual) -> dict[str, Any]:
    from simulator.sriov import sysfs

    return {"name": item.name, "driver": item.driver, "files": sysfs.files(item)}

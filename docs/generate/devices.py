"""The page of SR-IOV devices: what each capability says, what its driver allows, how long each step takes, who says so.

*Scope*: the registries of ``simulator.sriov``. *Validation*: tests/sriov/test_reference.py.
"""

from __future__ import annotations

from generate.markdown import code, page, table
from simulator.sriov import MODELS, registers, timing
from simulator.sriov.model import Bar, Model
from simulator.sriov.policy import POLICIES, Policy

UNITS = ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))
INTRODUCTION = """# SR-IOV devices

What `sriovsim device NAME` shows, and `simulator.sriov` holds. The words are explained on [their page](../../explanation/sr-iov.md)."""
RIGHTS = """Rights are those of the PCIe text: RO, HwInit (read-only once firmware has run), RW, RW1C (a written 1
clears). Offsets count from the start of the capability."""


def pages() -> dict[str, str]:
    """The one page."""
    sections = [_device(model) for model in MODELS.values()]
    return {"devices.md": page(INTRODUCTION, *sections, _registers(), _policies(), _durations())}


def _device(model: Model) -> str:
    rows = [
        ("PFs", str(len(model.ports))),
        ("TotalVFs of each", f"{model.total_vfs:,}"),
        ("First VF Offset, with ARI", ", ".join(str(port.offset_ari) for port in model.ports)),
        ("First VF Offset, without", ", ".join(str(port.offset_plain) for port in model.ports)),
        ("VF Stride", str(model.vf_stride)),
        ("PF, VF id", f"{model.vendor_id:04x}:{model.device_id:04x}, {model.vf_device_id:04x}"),
        ("windows of the PF", _bars(model.pf_bars.items())),
        ("windows of a VF", _bars(model.vf_bars.items())),
        ("MSI-X vectors of PF, VF", f"{model.pf_msix}, {model.vf_msix}"),
        ("drivers of PF, VF", f"{model.pf_driver}, {model.vf_driver}"),
    ]
    origins = [(code(" ".join(sorted(o.fields.split()))), o.status, o.source) for o in model.origins]
    return page(f"## {model.name}", model.title + ".", table(("what", "value"), rows),
                table(("values", "status", "source"), origins))  # fmt: skip


def _bars(bars: object) -> str:
    assert hasattr(bars, "__iter__")
    return ", ".join(f"BAR{number} {_bar(content)}" for number, content in bars)


def _bar(bar: Bar) -> str:
    kind = "I/O" if bar.is_io else ("64-bit" if bar.is_64bit else "32-bit") + ", prefetchable" * bar.prefetchable
    unit, name = next((unit, name) for unit, name in UNITS if bar.size_bytes >= unit)
    return f"{bar.size_bytes // unit} {name} ({kind})"


def _registers() -> str:
    rows = [
        (f"{register.offset:#04x}", register.name, f"{field.high}:{field.low}", field.name, field.access, field.rule)
        for register in registers.REGISTERS
        for field in register.fields
    ]
    return page("## The capability", RIGHTS, table(("offset", "register", "bits", "field", "access", "rule"), rows))


def _policies() -> str:
    head = ("driver", "VFs kept", "mail by", "spoof check", "link state", "least rate", "promiscuous VF", "source")
    return page("## What PF drivers allow", table(head, [_policy(policy) for policy in POLICIES.values()]))


def _policy(policy: Policy) -> tuple[str, ...]:
    return (
        code(policy.driver),
        str(policy.reserved_vfs),
        policy.transport,
        "on" if policy.spoof_check else "off",
        "can be set" if policy.sets_link_state else "fixed",
        "guaranteed" if policy.sets_min_rate else "none",
        f"{policy.promiscuous} unless trusted",
        policy.source,
    )


def _durations() -> str:
    named = {
        "VF Enable to first access": timing.SETTLE,
        "after VF Enable was cleared": timing.DISABLE,
        "function-level reset": timing.FLR,
        "a message and its answer": timing.MAIL,
        "hot unplug, ACPI": timing.UNPLUG_ACPI,
        "hot unplug, native": timing.UNPLUG_NATIVE,
        "filters of PF and host after a switchover": timing.FILTER,
        "Hyper-V's guest goes back to its function": timing.TAKEOVER,
        "mapping guest memory, per GiB": timing.MAP_PER_GIB,
        **{f"start of {driver}": duration for driver, duration in timing.VF_START.items()},
        "start of another VF driver": timing.VF_START_OTHER,
    }
    rows = [(name, f"{d.ps / 10**9:,.1f} ms", d.status, d.source) for name, d in named.items()]
    return page("## How long it takes", table(("step", "time", "status", "source"), rows))

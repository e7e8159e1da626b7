"""The recorded guest, and how its text is compared with ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from simulator.sriov import Q35, Host, model_named, sysfs
from simulator.sriov.outcome import Outcome
from simulator.sriov.state import Physical

DATA = Path(__file__).parent / "data"
IGB: dict[str, Any] = yaml.safe_load((DATA / "igb.yaml").read_text(encoding="utf-8"))
RANDOM_MAC = re.compile(r"\b(?!52:54|02:11|02:aa|00:00|ff:ff)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b")


def igb() -> tuple[Host, Physical]:
    """The machine of the recording, as after boot."""
    host = Host(Q35)
    (pf,) = host.plug(model_named("igb"))
    return host, pf


def masked(text: str) -> str:
    """A random address is random in both."""
    return RANDOM_MAC.sub("MAC", text)


def echo(host: Host, pf: Physical, text: str, file: str = "sriov_numvfs") -> Outcome:
    """``echo text > file``: it adds a line feed."""
    return sysfs.write(host, pf, file, f"{text}\n")


def enabled(count: int) -> tuple[Host, Physical]:
    """The machine with some VFs."""
    host, pf = igb()
    assert echo(host, pf, str(count))
    return host, pf

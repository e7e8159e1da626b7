"""Which program wrote a file, told by its content, and the reader for it.

1. A folder is sysfs; text that begins with ``<`` is XML of libvirt.
2. Lines tell lspci, ethtool and sysfs apart.
3. Everything else must be JSON or YAML with objects of Kubernetes or ports of OpenStack.
4. Files of other programs that users have beside these are named, with what to do with them.

*Scope*: recognising; reading is in one module for each source.
*Validation*: ``tests/imports/test_command.py``.
"""

from __future__ import annotations

from pathlib import Path

from simulator.errors import BadValue, InputError
from simulator.formats.yaml12 import Node
from simulator.imports import domain, ethtool, kubernetes, lspci, openstack, sysfs
from simulator.imports.facts import Facts
from simulator.imports.structured import documents, text_at
from simulator.imports.text import LONGEST_LINE, read_bytes, read_text

MOST_FILES = 1_024
SOURCES = (
    "libvirt domain XML",
    "lspci -vvv",
    "a sysfs folder or its listing",
    "ethtool -c, -g, -l, -i",
    "SriovNetworkNodeState",
    "SriovNetworkNodePolicy",
    "SriovNetwork",
    "NetworkAttachmentDefinition",
    "OpenStack ports (JSON)",
)
_CAPTURES = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_RESULTS = {
    "intervals": "is a result of iperf3, which says what was measured, not what the machine is",
    "benchmarks": "is a result of NFVbench, which says what was measured, not what the machine is",
    "guests": "is a scenario already: give it to 'sriovsim check'",
}


def labels_of(paths: list[Path]) -> list[str]:
    """Return how comments name the files: by name alone, unless two have the same."""
    names = [path.name for path in paths]
    return [path.name if path.name and names.count(path.name) == 1 else str(path) for path in paths]


def read_all(paths: list[Path], labels: list[str]) -> Facts:
    """Return the facts of all files together; ``InputError`` for one of no known kind or that cannot be read."""
    if len(paths) > MOST_FILES:
        raise BadValue("FILES", f"are more than {MOST_FILES:,}", len(paths))
    return sum((_read(path, label) for path, label in zip(paths, labels, strict=True)), Facts())


def _read(path: Path, label: str) -> Facts:
    if path.is_dir():
        return sysfs.read_folder(path, label)
    if path.is_file() and read_bytes(path, label)[:4] in _CAPTURES:
        raise BadValue(label, "is a capture of packets: replay it with traffic of kind 'capture'")
    text = read_text(path, label)
    if not text.strip():
        raise BadValue(label, "is empty")
    if text.lstrip().startswith("<"):
        return domain.read(text.lstrip() if text.startswith((" ", "\n", "\t")) else text, label)
    # JSON may be one line of any length; the readers of lines refuse what no program prints
    lines = [line[:LONGEST_LINE] for line in text.split("\n")]
    if lspci.is_lspci(lines):
        return lspci.read(text, label)
    if ethtool.is_ethtool(lines):
        return ethtool.read(text, label)
    if sysfs.is_sysfs(lines):
        return sysfs.read(text, label)
    return _structured(text, label)


def _structured(text: str, label: str) -> Facts:
    found = Facts()
    for node in documents(text, label):
        if openstack.is_openstack(node):
            found += openstack.read(node)
        elif kubernetes.is_kubernetes(node):
            found += kubernetes.read(node)
        else:
            raise _unknown(node)
    if found == Facts():
        raise BadValue(label, "holds nothing that import knows", None, SOURCES)
    return found


def _unknown(node: Node) -> InputError:
    value = node.value
    held = value if isinstance(value, dict) else {}
    if isinstance(value, list) and value and text_at(value[0], "ifname"):
        return BadValue(node.origin, "is JSON of ethtool: give its plain text, without --json")
    for key, reason in _RESULTS.items():
        if key in held:
            return BadValue(node.origin, reason)
    return BadValue(node.origin, "is of no kind that import knows", None, SOURCES)

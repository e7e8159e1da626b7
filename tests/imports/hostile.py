"""Inputs made to hurt, ten and more of each kind; run as a program, it imports those of a folder under limits.

Limits are of memory and processor time, so that a slow machine changes nothing: a bomb that goes off ends the process.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
MEMORY_BYTES = 400 << 20
SECONDS = 300
"""For all inputs together; they take about 5."""

DOMAIN = (SAMPLES / "vhost-net.xml").read_text(encoding="utf-8")
LSPCI = (SAMPLES / "lspci-x710-vfs.txt").read_text(encoding="utf-8")
SYSFS = (SAMPLES / "sysfs-dump.txt").read_text(encoding="utf-8")
ETHTOOL = (SAMPLES / "ethtool-i40e.txt").read_text(encoding="utf-8")
POLICY = (SAMPLES / "policy-and-networks.yaml").read_text(encoding="utf-8")
PORTS = (SAMPLES / "openstack-ports.json").read_text(encoding="utf-8")

Input = tuple[str, str | bytes]


def inputs() -> dict[str, bytes]:
    """Return the inputs by name; the name begins with the kind."""
    kinds = {
        "domain": (DOMAIN, _domains()),
        "lspci": (LSPCI, _lspci()),
        "sysfs": (SYSFS, _sysfs()),
        "ethtool": (ETHTOOL, _ethtool()),
        "kubernetes": (POLICY, _kubernetes()),
        "openstack": (PORTS, _openstack()),
    }
    found: dict[str, bytes] = {}
    for kind, (good, own) in kinds.items():
        for name, content in (*_encodings(good), *own):
            found[f"{kind}-{name}"] = content.encode() if isinstance(content, str) else content
    return found


def _encodings(good: str) -> Iterator[Input]:
    yield "utf-16", good.encode("utf-16")
    yield "utf-16-without-mark", good.encode("utf-16-le")
    yield "utf-32", good.encode("utf-32-be")
    yield "latin-1", good.encode() + "# é\n".encode("latin-1")
    yield "cut-inside-a-character", good.encode() + "é".encode()[:1]
    yield "zero-byte", good.replace("a", "\0", 1)
    yield "too-large", good + "\n" * 2_000_000
    yield "random", bytes((index * index * 7 + index) % 251 + 1 for index in range(20_000))
    yield "empty", b""


def _domains() -> Iterator[Input]:
    laughs = "".join(f"<!ENTITY l{n} '" + 10 * f"&l{n - 1};" + "'>" for n in range(1, 12))
    yield "billion-laughs", f'<!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]><domain><name>&l11;</name></domain>'
    long = "x" * 100_000
    yield "quadratic-entity", f'<!DOCTYPE d [<!ENTITY a "{long}">]><domain><name>{"&a;" * 1000}</name></domain>'
    yield "external-entity", '<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><domain><name>&f;</name></domain>'
    yield "external-type", '<!DOCTYPE d SYSTEM "http://192.0.2.1/evil.dtd"><domain/>'
    yield "parameter-entity", '<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///dev/zero"> %p;]><domain/>'
    yield "unknown-entity", "<domain><name>&who;</name></domain>"
    yield "giant-attribute", f'<domain type="{"k" * 1_900_000}"/>'
    yield "giant-name", f"<domain><name>{'n' * 1_900_000}</name></domain>"
    yield "giant-tag", f"<{'t' * 1_900_000}/>"
    attributes = " ".join(f"a{n}='1'" for n in range(50_000))
    yield "many-attributes", f"<domain {attributes}/>"
    yield "deep", "<domain>" + "<a>" * 400_000
    yield "many-elements", "<domain>" + "<a/>" * 400_000 + "</domain>"
    yield "truncated", DOMAIN[: len(DOMAIN) // 2]
    yield "truncated-in-a-tag", DOMAIN[: DOMAIN.index("queues=") + 4]
    yield "two-roots", DOMAIN + DOMAIN
    yield "attribute-twice", '<domain type="kvm" type="xen"/>'
    yield "control-character", "<domain><name>a\x01b</name></domain>"
    pins = "".join(f'<vcpupin vcpu="{n}" cpuset="{"0-8191," * 580}0"/>' for n in range(256))
    yield "overlapping-pins", f"<domain><vcpu>256</vcpu><cputune>{pins}</cputune></domain>"
    yield "line-break-in-the-name", DOMAIN.replace("<name>web", "<name>a\nb: c\x7f").replace("bridge", "user")
    yield "line-break-in-the-model", DOMAIN.replace('model type="virtio"', 'model type="a&#10;b: c"')
    yield "line-break-in-the-switch", DOMAIN.replace("<mtu", '<virtualport type="a&#10;b"/><mtu')
    yield "huge-core", '<domain><vcpu cpuset="0-99999">4</vcpu></domain>'
    yield "huge-vcpus", "<domain><vcpu>99999999999999999999</vcpu></domain>"


def _lspci() -> Iterator[Input]:
    head = LSPCI.splitlines()[0]
    yield "giant-line", f"{head}\n\t{'x' * 1_900_000}\n"
    yield "many-devices", "".join(f"{n >> 8:02x}:{n >> 3 & 31:02x}.{n & 7} VGA: x\n" for n in range(20_000))
    yield "no-adapter", "00:02.0 VGA compatible controller: x\n"
    yield "truncated-head", head[:11]
    yield "more-functions-than-possible", LSPCI.replace("Number of VFs: 2", "Number of VFs: 65")
    yield "absurd-functions", LSPCI.replace("Total VFs: 64, Number of VFs: 2", "Total VFs: 99999, Number of VFs: 99999")
    yield "backtracking", f"{head}\n" + ("\t" + "LnkCap: " * 2_400 + "\n") * 80 + "\tTotal VFs: 1, Number of VFs: 2\n"
    yield "many-names", "00:00.0 Ethernet controller: Virtio" + " 82599" * 3_000 + "\n"


def _sysfs() -> Iterator[Input]:
    place = "/sys/bus/pci/devices/0000:03:00.0"
    yield "giant-line", f"{place}/vendor:0x8086\n{'x' * 1_900_000}\n"
    yield (
        "many-devices",
        "".join(f"/sys/bus/pci/devices/{n >> 8 & 0xFFFF:04x}:{n & 255:02x}:00.0/class:0x02\n" for n in range(20_000)),
    )
    yield "no-adapter", f"{place}/class:0x030000\n"
    yield "truncated", place[:-8]
    yield "virtio-alone", f"{place}/vendor:0x1af4\n{place}/class:0x020000\n"
    yield "backtracking", ("/sys/" * 60 + "\n") * 6_000 + f"{place}/class:0x030000\n"


def _ethtool() -> Iterator[Input]:
    yield "giant-line", "Coalesce parameters for eth0:\n" + "x" * 1_900_000
    yield "many-sections", "".join(f"Ring parameters for e{n}:\n" for n in range(20_000))
    yield "truncated-title", "Coalesce parameters for"
    yield "counters-alone", "NIC statistics:\n" + "".join(f"     rx_{n}: 1\n" for n in range(50_000))
    yield "not-permitted", "netlink error: Operation not permitted\n"
    yield "json", '[ {\n"ifname": "eth0",\n"rx": 512\n} ]\n'


def _kubernetes() -> Iterator[Input]:
    layers = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))
    yield "alias-bomb", f"kind: SriovNetworkNodeState\na0: &a0 [1, 2]\n{layers}\n"
    yield "alias-of-itself", "kind: SriovNetworkNodeState\nstatus: &s {interfaces: *s}\n"
    yield "deep", "kind: SriovNetworkNodeState\nstatus: " + "[" * 400_000
    yield "deep-blocks", "kind: SriovNetworkNodeState\nstatus:\n" + "".join(" " * n + "- \n" for n in range(1, 900))
    yield "many-documents", "kind: SriovNetwork\n---\n" * 2_000
    yield "many-values", "kind: SriovNetworkNodeState\nx: [" + "1," * 400_000 + "1]\n"
    yield "key-twice", "kind: SriovNetworkNodeState\nkind: SriovNetwork\n"
    yield "tag", "kind: !!python/object/apply:os.system [id]\n"
    yield "merge-key", "kind: SriovNetwork\n<<: {a: 1}\n"
    yield "truncated", POLICY[: POLICY.index("rootDevices") + 14]
    yield "config-truncated", 'kind: NetworkAttachmentDefinition\nspec: {config: \'{"type": "sri\'}\n'
    yield "config-deep", f"kind: NetworkAttachmentDefinition\nspec: {{config: '{'[' * 100_000}'}}\n"
    yield "config-of-another-shape", "kind: NetworkAttachmentDefinition\nspec: {config: '[1, 2]'}\n"


def _openstack() -> Iterator[Input]:
    yield "deep", '{"ports": ' + "[" * 900_000
    yield "truncated", PORTS[: len(PORTS) // 2]
    yield "trailing", PORTS + "]"
    yield "key-twice", '{"ports": [], "ports": []}'
    yield "many-ports", json.dumps({"ports": [{"binding:vif_type": "ovs"}] * 30_000})
    yield "giant-number", '{"ports": [{"binding:vif_type": ' + "9" * 500_000 + "}]}"
    yield "not-a-number", '{"ports": [{"binding:vif_type": .nan}]}'
    yield (
        "terminal-escape",
        '{"port": {"binding:vif_type": "ovs", "binding:vnic_type": "\\u001b[2J\\u001b]0;x\\u0007"}}',
    )
    yield "line-break-in-a-word", '{"port": {"binding:vif_type": "ovs", "binding:vnic_type": "a\\nhost: evil"}}'
    yield "unbound", '{"ports": [{"binding:vif_type": "unbound"}]}'


def main(folder: Path) -> None:
    """Import every file of a folder and print what each ended with."""
    from click.testing import CliRunner

    from simulator.cli import cli

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    found = {}
    for path in sorted(folder.iterdir()):
        result = CliRunner().invoke(cli, ["import", str(path)])
        found[path.name] = [result.exit_code, result.stdout[:500], result.stderr]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What notebook 8 says in words still holds: the sentences that no output proves by itself."""

from __future__ import annotations

from simulator.sriov import Host, iplink, mailbox, model_named, sysfs
from simulator.study.bill import bill

FEW = ("sweep={matrix: {guests.*.count: [16]}}", "measurement={warmup: 1 ms, duration: 4 ms}", "replications=1")


def test_8_against_adapters_things_are_saved_and_against_the_bridge_cores() -> None:
    (point,) = bill("guests-over-paths", overrides=FEW)
    found = {item.design: item for item in point.bills}
    cards, bridge, vfs = (found[name] for name in ("adapter per guest", "one adapter, bridge", "one adapter, VFs"))
    things = sum(line.total for line in cards.lines if line.kind == "money" and line.name not in ("cores", "energy"))
    assert things > 0.8 * cards.total("money"), "things are nearly the whole bill"
    assert vfs.total("money") < bridge.total("money") < 0.2 * cards.total("money"), "small beside it, in money"
    assert bridge.load.host_cores - vfs.load.host_cores > 0.4 * bridge.load.host_cores, "not small for the host"
    assert (vfs.assumed("money") or 0) > 0.9, "read the line about assumed values before the sums"


def test_8_a_refusal_tells_more_than_a_silent_success() -> None:
    answers = []
    for name in ("igb", "xl710"):
        host = Host()
        pf = host.plug(model_named(name))[0]
        sysfs.write(host, pf, "sriov_numvfs", "1")
        for trust in ("off", "on"):
            iplink.set_vf(host, pf, 0, trust=trust)
            answers.append(mailbox.request(host, pf.vfs[0], "promiscuous", True).answer)
    assert answers == ["failure", "success", "ignored", "success"]

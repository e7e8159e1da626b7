from simulator.sriov import iplink, mailbox

rows = []
for name in ("igb", "xl710"):
    host = Host()
    pf = host.plug(model_named(name))[0]
    sysfs.write(host, pf, "sriov_numvfs", "1")
    answers = []
    for trust in ("off", "on"):
        iplink.set_vf(host, pf, 0, trust=trust)
        answers.append(mailbox.request(host, pf.vfs[0], "promiscuous", True).answer)
    rows.append((name, pf.policy.driver, *answers))
display(DataFrame(rows, columns=["device", "PF driver", "not trusted", "trusted"]))
display(
    Markdown(
        "A refusal tells the guest that somebody watches. A success that does nothing tells it nothing, and lets its driver go "
        "on; its owner may look for the missing frames for a long time."
    )
)

host = Host()
(pf,) = host.plug(model_named("igb"))
sysfs.write(host, pf, "sriov_numvfs", "2")
to_vfio(pf.vfs[0])
assign.assign(host, pf.vfs[0], Owner("vm", "router"))
address = pf.vfs[0].name
sysfs.write(host, pf, "reset", "1")
display(
    Markdown(f"{address} is {pf.vfs[0].name} again, owner {pf.vfs[0].owner}. It has seen: {', '.join(pf.vfs[0].seen)}.")
)
seen = pf.vfs[0].seen
sysfs.write(host, pf.vfs[1], "reset", "1")
display(
    Markdown(f"After the reset of the other VF the first one has seen {len(pf.vfs[0].seen) - len(seen)} things more.")
)

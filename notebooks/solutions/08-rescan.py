host = Host()
pf = host.plug(model_named("82599"))[0]
host.remove(pf)
host.rescan()
again = host.pf(0)
outcome = sysfs.write(host, again, "sriov_numvfs", "2")
display(Markdown(f"{outcome}. " + " ".join(f"`{line}`" for line in outcome.lines)))
display(
    Markdown(
        "Linux lets the device use ARI for the first PF that it meets on a bus. The other port was there already, so the bit was "
        f"cleared, the offset is now {sysfs.read(again, 'sriov_offset')}, and the functions would lie on a bus that nobody "
        "reserved at boot. Remove both ports, and the first one found is the first again."
    )
)

series = 'compare={"e1000 legacy": {interrupts: legacy}, "e1000 apicv": {interrupts: apicv}}'
dropped = [f"compare.{name}=null" for name in ("bare metal", "VF, legacy", "VF, APICv", "VF, posted", "VF, poll mode")]
modes = compare("textbook-one-packet", overrides=["datapath=emulated-e1000", *dropped, series])
display(modes.frame[["series", "exits_per_packet", "latency_mean_us"]].round(2))
display(pd.DataFrame({entry["series"]: entry["exits_by_cause"] for entry in modes.entries}))
display(
    Markdown(
        "It saves no exit at all for this packet, since the card's interrupt is level-triggered: the end of such an interrupt must "
        "reach the model of the interrupt controller, which leaves the guest with a virtual APIC, too. What it saves is the "
        "injection by software, which is time but no exit."
    )
)

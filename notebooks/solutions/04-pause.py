longer = compare("vf-modes", overrides=[*MODES, "nic.moderation.interval=50 us"])
gained = (host - by_rate(longer, "host_cores_busy"))[["VF, legacy", "VF, APICv", "VF, posted"]]
display((gained.round(3) + 0.0).rename_axis("host cores saved"))
lost = (by_rate(longer, "latency_p50_us") - latency)[["VF, legacy", "VF, APICv", "VF, posted"]]
display(lost.round(1).rename_axis("p50 lost, us"))
display(
    Markdown(
        "Legacy interrupts gain most, since each one costs the host most. The price is latency: up to the whole pause for a packet "
        "that comes at its beginning."
    )
)

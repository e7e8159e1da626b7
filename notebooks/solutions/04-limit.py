large = compare("halt-polling", overrides=["host.idle=c1", "compare={2 ms: {halt_poll: 2 ms}}"])
display(by_rate(large, "latency_p50_us").round(2).rename_axis("p50, us"))
display(by_rate(large, "host_cores_busy").round(2).rename_axis("host cores"))
display(
    Markdown(
        "Little. A wait that was too long sets the limit back to nothing, from where it has to grow again, so KVM still misses most "
        "packets of this rate. For that the core is busy a good part of the time, and does nothing useful in it. If the core is "
        "yours to waste, poll mode gives more for it."
    )
)

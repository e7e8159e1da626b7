SHORT = ["measurement={warmup: 1 ms, duration: 4 ms}", "sweep={matrix: {guests.*.count: [16, 64]}}", "replications=1"]
found = {}
for name, setting in (("polling", ["guests.*.halt_poll=200 us"]), ("no polling", ["guests.*.halt_poll=off"])):
    frame = compare("many-guests", overrides=[*SHORT, *setting]).frame.set_index(["series", "guests.*.count"])
    found |= {
        f"host cores, {name}": frame["host_cores_busy"].round(1),
        f"p50, us, {name}": frame["latency_p50_us"].round(1),
    }
display(frame[[]].assign(**found))
display(
    Markdown(
        "Every guest's core is busy nearly all the time, and most of it counts as the host's: spinning. Posted interrupts "
        "still take work from the host, but nobody gets what they save: it is spun away or used by the guest. Where "
        "the cores are reserved for guests anyway that costs only power; where they are shared it costs guests."
    )
)

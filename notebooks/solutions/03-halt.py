show(kicks.chart("load"))
no_poll = compare("vhost-kicks", overrides=[*DOZING, "halt_poll=off"])
median = pd.DataFrame(
    {
        name: {
            entry["parameters"]["traffic.*.rate"]: entry["latency_us"]["p50"]
            for entry in result.entries
            if entry["series"] == "receive"
        }
        for name, result in (("halt polling", kicks), ("no halt polling", no_poll))
    }
)
display(median.round(1).rename_axis("receive: latency p50, us"))
display(
    Markdown(
        "A vCPU that halts is not put to sleep at once: KVM polls for a while. At the lowest rate the next packet comes too late for "
        "that and pays for the wake-up; a little later the polling catches it. Without polling the curve begins flat."
    )
)

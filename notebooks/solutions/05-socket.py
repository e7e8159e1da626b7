longer = compare("slow-backend", overrides=["compare.emulated e1000=null", "guests.vm.socket_buffer=4096"])
measured = {}
for name, result in (("as it is", backend), ("longer", longer)):
    vf = result.frame.query("series == 'VF, posted'").set_index("traffic.*.rate")
    measured[f"kpps, {name}"] = vf["delivered_pps"].div(1000).round()
    measured[f"latency, us, {name}"] = vf["latency_mean_us"].round()
display(vf[[]].assign(**measured))
display(
    Markdown(
        "A queue makes no time. What is offered beyond the knee is lost all the same, only later: latency grows "
        "with the queue, since whoever is read has waited "
        "behind all the others. Only where the valve opens now and then does goodput gain, since the application "
        "finds more to read in each of its turns. A buffer "
        "helps against bursts, where there is time afterwards, not against overload, where there is none."
    )
)

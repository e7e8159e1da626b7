rare = compare("receive-livelock", overrides=["nic.moderation.interval=200 us"])
series = "bare metal, no demotion"
both = {"20 us": goodput_kpps(livelock)[series], "200 us": goodput_kpps(rare)[series]}
display(both["20 us"].to_frame("20 us").assign(**both))
display(
    Markdown(
        "None of them. The sum holds costs of packets, and there are as many packets as before. What interrupts cost "
        "besides is bounded: one handler and one poll for each gap. Moderation is a cure for many interrupts, "
        "livelock is a disease of many packets. Around the knee the longer gap even "
        "harms: packets gather meanwhile, and come as a burst that the socket cannot hold."
    )
)

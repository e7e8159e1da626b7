free = compare("textbook-one-packet", overrides=[*OTHER_PATHS, "host.costs={k_wake_run: 0 ns}"])
gain = (latency - free.frame.set_index("series")["latency_mean_us"]).round(3)
display(gain.rename("saved, us").to_frame())
display(
    Markdown(
        "All paths with a guest that sleeps save exactly that step. Bare metal and poll mode have none to save. What the "
        "software paths keep is the wake-up of their second sleeper, a thread of the host."
    )
)

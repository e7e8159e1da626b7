real = compare(
    "textbook-one-packet",
    overrides=[*OTHER_PATHS, "host={model: modern, idle: c1}", "nic=e810", "nic.moderation={kind: none}"],
)
both = (
    latency.rename("textbook, us")
    .to_frame()
    .join(real.frame.set_index("series")["latency_mean_us"].rename("modern, us"))
)
display(both.assign(ratio=both["modern, us"] / both["textbook, us"]).round(2))
show(real.chart("budget"))
display(
    Markdown(
        "The order stays. A real host adds what the textbook leaves out: the way through the card, which every path pays, and sleepers "
        "that wake more slowly, be they threads, guests or idle cores. Leave the word for "
        "idle cores out, and they sleep "
        "deeply between packets so far apart: the way out of that, on each core of the path, drowns all the rest. "
        "The chart counts the costs that are borrowed or assumed: "
        "trust the order more than the digits."
    )
)

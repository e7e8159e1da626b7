near = compare("noisy-neighbour", overrides=["compare.neighbour limited={guests.noisy.max_rate: 9 Gbit/s}"])
display(neighbours(near).loc[["neighbour at rest", "by packets", "neighbour limited"]])
display(
    Markdown(
        "No. What the limit leaves, and what the quiet guests send, together still fill the line, so the queue "
        "behind the arbiter is still full. A limit protects "
        "the latency of others if the sum of all that can be sent stays below the line, with some room."
    )
)

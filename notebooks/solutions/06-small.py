small = compare(
    "noisy-neighbour",
    overrides=["traffic.flood.size=64 B", "traffic.flood.throughput=1 Gbit/s", "compare.neighbour limited=null"],
)
display(neighbours(small).drop(columns="neighbour, Gbit/s"))
display(Markdown(f"Limit, by packets: {small.frame.set_index('series').loc['by packets', 'bottleneck']}"))
display(
    Markdown(
        "It is a better one. The core of the neighbour is full long before the line is, so there is no queue in "
        "front of the wire. And if there were one, it would hold "
        "as many frames, which are much shorter."
    )
)

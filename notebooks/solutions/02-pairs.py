display(by_rate(both, "host_cores_busy").round(2).rename_axis("host cores"))
display(
    Markdown(
        "A thread. Each queue pair has a vhost thread of its own, in the kernel, with no lock between the two. Both cards are "
        "served by the one main loop of their QEMU process, under the one lock."
    )
)

quick = compare(
    "slow-backend", overrides=["compare.emulated e1000=null", "host.costs={q_tap_rd: 100 ns, q_vq_rx: 100 ns}"]
)
both = {"as it is": goodput_kpps(backend)["virtio, QEMU"], "quick": goodput_kpps(quick)["virtio, QEMU"]}
display(both["as it is"].to_frame("as it is").assign(**both))
display(
    Markdown(
        "Up to the knee of the guest it is: more packets arrive. Beyond it, it is not: the protection was the "
        "slowness. A system that is made faster in front of its "
        "bottleneck gets worse in overload, unless the bottleneck can say stop."
    )
)

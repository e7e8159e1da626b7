last = sent["interrupts per packet"].iloc[-1]
display(
    Markdown(
        f"The interrupt gives the driver its buffers back. It is not urgent, so the driver asks to hear of it only when most of what is "
        f"under way is done. With few packets under way that is each one. With a full ring it is one interrupt for "
        f"{1 / last:.0f} packets."
    )
)

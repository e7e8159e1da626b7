spent = {
    entry["series"]: entry["core_seconds"]["host_irq"] / entry["window_s"]
    for entry in modes.entries
    if entry["parameters"]["traffic.*.rate"] == "100 kpps" and entry["series"] in ("VF, legacy", "VF, posted")
}
display(
    Markdown(
        f"Legacy: {spent['VF, legacy']:.3f} cores for each guest, so one core serves about {1 / spent['VF, legacy']:.0f} guests. Posted: "
        f"{spent['VF, posted']:.3f}, and that is not on a core of its own: it is the handler that wakes a sleeping guest, on the core where that "
        f"guest runs next. A host that grows needs no further core for it."
    )
)

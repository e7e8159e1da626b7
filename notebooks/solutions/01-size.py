long = compare("textbook-one-packet", overrides=[*OTHER_PATHS, "traffic.*.size=1518 B"])
loss = long.frame.set_index("series")["latency_mean_us"] - latency
wire = (
    long.chart_table("budget")
    .set_index(["series", "stage"])
    .loc[(slice(None), "wire"), "service_us"]
    .droplevel("stage")
)
wire -= stages.loc[(slice(None), "wire"), "service_us"].droplevel("stage")
display((loss - wire).round(3).rename("lost beyond the wire, us").to_frame())
display(
    Markdown(
        "Whoever copies loses more. The application copies once on every path that has a socket. vhost copies the frame into the "
        "guest once more, QEMU twice more: from the tap to itself, and from itself to the guest. In poll mode the application "
        "works on the frame where it lies."
    )
)

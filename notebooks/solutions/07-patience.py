strict, P99_US = P99_US, 250
patient = {path: found["guests"] for path, found in size(result).items()}
P99_US = strict
wider = size(compare(folder / "mine.yaml", overrides=["guests.*.placement={share: 8}", "replications=2"]))
compared = {"as it was": {path: found["guests"] for path, found in answer.items()}, "patient": patient}
display(DataFrame(compared | {"more cores for guests": {path: found["guests"] for path, found in wider.items()}}))
for path, found in wider.items():
    display(
        Markdown(
            f"{path}, more cores for guests: {found['guests']} fit; {found['next'] or 'one step more'}: {found['because']}"
        )
    )
display(
    Markdown(
        "QEMU gains most from patience, since its latency is long with few guests already. "
        "Virtual functions gain little: a full core is full, "
        "whatever the promise. They gain from more cores, and so does vhost. QEMU does not: what is full are the cores of "
        "its backends."
    )
)

fewer = compare("two-nics", overrides=[*RATES, *CARDS_ONLY, "vcpus=1"])
shown = {
    "delivered, kpps, two vCPUs": delivered["two e1000"],
    "one vCPU": by_rate(fewer, "delivered_pps")["two e1000"] / 1000,
    "median, us, two vCPUs": median["two e1000"],
    "one vCPU ": by_rate(fewer, "latency_p50_us")["two e1000"],
}
display(pd.DataFrame(shown).round(1))
display(
    Markdown(
        "It becomes earlier: one vCPU can wait for the lock only once at a time, so there is one contender less. At best the two cards "
        "carry less, since the one vCPU has to make the register accesses of both and to run both applications."
    )
)

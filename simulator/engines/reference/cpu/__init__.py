"""Who computes when: cores and vCPUs, their threads, softirqs, locks, and the accesses of guests that trap."""

"""What a host is made of.

Wire, PCIe, NIC, cores, vCPUs, KVM and drivers; each part adds its primitives to a plan under construction.
"""

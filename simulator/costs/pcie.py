"""What a PCIe link leaves for TLPs after coding, acknowledgements, flow control and skip symbols.

usable = lanes * GT/s * coding * (1 - 2*8/interval - 4/1538): one 8-byte ACK and one 8-byte flow-control DLLP per
interval of symbols, one 4-symbol skip set per 1538 symbols.

*Scope*: MPS 256; x8 of every generation and x16 from the third on, the widths whose interval was read.
*Validation*: reproduces the rates of the pcie-bench model (readings ``pcie_gen_tlp_x8``, ``pcie_gen_tlp_x16``) to
their last digit.
"""

from __future__ import annotations

from fractions import Fraction

from simulator.errors import unknown

_TRANSFERS_PER_S = {1: 2_500_000_000, 2: 5_000_000_000, 3: 8_000_000_000, 4: 16_000_000_000, 5: 32_000_000_000}
_DLLP_BYTES = 8
_SKIP = Fraction(4, 1538)
_ACK_INTERVAL_SYMBOLS = {
    (1, 8): 107,
    (2, 8): 158,
    **{(generation, 8): 203 for generation in (3, 4, 5)},
    **{(generation, 16): 168 for generation in (3, 4, 5)},
}


def usable_rate_bps(generation: int, lanes: int) -> int:
    """Bit/s per direction for TLPs, rounded down. Unknown links are an ``InputError`` with the choices."""
    interval = _ACK_INTERVAL_SYMBOLS.get((generation, lanes))
    if interval is None:
        known = [f"Gen{g} x{w}" for g, w in _ACK_INTERVAL_SYMBOLS]
        raise unknown("nic.pcie", "PCIe link", f"Gen{generation} x{lanes}", known)
    coding = Fraction(8, 10) if generation < 3 else Fraction(128, 130)
    overhead = Fraction(2 * _DLLP_BYTES, interval) + _SKIP
    return int(lanes * _TRANSFERS_PER_S[generation] * coding * (1 - overhead))

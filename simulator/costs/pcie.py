"""What a PCIe link leaves for TLPs after coding, acknowledgements, flow control and skip symbols.

usable = lanes * GT/s * coding * (1 - 2*8/interval - 4/1538): one 8-byte ACK and one 8-byte flow-control DLLP per
interval of symbols, one 4-symbol skip set per 1538 symbols.

*Scope*: MPS 256; x1 to x16 of every generation. The interval follows the specification's formula, whose factors for x1
to x4 are known, not read.
*Validation*: reproduces the intervals that were read (``pcie_ack_symbols``) and the rates of the pcie-bench model
(``pcie_gen_tlp_x8``, ``pcie_gen_tlp_x16``) to their last digit.
"""

from __future__ import annotations

from fractions import Fraction

from simulator.errors import unknown

_TRANSFERS_PER_S = {1: 2_500_000_000, 2: 5_000_000_000, 3: 8_000_000_000, 4: 16_000_000_000, 5: 32_000_000_000}
_DLLP_BYTES = 8
_SKIP = Fraction(4, 1538)
_PAYLOAD_BYTES, _TLP_OVERHEAD_BYTES = 256, 28
_ACK_FACTOR = {1: Fraction(14, 10), 2: Fraction(14, 10), 4: Fraction(14, 10), 8: Fraction(25, 10), 16: Fraction(3)}
_INTERNAL_DELAY_SYMBOLS = {1: 19, 2: 70, 3: 115, 4: 115, 5: 115}


def ack_interval_symbols(generation: int, lanes: int) -> int:
    """Symbols between two acknowledgements: the specification's limit, (MPS + 28) * factor / lanes + delay."""
    spread = (_PAYLOAD_BYTES + _TLP_OVERHEAD_BYTES) * _ACK_FACTOR[lanes] / lanes
    return int(spread + _INTERNAL_DELAY_SYMBOLS[generation])


def usable_rate_bps(generation: int, lanes: int) -> int:
    """Bit/s per direction for TLPs, rounded down. Unknown links are an ``InputError`` with the choices."""
    if generation not in _TRANSFERS_PER_S or lanes not in _ACK_FACTOR:
        known = [f"Gen{g} x{w}" for g in _TRANSFERS_PER_S for w in _ACK_FACTOR]
        raise unknown("nic.pcie", "PCIe link", f"Gen{generation} x{lanes}", known)
    coding = Fraction(8, 10) if generation < 3 else Fraction(128, 130)
    overhead = Fraction(2 * _DLLP_BYTES, ack_interval_symbols(generation, lanes)) + _SKIP
    return int(lanes * _TRANSFERS_PER_S[generation] * coding * (1 - overhead))

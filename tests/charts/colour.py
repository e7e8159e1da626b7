"""How different two colours are, to all eyes: CIEDE2000 after a simulated colour deficiency.

1. sRGB to linear light; a matrix turns it into what a dichromat sees (Machado, Oliveira and Fernandes, IEEE TVCG 15(6),
   2009, severity 1.0).
2. Linear light to CIELAB under D65.
3. CIEDE2000 (CIE 142-2001) as Sharma, Wu and Dalal write it (Color Research and Application 30(1), 2005).

*Scope*: opaque sRGB colours. *Validation*: `test_colours.py`: pairs of Sharma's table, white and black.
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from matplotlib.colors import to_rgb

NORMAL = "none"
DEFICIENCIES = {
    NORMAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
Lab = tuple[float, float, float]


def lab(colour: object, deficiency: str = NORMAL) -> Lab:
    """CIELAB of a colour as somebody with that deficiency sees it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]  # type: ignore[arg-type]
    seen = [min(1.0, max(0.0, _dot(row, linear))) for row in DEFICIENCIES[deficiency]]
    x, y, z = (_dot(row, seen) / white for row, white in zip(TO_XYZ, WHITE, strict=True))
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: object, other: object, deficiency: str = NORMAL) -> float:
    """CIEDE2000 of two colours; 1 is about the least that can be seen side by side."""
    return ciede2000(lab(one, deficiency), lab(other, deficiency))


def least_difference(one: object, other: object) -> float:
    """The difference to the eyes to which the two are most alike."""
    return min(difference(one, other, deficiency) for deficiency in DEFICIENCIES)


def ciede2000(one: Lab, other: Lab) -> float:
    """The colour difference of two CIELAB colours."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    (c1, h1), (c2, h2) = _polar(a1 * (1 + g), b1), _polar(a2 * (1 + g), b2)
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn) / 2)
    l_, c_ = (l1 + l2) / 2, (c1 + c2) / 2
    h_ = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = 1 - 0.17 * _cos(h_ - 30) + 0.24 * _cos(2 * h_) + 0.32 * _cos(3 * h_ + 6) - 0.2 * _cos(4 * h_ - 63)
    s_l = 1 + 0.015 * (l_ - 50) ** 2 / sqrt(20 + (l_ - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_, 1 + 0.015 * c_ * t
    r_t = -2 * sqrt(c_**7 / (c_**7 + 25**7)) * sin(radians(60 * exp(-(((h_ - 275) / 25) ** 2))))
    parts = d_l / s_l, d_c / s_c, d_h / s_h
    return sqrt(sum(part**2 for part in parts) + r_t * parts[1] * parts[2])


def _polar(a: float, b: float) -> tuple[float, float]:
    return hypot(a, b), degrees(atan2(b, a)) % 360


def _cos(angle: float) -> float:
    return cos(radians(angle))


def _dot(row: tuple[float, ...], vector: list[float]) -> float:
    return sum(m * c for m, c in zip(row, vector, strict=True))

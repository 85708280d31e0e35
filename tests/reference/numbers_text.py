"""Deterministic inputs, exact conversions, and C text for numbers."""

import mpmath as mp


class Stream:
    """Knuth's MMIX congruential generator: the same numbers with every version of Python."""

    def __init__(self, seed):
        self.state = seed
        for _ in range(4):
            self.integer(2)

    def integer(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound

    def few_bits(self):
        """A non-zero multiple of 1/32 in [-2, 2]: products and short sums of such numbers are exact doubles."""
        value = 0
        while value == 0:
            value = self.integer(129) - 64
        return value / 32

    def row(self, d):
        return [self.few_bits() for _ in range(d)]


def exact(values):
    """The doubles of a (nested) list as mpmath numbers, without rounding."""
    if isinstance(values, (list, tuple)):
        return [exact(value) for value in values]
    return mp.mpf(values)


def c_double(value):
    """A double as a C literal with all of its bits; shortest hexadecimal form."""
    value = float(value)
    if value == float("inf"):
        return "INFINITY"
    mantissa, exponent = value.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if mantissa in ("0x0", "-0x0"):
        return "0"
    return mantissa + "p" + exponent


def c_array(kind, name, values):
    """static const KIND name[N] = {...}; wrapped at 118 columns."""
    lines, line = [], "   "
    for value in values:
        item = (c_double(value) if kind == "double" else str(value)) + ","
        if len(line) + 1 + len(item) > 118:
            lines.append(line)
            line = "   "
        line += " " + item
    lines.append(line)
    return "static const %s %s[%d] = {\n%s\n};\n" % (kind, name, len(values), "\n".join(lines))

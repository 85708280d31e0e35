"""The results as Markdown."""

from environment import NOT_ASKED_FOR

EXPLANATION = """\
Every side runs in a process of its own; they take turns, {rounds} rounds (1 where libntk is missing) after one run that is not
counted. Times are medians and include the allocation of what is returned; the input is in memory before. *Ratio*: the peer's
time over that of libntk in the same precision (f64: double, f32: single). *First run*: how much longer it took than the
median: compilation, where there is one. *Memory*: the peak of the process over what it held before the first run.
*Difference*: the largest difference from libntk in double precision, over the largest value, of Gram matrices apart from their
diagonal (in a hundred random rows of a large matrix); it is a test. libntk is called through ctypes.
[conventions.md](conventions.md) says what the peers define otherwise, and why they differ where they do.
"""

HEADINGS = {
    "a": "Kernel matrices", "b": "Deep networks", "c": "Other activations", "d": "Rectangular matrices",
    "f": "Gradient flow on the squared loss", "g": "Gradient flow on the cross-entropy",
    "h": "Empirical kernels", "i": "Gaussian processes", "j": "Support vector machines",
}


def markdown(results):
    lines = ["# Side by side with other libraries", ""]
    lines += _machine(results["environment"], results["threads"])
    lines += ["", *EXPLANATION.format(rounds=results["rounds"]).splitlines()]
    lines += ["", "## In short", "", *_summary(results["rows"])]
    part = None
    for row in results["rows"]:
        if row["part"] != part:
            part = row["part"]
            lines += ["", f"## {HEADINGS[part]}"]
        lines += ["", *_row(row)]
    lines += ["", "## Accuracy", "", "Relative error of NTK entries K(x, z) against 40 digits, d = 784: the worst of "
              "8 pairs each, by |x − z| / |x|."]
    for table in results["accuracy"]:
        lines += ["", *_accuracy(table)]
    if results["missing"]:
        lines += ["", "## Not yet", ""]
    lines += [f"- {missing['title']}: libntk has no {missing['what']} yet." for missing in results["missing"]]
    return "\n".join(lines) + "\n"


def _machine(environment, threads):
    versions = ", ".join(f"{name} {version}" for name, version in sorted(environment["versions"].items()))
    lines = [f"Made by `{environment['command']}` on {environment['date']}: {environment['system']}, "
             f"{environment['processors']} processors, {environment['processor']}, {threads} threads; load at the start "
             f"{environment['load']:.1f}.", "", f"{versions}; Python {environment['python']}."]
    for name, reason in environment["refused"].items():
        if reason == NOT_ASKED_FOR:
            continue
        lines += ["", f"**{name} was left out**: it could not be installed ({reason})."]
    return lines


def _summary(rows):
    """A line for each peer in double precision."""
    lines = ["| work | libntk | peer | | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        own = next((side for side in row["sides"] if (side["side"], side["dtype"]) == ("libntk", "f64") and "seconds" in side),
                   None)
        for side in row["sides"]:
            if own is not None and side["dtype"] == own["dtype"] and "ratio" in side and side is not own:
                lines.append(f"| {row['title']} | {seconds(own['seconds'])} | {side['side']} | {seconds(side['seconds'])} | "
                             f"{side['ratio']:.1f} |")
    return lines


def _row(row):
    lines = [f"**{row['title']}**" + (f" (libntk has no {row['missing']} yet)" if row["missing"] else ""), "",
             "| | time | ratio | target | first run | memory | difference |", "|---|---|---|---|---|---|---|"]
    for side in row["left_out"]:
        lines.append(f"| {side} | not run: minutes for a run | | | | | |")
    if row["missing"]:
        lines.append("| libntk | missing | | | | | |")
    for side in row["sides"]:
        lines.append(f"| {side['side']} {side['dtype']} | " + " | ".join(_cells(side)) + " |")
    return lines


def _cells(side):
    if "failed" in side:
        return [side["failed"], "", "", "", "", ""]
    difference = ""
    if "difference" in side:
        difference = differences(side["difference"]) + ("" if side["agrees"] else " **DISAGREES**")
    return [seconds(side["seconds"]), f"{side['ratio']:.2f}" if "ratio" in side else "", _target(side),
            f"+{seconds(side['compile'])}" if side["compile"] > 0.2 * side["seconds"] else "",
            f"{side['memory'] / 2**20:.0f} MiB", difference]


def _target(side):
    if side["side"] == "libntk" or "ratio" not in side:
        return ""
    if side["ratio"] < 1:
        return f"{side['target']:g} **MISSED: faster than libntk**"
    return f"{side['target']:g} " + ("met" if side["ratio"] >= side["target"] else "**MISSED**")


def _accuracy(table):
    distances = ["unrelated" if d == 0 else f"{d:g}" for d in table["distances"]]
    lines = [f"**{table['title']}**", "", "| | " + " | ".join(distances) + " |", "|---" * (len(distances) + 1) + "|"]
    for side in table["sides"]:
        cells = [side["failed"]] + [""] * (len(distances) - 1) if "failed" in side else \
            [f"{error:.1e}" for error in side["errors"]]
        lines.append(f"| {side['side']} {side['dtype']} | " + " | ".join(cells) + " |")
    return lines


def differences(found):
    diagonal = f", diagonal {found['diagonal']:.1e}" if "diagonal" in found else ""
    return f"{max(value for name, value in found.items() if name != 'diagonal'):.1e}{diagonal}"


def seconds(value):
    """Three digits with a unit."""
    for scale, unit in ((1, "s"), (1e-3, "ms")):
        if abs(value) >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"

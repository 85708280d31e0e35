"""Times libntk beside the libraries that people would take instead, on the same inputs, and compares what they return.

    make bench-peers                                     everything: about twenty-five minutes
    make bench-peers PEERS_FLAGS='--rows a,d'            some parts
    make bench-peers PEERS_FLAGS=--quick                 small sizes: only shows that it runs

Makes a virtual environment of the pinned requirements.txt, and writes peers.md and peers.json. Fails if two sides disagree
beyond their tolerance or libntk fails; a peer that cannot be installed is reported and skipped."""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import environment


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the folder of peers.md and peers.json")
    parser.add_argument("--environment", type=pathlib.Path, help="the virtual environment; OUTPUT/peers unless given")
    parser.add_argument("--rows", help="parts, e.g. a,c,e; all unless given")
    parser.add_argument("--peers", help="which peers, e.g. numpy,libsvm; all unless given")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--inside", help=argparse.SUPPRESS)  # the peers that were refused, from the outer process
    return parser.parse_args()


def main():
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.inside is None:  # NumPy and mpmath are in the environment
        python, refused = environment.make(options.environment or options.output / "peers", options.peers)
        os.execv(python, [python, *sys.argv, "--inside", json.dumps(refused)])
    refused = json.loads(options.inside)
    if "numpy" in refused:
        sys.exit(f"peers: NumPy, which the harness needs, could not be installed: {refused['numpy']}")
    results = compare(options, refused)
    print(f"peers: wrote {options.output / 'peers.md'} and peers.json")
    sys.exit(verdict(results))


def compare(options, refused):
    import tasks

    wanted = None if options.rows is None else options.rows.split(",")
    chosen = [row for row in tasks.rows() if wanted is None or row.part in wanted]
    known = environment.sections()
    for name in [] if options.peers is None else options.peers.split(","):
        if name not in known:
            sys.exit(f"peers: --peers names {name!r}; the peers are {', '.join(known)}")
    if not chosen and wanted != ["e"]:
        sys.exit(f"peers: no part of {options.rows!r}")
    if options.peers is not None:
        asked = {"libntk", *options.peers.split(",")}
        chosen = [dataclasses.replace(row, sides=[side for side in row.sides if side[0] in asked]) for row in chosen]
    if options.quick:
        chosen = [tasks.quick(row) for row in chosen]
    log = options.output / "peers.log"
    log.write_text("", encoding="utf-8")
    command = "make bench-peers" + (f" PEERS_FLAGS='{flags(options)}'" if flags(options) else "")
    versions = {}
    results = {"environment": dict(environment.describe(command), refused=refused, versions=versions),
               "threads": options.threads, "rounds": options.rounds,
               "rows": [], "accuracy": [], "missing": [dict(part=part, title=title, what=what) for part, title, what in tasks.MISSING
                           if wanted is None or part in wanted]}
    for row in chosen:
        results["rows"].append(one_row(row, options, refused, log, versions))
        write(results, options.output)
    if wanted is None or "e" in wanted:
        results["accuracy"] = accuracy(options, refused, log)
    write(results, options.output)
    return results


def write(results, folder):
    """After every row, for the case that something goes wrong at the end."""
    import report

    (folder / "peers.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    (folder / "peers.md").write_text(report.markdown(results), encoding="utf-8")


# Why a peer may have no figures without being at fault.
KNOWN_REASONS = ("not installed", "more than", "MemoryError")


def flags(options):
    return " ".join([f"--rows {options.rows}"] * (options.rows is not None) + ["--quick"] * options.quick +
                    [f"--peers {options.peers}"] * (options.peers is not None) +
                    [f"--threads {options.threads}"] * (options.threads != os.cpu_count()) +
                    [f"--rounds {options.rounds}"] * (options.rounds != 5))


def one_row(row, options, refused, log, versions):
    import measure
    import report

    print(f"peers: {row.part}: {row.title}", flush=True)
    found = measure.measure(row, sys.executable, options.threads, refused, log, 1 if row.missing else options.rounds)
    sides = []
    for (side, dtype), result in found.items():
        versions.update(result.pop("versions", {}))
        target = None if side == "libntk" else row.targets.get((side, dtype), 1)
        sides.append(dict(result, side=side, dtype=dtype, target=target))
        what = result["failed"] if "failed" in result else report.seconds(result["seconds"])
        ratio = f", ratio {result['ratio']:.2f}" if "ratio" in result else ""
        ratio += f", difference {report.differences(result['difference'])}" if "difference" in result else ""
        print(f"    {side} {dtype}: {what}{ratio}", flush=True)
    return dict(part=row.part, title=row.title, missing=row.missing, left_out=row.left_out, sides=sides)


def accuracy(options, refused, log):
    import accuracy as part
    import tasks

    tables = []
    for task in tasks.ACCURACY:
        title = f"{task['activation']}, {task['hidden']} hidden layers"
        print(f"peers: e: accuracy, {title}", flush=True)
        found = part.measure(task, sys.executable, options.threads, refused, log)
        tables.append(dict(title=title, distances=task["distances"],
                           sides=[dict(result, side=side, dtype=dtype) for (side, dtype), result in found.items()]))
    return tables


def verdict(results):
    """A sentence of what went wrong, or None."""
    wrong = []
    for row in results["rows"]:
        for side in row["sides"]:
            if "failed" in side and not any(side["failed"].startswith(known) for known in KNOWN_REASONS):
                wrong.append(f"{side['side']} {side['dtype']} failed at {row['title']}: {side['failed']}")
            if not side.get("agrees", True):
                wrong.append(f"{side['side']} {side['dtype']} differs by {side['difference']} at {row['title']}")
    for table in results["accuracy"]:
        for side in table["sides"]:
            limit = {"f64": 1e-14, "f32": 1e-5}[side["dtype"]]
            if side["side"] == "libntk" and not max(side.get("errors", [float("inf")])) <= limit:
                wrong.append(f"libntk {side['dtype']} is off by more than {limit} against 40 digits: {side}")
    return "\n".join(["peers: FAILED", *wrong]) if wrong else None


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the headers with reference values beside this script; with --check, compares them with what is there.

Needs mpmath (any version since 1.1), takes about a minute."""

import os
import sys

import flows
import kernels

HEADERS = {
    "kernel_values.h": kernels.header,
    "flow_values.h": flows.flow_header,
    "process_values.h": flows.process_header,
}


def complete(name, body):
    guard = "NTK_REFERENCE_" + name.replace(".", "_").upper()
    head = "/* Made by tests/reference/generate.py; do not edit. */\n"
    return "%s#ifndef %s\n#define %s\n\n#include <math.h>\n\n%s\n#endif\n" % (head, guard, guard, body)


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: generate.py [--check]")
    folder = os.path.dirname(os.path.abspath(__file__))
    kernels.verify()
    flows.verify()
    different = []
    for name, make in HEADERS.items():
        path, text = os.path.join(folder, name), complete(name, make())
        if arguments:
            with open(path, encoding="ascii") as file:
                if file.read() != text:
                    different.append(name)
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
    if different:
        sys.exit("not what generate.py makes: " + ", ".join(different))


if __name__ == "__main__":
    main(sys.argv[1:])

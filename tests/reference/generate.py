#!/usr/bin/env python3
"""Writes the headers with reference values beside this script; with --check, compares them with what is there.

With names of headers after that, only those. Needs mpmath (any version since 1.1), takes about ten minutes: the activations
without elementary duals take nine of them."""

import os
import sys

import activations
import derivatives
import dual_checks
import ensembles
import flows
import kernels
import kinds
import losses
import modes
import options

HEADERS = {
    "kernel_values.h": kernels.header,
    "flow_values.h": flows.flow_header,
    "ensemble_values.h": ensembles.header,
    "loss_values.h": losses.header,
    "mode_values.h": modes.header,
    "process_values.h": flows.process_header,
    "activation_values.h": activations.header,
    "kind_values.h": kinds.header,
    "option_values.h": options.header,
    "derivative_values.h": derivatives.header,
}


def complete(name, body):
    guard = "NTK_REFERENCE_" + name.replace(".", "_").upper()
    head = "/* Made by tests/reference/generate.py; do not edit. */\n"
    return "%s#ifndef %s\n#define %s\n\n#include <math.h>\n\n%s\n#endif\n" % (head, guard, guard, body)


def main(arguments):
    check = arguments[:1] == ["--check"]
    names = arguments[1 if check else 0:] or list(HEADERS)
    if not all(name in HEADERS for name in names):
        sys.exit("usage: generate.py [--check] [%s] ..." % " | ".join(HEADERS))
    folder = os.path.dirname(os.path.abspath(__file__))
    for module in (kernels, flows, modes, activations, losses, dual_checks):
        module.verify()
    different = []
    for name in names:
        path, text = os.path.join(folder, name), complete(name, HEADERS[name]())
        if check:
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

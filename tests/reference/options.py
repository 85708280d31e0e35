"""Values of networks with options: learning-rate factors, standard parameterisation, layer normalisation, skips, dropout,
and all of them together, for activations of every sort."""

from networks import Layer, Network, plain_group, table

HE = 1.4142135623730951


def stack(activation, depth, std, bias, **options):
    return [Layer(activation, std, bias, **options) for _ in range(depth)]


def with_rates():
    """0 freezes a layer's weights, biases, or both; the last case trains the last layer only."""
    networks = []
    for activation, std in (("relu", HE), ("erf", 1.25), ("cos", 1.25), ("tanh", 0.875)):
        layers = stack((activation, []), 4, std, 0.25)
        for layer, rates in zip(layers, ((0.5, 2.0), (0.0, 1.0), (1.0, 0.0), (3.0, 0.125))):
            layer.rates = rates
        networks.append(Network("learning rates", layers))
    for frozen in (1, 3):
        layers = stack(("gelu", []), 4, 1.25, 0.25)
        for layer in layers[:frozen]:
            layer.rates = (0.0, 0.0)
        networks.append(Network("frozen layers", layers))
    return networks


def with_widths():
    """Standard parameterisation: real widths count."""
    networks = []
    for activation, std, bias in (("relu", HE, 0.25), ("erf", 1.25, 0.0), ("gaussian", 1.25, 0.25), ("sin", 1.0, 0.0),
                                  ("sigmoid", 1.0, 0.25)):
        layers = stack((activation, []), 4, std, bias)
        for layer, width in zip(layers, (5, 7, 2, 3)):
            layer.width = width
        networks.append(Network("standard", layers, standard=True))
    layers = stack(("relu", []), 3, HE, 0.25)
    for layer, width, rates in zip(layers, (16, 4, 1), ((0.25, 1.0), (0.0, 2.0), (1.5, 0.0))):
        layer.width, layer.rates = width, rates
    networks.append(Network("standard, learning rates", layers, standard=True))
    return networks


def with_normalisation():
    networks = []
    for activation, epsilon, bias in (("relu", 0.0, 0.25), ("relu", 0.125, 0.0), ("erf", 1e-5, 0.0), ("gelu", 0.0, 0.5),
                                      ("hermite", 0.0, 0.25), ("exp", 0.25, 0.0), ("tanh", 1e-3, 0.25), ("step", 0.5, 0.25),
                                      ("normalised_exp", 1e-5, 0.25), ("hard_tanh", 1e-5, 0.25)):
        networks.append(Network("normalisation", stack((activation, []), 4, 1.25, bias, epsilon=epsilon)))
    layers = stack(("relu", []), 6, 2.0, 0.25)
    layers[1].epsilon, layers[3].epsilon = 0.0, 0.5
    networks.append(Network("normalisation of some layers", layers))
    networks.append(Network("normalisation", stack(("relu", []), 51, 1.25, 0.25, epsilon=1e-5)))
    return networks


def with_skips():
    networks = []
    for activation, distance, std in (("relu", 1, 1.0), ("relu", 2, 1.0), ("erf", 2, 0.75), ("sin", 3, 0.75),
                                      ("gelu", 1, 0.5), ("silu", 2, 0.5), ("abs", 4, 0.5)):
        layers = stack((activation, []), 8, std, 0.125, width=4)
        for number in range(distance, 8):
            layers[number].skip = distance if (number - distance) % distance == 0 else 0
        networks.append(Network("skip", layers))
    layers = stack(("relu", []), 51, 0.5, 0.0, width=4)
    for number in range(2, 51, 2):
        layers[number].skip = 2
    networks.append(Network("skip", layers))
    # blocks that overlap, and one from the first layer to the last
    layers = stack(("gaussian", []), 6, 0.75, 0.25, width=4)
    for number, distance in ((2, 2), (3, 2), (4, 1), (5, 5)):
        layers[number].skip = distance
    networks.append(Network("skips that overlap", layers))
    return networks


def with_dropout():
    networks = []
    for activation, rate, std in (("relu", 0.5, 1.0), ("erf", 0.25, 1.0), ("cos", 0.125, 1.0), ("tanh", 0.25, 0.75),
                                  ("step", 0.5, 1.0), ("relu6", 0.125, 1.0)):
        networks.append(Network("dropout", stack((activation, []), 4, std, 0.25, dropout=rate)))
    layers = stack(("gelu", []), 5, 1.0, 0.0)
    layers[1].dropout, layers[2].dropout = 0.75, 0.0625
    networks.append(Network("dropout of some layers", layers))
    return networks


def with_everything():
    """Each layer different."""
    networks = []
    for kinds, standard in ((("relu", "erf", "abs", "gelu", "sin"), False), (("erf", "relu", "gelu", "leaky_relu", "cos"), True),
                            (("tanh", "relu", "gaussian", "sigmoid", "relu"), False)):
        layers = [Layer((kind, []), std, bias, rates, epsilon, skip, dropout, width=6) for
                  kind, std, bias, rates, epsilon, skip, dropout in zip(
                      kinds + ("identity",), (0.75, 1.25, 0.875, 1.0, 0.625, 1.5), (0.25, 0.0, 0.5, 0.125, 0.0, 0.25),
                      ((0.5, 1.0), (1.0, 0.0), (0.0, 0.5), (2.0, 1.5), (1.0, 1.0), (0.75, 0.25)),
                      (None, 0.125, 0.0, None, 1e-5, None), (0, 0, 2, 1, 0, 3), (0.0, 0.25, 0.0, 0.5, 0.125, 0.0))]
        networks.append(Network("everything", layers, standard=standard))
    return networks


def header():
    groups = [plain_group(3, 1), plain_group(10, 1)]
    networks = with_rates() + with_widths() + with_normalisation() + with_skips() + with_dropout() + with_everything()
    return '#include "tests/reference/table.h"\n\n' + table(
        "option", groups, [(network, number % 2) for number, network in enumerate(networks)])

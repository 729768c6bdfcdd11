"""A tiny VGG16 with seeded weights: 13 convolutions, three dense layers, Keras's names. Or, for a while, another VGG."""

from contextlib import contextmanager

import numpy as np

BLOCKS = (2, 2, 3, 3, 3)
WIDTHS = (2, 3, 1, 2, 3, 2, 1, 3, 2, 2, 1, 3, 2)
GRID, FC1, FC2, CLASSES = 2, 5, 4, 3
DENSE = ("fc1", "fc2", "predictions")


@contextmanager
def of_blocks(*blocks):
    """Within it the network has so many convolutions in its blocks."""
    global BLOCKS, WIDTHS
    before = BLOCKS, WIDTHS
    BLOCKS, WIDTHS = blocks, tuple(2 + i % 3 for i in range(sum(blocks)))
    yield
    BLOCKS, WIDTHS = before


def layer_names(top, with_input=False):
    """All layers in model order, weightless ones included. The published files have no input layer."""
    names = ["input_1"] if with_input else []
    for block, count in enumerate(BLOCKS, 1):
        names += ["block%d_conv%d" % (block, i) for i in range(1, count + 1)] + ["block%d_pool" % block]
    return names + (["flatten"] + list(DENSE) if top else [])


def weights(top, seed=1, fc1=FC1):
    """{layer: (kernel, bias)} in model order, float32."""
    random = np.random.RandomState(seed)
    shapes, channels = {}, 3
    for name, width in zip([n for n in layer_names(False) if "conv" in n], WIDTHS):
        shapes[name] = (3, 3, channels, width)
        channels = width
    if top:
        shapes["fc1"] = (GRID * GRID * channels, fc1)
        shapes["fc2"] = (fc1, FC2)
        shapes["predictions"] = (FC2, CLASSES)
    return {name: (random.uniform(-1, 1, shape).astype(np.float32),
                   random.uniform(-0.1, 0.1, shape[-1:]).astype(np.float32)) for name, shape in shapes.items()}

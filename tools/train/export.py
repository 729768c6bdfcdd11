"""Writes the weights as Keras 2 writes them with save_weights: HDF5, one group per layer."""

import h5py
import numpy as np

from network import CONVS


def layer_names():
    names = ["input_1"]
    for block, count in enumerate(CONVS, 1):
        names += ["block%d_conv%d" % (block, i) for i in range(1, count + 1)] + ["block%d_pool" % block]
    return names + ["flatten", "fc1", "fc2", "predictions"]


def write_keras(plain, path):
    """Contiguous float32, no compression, no time stamps: the same weights give the same bytes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([n.encode() for n in layer_names()])
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["keras_version"] = np.bytes_("2.2.4")
        for name in layer_names():
            group = file.create_group(name)
            if name not in plain.kernels:
                group.attrs["weight_names"] = np.zeros((0,), "S1")
                continue
            weights = [("%s/kernel:0" % name, plain.kernels[name][0]), ("%s/bias:0" % name, plain.kernels[name][1])]
            group.attrs["weight_names"] = np.array([n.encode() for n, _ in weights])
            for weight_name, values in weights:
                group.create_dataset(weight_name, data=np.ascontiguousarray(values.numpy(), np.float32),
                                     track_times=False)

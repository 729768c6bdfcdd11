"""Each function lays weights out as one version of Keras does. Structure only: Keras itself is not needed."""

import io
import json
import zipfile

import h5py
import numpy as np

from network import layer_names

PLAIN = {}


def fixed(names):
    """A list of bytes as h5py 2 stored it: fixed length, filled up with zero bytes."""
    return np.array([n.encode() for n in names]) if names else np.zeros((0,), np.float64)


def variable(names):
    """The same as h5py 3 stores it: variable length, ASCII. An empty list becomes float64."""
    return np.array([n.encode() for n in names], h5py.string_dtype("ascii")) if names else np.zeros((0,), np.float64)


def put(group, name, values, options, opaque=False):
    if callable(options):
        return options(group, name, values)
    return group.create_dataset(name, data=values, track_times=False, **options)


def named(group, weights, names, weight_name, strings=fixed, options=PLAIN, split=None, order=None):
    """layer_names and weight_names, as Keras 1 and 2 and the older format of Keras 3."""
    lists(group, "layer_names", names, strings, split)
    for name in order or names:
        layer = group.create_group(name)
        if name not in weights:
            lists(layer, "weight_names", [], strings, None)
            continue
        parts = [(weight_name(name, part), values) for part, values in zip(("kernel", "bias"), weights[name])]
        lists(layer, "weight_names", [n for n, _ in parts], strings, None)
        for path, values in parts:
            put(layer, path, values, options)


def lists(group, attribute, names, strings, split):
    if split is None:
        group.attrs[attribute] = strings(names)
        return
    for i in range(0, len(names), split):
        group.attrs["%s%d" % (attribute, i // split)] = strings(names[i:i + split])


def keras1_name(layer, part):
    return "%s_%s_1:0" % (layer, "W" if part == "kernel" else "b")


def keras2_name(layer, part):
    return "%s/%s:0" % (layer, part)


def keras1(file, weights, top, strings=fixed, options=PLAIN):
    named(file, weights, layer_names(top), keras1_name, strings, options)


def keras2(file, weights, top, strings=fixed, options=PLAIN, version="2.2.4", **more):
    file.attrs["backend"] = np.bytes_("tensorflow")
    file.attrs["keras_version"] = np.bytes_(version)
    named(file, weights, layer_names(top, True), keras2_name, strings, options, **more)


def keras2_model(file, weights, top, version="2.4.0", top_level=False):
    config = {"class_name": "Functional", "config": {"name": "vgg16", "layers": [
        {"class_name": "Conv2D" if "conv" in n else "Other", "config": {"name": n, "data_format": "channels_last"}} for n in layer_names(top, True)]}}
    file.attrs["model_config"] = json.dumps(config)
    file.attrs["training_config"] = json.dumps({"loss": "categorical_crossentropy"})
    file.attrs["backend"] = "tensorflow"
    file.attrs["keras_version"] = version
    group = file.create_group("model_weights")
    keras2(group, weights, top, variable, version=version)
    optimizer = file.create_group("optimizer_weights")
    optimizer.attrs["weight_names"] = variable(["training/SGD/iter:0"])
    optimizer.create_dataset("training/SGD/iter:0", data=np.int64(7), track_times=False)
    if top_level:
        group.create_group("top_level_model_weights").attrs["weight_names"] = variable([])


def keras2_nested(file, weights, name="vgg16", suffix="", head=True):
    """A VGG16 without top as one layer of another model, with a head of its own."""
    group = file.create_group("model_weights")
    group.attrs["backend"] = "tensorflow"
    group.attrs["keras_version"] = "2.4.0"
    group.attrs["layer_names"] = variable([name, "flatten"] + (["dense"] if head else []))
    inner = group.create_group(name)
    parts = [("%s%s/%s:0" % (layer, suffix, part), values) for layer, pair in weights.items() for part, values in zip(("kernel", "bias"), pair)]
    inner.attrs["weight_names"] = variable([n for n, _ in parts])
    for path, values in parts:
        put(inner, path, values, PLAIN)
    group.create_group("flatten").attrs["weight_names"] = variable([])
    if head:
        dense = group.create_group("dense")
        dense.attrs["weight_names"] = variable(["dense/kernel:0", "dense/bias:0"])
        put(dense, "dense/kernel:0", np.ones((8, 2), np.float32), PLAIN)
        put(dense, "dense/bias:0", np.zeros(2, np.float32), PLAIN)


def counted(weights, top):
    """(class name and number, layer or None), in model order: conv2d, conv2d_1, max_pooling2d, ..."""
    numbers, result = {}, []
    for name in layer_names(top, True):
        kind = next(k for k, test in (("conv2d", "conv" in name), ("max_pooling2d", "pool" in name), ("flatten", name == "flatten"),
                                      ("input_layer", name == "input_1"), ("dense", True)) if test)
        number = numbers.get(kind, 0)
        numbers[kind] = number + 1
        result.append((kind if number == 0 else "%s_%d" % (kind, number), name if name in weights else None))
    return result


def variables(file, weights, top, container="layers", names=False, compiled=False, options=PLAIN):
    """.weights.h5: a vars group per layer, variables by number."""
    layers = file.create_group(container)
    for name, layer in counted(weights, top):
        group = layers.create_group(name).create_group("vars")
        if layer is None:
            continue
        if names:
            group.attrs["name"] = layer
        for i, values in enumerate(weights[layer]):
            put(group, str(i), values, options)
    if compiled:
        group = file.create_group("optimizer/vars")
        group.create_dataset("0", data=np.int64(7), track_times=False)
        group.create_dataset("1", data=np.float32(0.001), track_times=False)
    file.create_group("vars")


def bfloat16(group, name, values):
    """Two opaque bytes and an attribute, as Keras 3 stores bfloat16."""
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    data = group.create_dataset(name, data=bits.view(np.dtype("V2")), track_times=False)
    data.attrs["dtype"] = "bfloat16"


def archive(path, hdf5, version="3.5.0", method=zipfile.ZIP_STORED, sharded=False, configuration=None):
    """A .keras archive. Its members are stored; a fixed date gives the same bytes each time."""
    def info(name):
        return zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(info("metadata.json"), json.dumps({"keras_version": version, "date_saved": "2024-01-01@00:00:00"}))
        file.writestr(info("config.json"), json.dumps(configuration or {"class_name": "Functional"}))
        if sharded:
            file.writestr(info("model.weights.json"), json.dumps({"weight_map": {"/layers/conv2d/vars": ["model_00000.weights.h5"]}}))
            file.writestr(info("model_00000.weights.h5"), hdf5)
            return
        member = info("model.weights.h5")
        member.compress_type = method
        with file.open(member, "w", force_zip64=True) as target:
            target.write(hdf5)


def in_memory(write):
    """The bytes of an HDF5 file."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        write(file)
    return buffer.getvalue()

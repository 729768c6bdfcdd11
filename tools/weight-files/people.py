"""Files as people have them: fine-tuned, nested, subclassed, named by hand. Laid out as Keras's own saving code does it.

Keras 2 and Keras 3's older format: legacy_h5_format.py (layer_names in the model's order; a nested model is one layer, its trainable tensors first);
Keras 3: saving_lib.py (layers/CLASS_N/vars, attributes of subclassed models below their names, from 3.6 on the layer's name on vars).
"""

import json

import h5py
import numpy as np

import writers as w
from network import layer_names, of_blocks, weights


def dense(inputs, units, seed=5):
    random = np.random.RandomState(seed)
    return random.uniform(-1, 1, (inputs, units)).astype(np.float32), random.uniform(-0.1, 0.1, units).astype(np.float32)


def head(inputs, *units):
    """{fc1: ..., predictions: ...} as the reader names them."""
    names = ["fc%d" % i for i in range(1, len(units))] + ["predictions"]
    return dict(zip(names, (dense(a, b, i) for i, (a, b) in enumerate(zip((inputs,) + units[:-1], units)))))


def renamed(values, names):
    return {names.get(k, k): v for k, v in values.items()}


def by_hand(values, first=1):
    """conv2d_1, ..., dense_1, ...: Keras's default names in Keras 2."""
    counts = {"conv2d": first - 1, "dense": first - 1}
    result = {}
    for name in values:
        kind = "conv2d" if "conv" in name else "dense"
        counts[kind] += 1
        result[name] = "%s_%d" % (kind, counts[kind]) if counts[kind] else kind
    return result


CAFFE = {"block%d_conv%d" % (b, i): "conv%d_%d" % (b, i) for b in range(1, 6) for i in range(1, 5)}
CAFFE.update(fc1="fc6", fc2="fc7", predictions="fc8")


def listed(file, names, values, config=None, version="2.8.0", weight_names=None):
    """model.save of Keras 2: every layer in order; values of a layer are its (name, array) pairs, or kernel and bias."""
    group = file.create_group("model_weights")
    for target in (file, group):
        target.attrs["backend"] = "tensorflow"
        target.attrs["keras_version"] = version
    if config is not None:
        file.attrs["model_config"] = json.dumps(config)
    group.attrs["layer_names"] = w.variable(names)
    for name in sorted(names):
        layer = group.create_group(name)
        pairs = values.get(name, ())
        if isinstance(pairs, tuple) and pairs:
            pairs = [("%s/%s:0" % (name, part), array) for part, array in zip(("kernel", "bias"), pairs)]
        layer.attrs["weight_names"] = w.variable([n for n, _ in pairs])
        for path, array in pairs:
            layer.create_dataset(path, data=array, track_times=False)


def nested(values, suffix="", scope=""):
    return [("%s%s%s/%s:0" % (scope, layer, suffix, part), array) for layer, pair in values.items() for part, array in zip(("kernel", "bias"), pair)]


def pooled(names):
    """Poolings put behind the last convolution of each block of a VGG16, whatever the convolutions are called."""
    result, convolutions = [], 0
    for name in names:
        result.append(name)
        if "conv" in name:
            convolutions += 1
            if convolutions in (2, 4, 7, 10, 13):
                result.append("max_pooling2d_%d" % (1 + (2, 4, 7, 10, 13).index(convolutions)))
    return result


def batch_norm(name, n):
    return [("%s/%s:0" % (name, part), np.ones(n, np.float32)) for part in ("gamma", "beta", "moving_mean", "moving_variance")]


def layer_config(name, kind, **settings):
    return {"class_name": kind, "config": dict({"name": name}, **settings), "inbound_nodes": []}


def sequential_config(layers, name="sequential", kind="Sequential"):
    return {"class_name": kind, "config": {"name": name, "layers": layers}}


def vgg_config(names, activations=None, **more):
    """Configuration of a model whose layers' kinds show in their names."""
    layers = []
    for name in names:
        if "conv" in name:
            layers.append(layer_config(name, "Conv2D", strides=[1, 1], padding="same", dilation_rate=[1, 1], groups=1, data_format="channels_last",
                                       activation=(activations or {}).get(name, "relu"), **more))
        elif "dense" in name or name.startswith("fc") or name == "predictions":
            layers.append(layer_config(name, "Dense", activation=(activations or {}).get(name, "softmax" if name == names[-1] else "relu")))
        elif "pool" in name and "global" not in name:
            layers.append(layer_config(name, "MaxPooling2D", pool_size=[2, 2], strides=[2, 2], padding="valid"))
        else:
            kind = {"input": "InputLayer", "flatte": "Flatten", "dropou": "Dropout", "batch_": "BatchNormalization", "global": "GlobalAveragePooling2D",
                    "leaky_": "LeakyReLU", "activa": "Activation"}
            found = next(k for start, k in kind.items() if name.startswith(start))
            layers.append(layer_config(name, found, **({"activation": "relu"} if found == "Activation" else {})))
    return layers


def saved(file, container, layers, given=True):
    """One container of Keras 3: (class, name, arrays or a function that fills the group)."""
    group = file.create_group(container) if container else file
    counts = {}
    for kind, name, values in layers:
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        layer = group.create_group(kind if number == 0 else "%s_%d" % (kind, number))
        if callable(values):
            values(layer)
            values = ()
        own = layer.require_group("vars")
        if given:
            own.attrs["name"] = name
        for i, array in enumerate(values):
            own.create_dataset(str(i), data=array, track_times=False)


def functional(values, given=True, names=lambda n: n, pools=True):
    """A function that fills a group with a VGG's layers."""
    def fill(group):
        layers = [("input_layer", "input_layer", ())]
        for name in layer_names(any(n.startswith(("fc", "pred")) for n in values)):
            if name in values:
                layers.append(("conv2d" if "conv" in name else "dense", names(name), values[name]))
            elif "pool" in name and pools:
                layers.append(("max_pooling2d", name, ()))
            elif name == "flatten":
                layers.append(("flatten", name, ()))
        saved(group, "layers", layers, given)
    return fill


NORMALIZATION = (np.zeros(3, np.float32), np.ones(3, np.float32), np.int32(0))
BATCH_NORM = tuple(np.ones(2, np.float32) for _ in range(4))


def good(folder, make, archive):
    bare, top = weights(False), weights(True)
    convolutions = list(bare)
    flat = 8
    own = {"dense": dense(flat, 5), "dense_1": dense(5, 2)}
    keras = layer_names(False, True)

    def model(name, names, values, expected, config=None, **more):
        make(folder, name, "Model", expected, lambda f: listed(f, names, values, config), **more)

    # A nested VGG16 and what stands beside it.
    states = [("random_flip/StateVar:0", np.zeros(3, np.int64)), ("random_rotation/StateVar:0", np.zeros(3, np.int64))]
    model("p_state_variables.h5", ["input_2", "data_augmentation", "vgg16", "flatten", "dense"],
          {"data_augmentation": states, "vgg16": nested(bare), "dense": dense(8, 2)}, bare, nested="vgg16", ignored=["random_flip", "random_rotation", "dense"])
    model("p_conv_before_nested.h5", ["input_2", "conv2d", "vgg16", "flatten", "dense"],
          {"conv2d": (np.ones((3, 3, 1, 3), np.float32), np.ones(3, np.float32)), "vgg16": nested(bare), "dense": dense(8, 2)}, bare, nested="vgg16", ignored=["conv2d", "dense"])
    model("p_strange_beside_nested.h5", ["vgg16", "odd", "dense"],
          {"odd": [("odd/table:0", np.array([b"a", b"b"])), ("odd/scale:0", np.float32(1)), ("odd/complex:0", np.zeros(2, np.complex64))], "vgg16": nested(bare), "dense": dense(8, 2)},
          bare, nested="vgg16", ignored=["odd", "dense"])
    model("p_time_distributed.h5", ["time_distributed", "lstm", "dense"],
          {"time_distributed": nested(bare), "lstm": [("lstm/lstm_cell/kernel:0", np.ones((8, 4), np.float32)), ("lstm/lstm_cell/recurrent_kernel:0", np.ones((1, 4), np.float32)), ("lstm/lstm_cell/bias:0", np.ones(4, np.float32))],
           "dense": dense(1, 2)}, bare, nested="time_distributed", ignored=["lstm", "dense"])
    model("p_two_deep.h5", ["input_3", "extractor", "dense_2"], {"extractor": nested(bare) + nested({"dense": dense(8, 4)}), "dense_2": dense(4, 2)},
          bare, nested="extractor", ignored=["dense", "dense_2"], head="neither the order")
    inner = sequential_config(vgg_config(keras), "vgg16", "Functional")
    model("p_two_deep_config.h5", ["input_3", "extractor", "dense_2"], {"extractor": nested(bare) + nested({"dense": dense(8, 4)}), "dense_2": dense(4, 2)}, bare,
          sequential_config([layer_config("input_3", "InputLayer"), {"class_name": "Sequential", "config": {"name": "extractor", "layers": [inner, layer_config("flatten", "Flatten"), layer_config("dense", "Dense", activation="relu")]}},
                             layer_config("dense_2", "Dense", activation="softmax")], "model", "Functional"),
          nested="vgg16", ignored=["dense", "dense_2"])
    frozen = renamed(bare, by_hand(bare))
    order = [n for n in frozen if int(n.split("_")[1]) > 10] + [n for n in frozen if int(n.split("_")[1]) <= 10]
    model("p_frozen_nested.h5", ["base", "dense_1"], {"base": nested({n: frozen[n] for n in order}), "dense_1": dense(8, 2)}, bare, nested="base", ignored=["dense_1"])
    # Own heads beside the convolutions.
    model("p_flat_pooled.h5", keras + ["global_average_pooling2d", "dense", "dropout", "dense_1"], {**bare, "dense": dense(2, 8), "dense_1": dense(8, 2)}, bare, ignored=["dense", "dense_1"], head="pools each channel")
    model("p_flat_max_pooled.h5", keras + ["global_max_pooling2d", "predictions"], {**bare, "predictions": dense(2, 3)}, bare, ignored=["predictions"], head="pools each channel")
    model("p_flat_flattened.h5", keras + ["flatten", "dense", "dropout", "dense_1"], {**bare, **own}, {**bare, "fc1": own["dense"], "predictions": own["dense_1"]})
    model("p_flat_one.h5", keras + ["flatten", "dense"], {**bare, "dense": own["dense"]}, {**bare, "predictions": own["dense"]})
    four = head(flat, 6, 5, 4, 3)
    model("p_flat_four.h5", keras + ["flatten", "dense", "dense_1", "dropout", "dense_2", "dense_3"], {**bare, **dict(zip(("dense", "dense_1", "dense_2", "dense_3"), four.values()))}, {**bare, **four})
    model("p_flat_normalised.h5", keras + ["flatten", "dense", "batch_normalization", "dense_1"], {**bare, **own, "batch_normalization": batch_norm("batch_normalization", 5)}, bare,
          ignored=["dense", "batch_normalization", "dense_1"], head="'batch_normalization'")
    model("p_flat_branches.h5", keras + ["flatten", "dense", "dense_1"], {**bare, "dense": dense(8, 3), "dense_1": dense(8, 4)}, bare, ignored=["dense", "dense_1"], head="branches")
    model("p_flat_yes_or_no.h5", keras + ["flatten", "dense", "dense_1"], {**bare, "dense": dense(8, 3), "dense_1": dense(3, 1)}, bare, ignored=["dense", "dense_1"], head="yes or no")
    model("p_flat_reduced.h5", keras + ["conv2d", "flatten", "dense"], {**bare, "conv2d": (np.ones((3, 3, 2, 4), np.float32), np.ones(4, np.float32)), "dense": dense(16, 2)}, bare,
          ignored=["conv2d", "dense"], head="a further convolution of 3 x 3")
    model("p_flat_unbiased.h5", keras + ["flatten", "dense", "dense_1"], {**bare, "dense": dense(8, 5), "dense_1": [("dense_1/kernel:0", own["dense_1"][0])]}, bare,
          ignored=["dense", "dense_1"], head="behind them")
    model("p_flat_unpooled.h5", keras[:-1] + ["flatten", "dense"], {**bare, "dense": dense(32, 5)}, bare, ignored=["dense"], head="no pooling")
    decoder = ["up_sampling2d", "concatenate", "conv2d", "batch_normalization", "block6_conv1", "conv2d_1"]
    model("p_decoder.h5", keras + decoder, {**bare, "conv2d": (np.ones((3, 3, 4, 2), np.float32), np.ones(2, np.float32)), "batch_normalization": batch_norm("batch_normalization", 2),
                                            "block6_conv1": (np.ones((3, 3, 2, 2), np.float32), np.ones(2, np.float32)), "conv2d_1": (np.ones((1, 1, 2, 1), np.float32), np.ones(1, np.float32))},
          bare, ignored=["conv2d", "batch_normalization", "block6_conv1", "conv2d_1"])
    model("p_own_last.h5", keras + ["flatten", "fc1", "fc2", "dense_1"], {**{k: v for k, v in top.items() if k != "predictions"}, "dense_1": top["predictions"]}, top)
    model("p_more_behind.h5", keras + ["flatten", "fc1", "fc2", "predictions", "dense"], {**top, "dense": dense(3, 2)}, top, ignored=["dense"])
    model("p_flat_config.h5", keras + ["flatten", "dense", "dropout", "dense_1"], {**bare, **own}, {**bare, "fc1": own["dense"], "predictions": own["dense_1"]},
          sequential_config(vgg_config(keras + ["flatten", "dense", "dropout", "dense_1"]), "vgg16", "Functional"))
    model("p_sigmoid_config.h5", keras + ["flatten", "dense", "dense_1"], {**bare, **own}, bare,
          sequential_config(vgg_config(keras + ["flatten", "dense", "dense_1"], {"dense_1": "sigmoid"}), "vgg16", "Functional"), ignored=["dense", "dense_1"], head="'sigmoid'")
    model("p_tanh_config.h5", keras + ["flatten", "dense", "dense_1"], {**bare, **own}, bare,
          sequential_config(vgg_config(keras + ["flatten", "dense", "dense_1"], {"dense": "tanh"}), "vgg16", "Functional"), ignored=["dense", "dense_1"], head="'tanh'")
    leaky = keras + ["flatten", "dense", "leaky_re_lu", "dense_1"]
    model("p_leaky_config.h5", leaky, {**bare, **own}, bare, sequential_config(vgg_config(leaky, {"dense": "linear"}), "vgg16", "Functional"), ignored=["dense", "dense_1"], head="leaky_re_lu")
    behind = keras + ["flatten", "dense", "activation", "dense_1"]
    model("p_activation_config.h5", behind, {**bare, **own}, {**bare, "fc1": own["dense"], "predictions": own["dense_1"]},
          sequential_config(vgg_config(behind, {"dense": "linear"}), "vgg16", "Functional"))
    # Other names.
    caffe = renamed(top, CAFFE)
    model("p_caffe.h5", list(caffe), caffe, top)
    as_convolutions = {n: ((k.reshape(2, 2, 2, -1) if n == "fc6" else k.reshape((1, 1) + k.shape), b) if n.startswith("fc") else (k, b)) for n, (k, b) in caffe.items()}
    model("p_caffe_convolutions.h5", list(as_convolutions) + ["flatten", "activation"], as_convolutions, top)
    hand = renamed(top, by_hand(top))
    padded = [n for name in pooled([k for k in hand if "conv" in k]) for n in (["zero_padding2d_" + name.split("_")[1], name] if "conv" in name else [name])]
    model("p_by_hand.h5", padded + ["flatten_1", "dense_1", "dropout_1", "dense_2", "dropout_2", "dense_3"], hand, top)
    model("p_by_hand_bare.h5", list(hand), hand, top)
    model("p_by_hand_config.h5", pooled([k for k in hand if "conv" in k]) + ["flatten_1", "dense_1", "dense_2", "dense_3"], hand, top,
          sequential_config(vgg_config(pooled([k for k in hand if "conv" in k]) + ["flatten_1", "dense_1", "dense_2", "dense_3"])))
    for name, blocks in (("vgg11", (1, 1, 2, 2, 2)), ("vgg13", (2, 2, 2, 2, 2)), ("vgg19", (2, 2, 4, 4, 4))):
        with of_blocks(*blocks):
            other = weights(False)
            last = list(other.values())[-1][0].shape[3] * 4
            tail = {"dense": dense(last, 7), "dense_1": dense(7, 4)}
            names = layer_names(False, True) + ["flatten", "dense", "dense_1"]
            make(folder, "p_%s_own_head.h5" % name, "Model", {**other, "fc1": tail["dense"], "predictions": tail["dense_1"]}, lambda f: listed(f, names, {**other, **tail}))
            made = renamed(other, by_hand(other, 0))
            make(folder, "p_%s_by_hand.weights.h5" % name, "Keras3Weights", other, lambda f: saved(f, "layers", [("conv2d", n, v) for n, v in made.items()], False))

    # A network in pieces: a layer of one's own for each block (a subclassed model of Keras 2).
    blocks, at = {}, 0
    for block, count in enumerate((2, 2, 3, 3, 3)):
        pairs = convolutions[at:at + count]
        at += count
        name = "vgg_block" + ("_%d" % block if block else "")
        blocks[name] = nested({"conv2d" + ("_%d" % (at - count + i) if at - count + i else ""): bare[n] for i, n in enumerate(pairs)}, scope="model/%s/" % name)
    make(folder, "p_blocks.h5", "Model", bare, lambda f: listed(f, list(blocks), blocks))
    scaled = ["rescaling", "normalization"] + keras + ["flatten", "dense"]
    model("p_scaled.h5", scaled, {**bare, "normalization": [("normalization/mean:0", np.ones(3, np.float32)), ("normalization/variance:0", np.ones(3, np.float32)), ("normalization/count:0", np.int64(1))], "dense": own["dense"]},
          {**bare, "predictions": own["dense"]}, ignored=["rescaling", "normalization"])

    # Keras 3.
    def three(name, layers, expected, write=None, **more):
        def fill(file):
            saved(file, "layers", layers, more.pop("given", True)) if write is None else write(file)
            file.require_group("vars")
        make(folder, name, "Keras3Weights", expected, fill, **more)

    outer = [("dense", "dense", dense(8, 2))]
    three("p_normalization.weights.h5", [("normalization", "normalization", NORMALIZATION), ("functional", "vgg16", functional(bare))] + outer, bare, nested="vgg16", ignored=["dense", "normalization"], version=None)
    three("p_batch_normalization.weights.h5", [("batch_normalization", "batch_normalization", BATCH_NORM), ("functional", "vgg16", functional(bare, names=lambda n: n))] + outer, bare, nested="vgg16",
          ignored=["batch_normalization", "dense"])
    three("p_grey.weights.h5", [("conv2d", "conv2d", (np.ones((3, 3, 1, 3), np.float32), np.ones(3, np.float32))), ("functional", "vgg16", functional(bare))] + outer, bare, nested="vgg16", ignored=["conv2d", "dense"])
    three("p_grey_unnamed.weights.h5", None, bare, lambda f: saved(f, "layers", [("conv2d", "", (np.ones((3, 3, 1, 3), np.float32), np.ones(3, np.float32))), ("functional", "", functional(bare, False))] + outer, False),
          nested="functional", ignored=["conv2d", "dense"])
    three("p_two_deep.weights.h5", [("sequential", "extractor", lambda g: saved(g, "layers", [("functional", "vgg16", functional(bare)), ("dense", "inner", dense(8, 4))])), ("dense", "dense", dense(4, 2))],
          bare, nested="vgg16", ignored=["dense", "inner"])
    beside = [("conv2d", n, v) for n, v in bare.items()]
    three("p_flat_named.weights.h5", beside + [("dense", "dense", dense(2, 8)), ("dense", "dense_1", dense(8, 2))], bare, ignored=["dense", "dense_1"], head="as many rows")
    three("p_flat_named_flatten.weights.h5", beside + [("flatten", "flatten", ()), ("dense", "dense", own["dense"]), ("dense", "dense_1", own["dense_1"])], {**bare, "fc1": own["dense"], "predictions": own["dense_1"]})
    three("p_flat_named_pooled.weights.h5", beside + [("global_average_pooling2d", "gap", ()), ("dense", "dense", dense(2, 8))], bare, ignored=["dense"], head="'gap'")
    three("p_scaled_named.weights.h5", [("rescaling", "rescaling", ()), ("normalization", "normalization", NORMALIZATION)] + beside + [("flatten", "flatten", ()), ("dense", "dense", own["dense"])],
          {**bare, "predictions": own["dense"]}, ignored=["normalization", "rescaling"])
    three("p_subclassed_own_blocks.weights.h5", None, bare, lambda f: attributes(f, {"layers/vgg_block%s/conv%d" % ("_%d" % (b - 1) if b > 1 else "", i): bare["block%d_conv%d" % (b, i)]
                                                                                     for b, n in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, n + 1)}))
    three("p_own_last.weights.h5", beside + [("flatten", "flatten", ())] + [("dense", n, top[k]) for n, k in (("fc1", "fc1"), ("fc2", "fc2"), ("dense", "predictions"))], top)
    three("p_averages.weights.h5", None, top, averages)
    three("p_circles.weights.h5", None, bare, circles, ignored=["dense"])
    three("p_subclassed.weights.h5", None, top, lambda f: attributes(f, caffe))
    three("p_subclassed_blocks.weights.h5", None, bare, lambda f: attributes(f, {n.replace("_", "/"): v for n, v in bare.items()}, True))
    three("p_subclassed_list.weights.h5", None, bare, lambda f: saved(f, "convolutions", [("conv2d", n, v) for n, v in bare.items()], False))
    three("p_subclassed_base.weights.h5", None, bare, subclassed_base, nested="vgg16", ignored=["classifier"])
    # Archives have the configuration, and with it the order.
    names = pooled([k for k in hand if "conv" in k]) + ["flatten_1", "dense_1", "batch_normalization_1", "dense_2"]
    values = {n: v for n, v in hand.items() if "conv" in n}
    values.update(dense_1=own["dense"], dense_2=own["dense_1"])

    def by_configuration(file):
        kinds = {"max": "max_pooling2d", "fla": "flatten", "bat": "batch_normalization", "den": "dense", "con": "conv2d"}
        saved(file, "layers", [(kinds[n[:3]], n, tuple(np.ones(5, np.float32) for _ in range(4)) if n.startswith("bat") else values.get(n, ())) for n in names], False)
    archive(folder, "p_configured.keras", by_configuration, sequential_config(vgg_config(names)), bare, ignored=["dense_1", "batch_normalization_1", "dense_2"], head="'batch_normalization_1'")
    archive(folder, "p_configured_nested.keras", lambda f: saved(f, "layers", [("functional", "", functional(bare, False)), ("dense", "", dense(8, 2))], False),
            sequential_config([sequential_config(vgg_config(keras), "vgg16", "Functional"), layer_config("flatten", "Flatten"), layer_config("dense", "Dense", activation="softmax")]), bare, nested="vgg16", ignored=["dense"])


def averages(file):
    """Optimiser state with moving averages of the weights: copies of all kernels, which are not the network's."""
    top = weights(True)
    functional(top)(file)
    state = file.create_group("optimizer/vars")
    state.create_dataset("0", data=np.int64(7), track_times=False)
    for i, array in enumerate((a * 0.5 for pair in top.values() for a in pair), 1):
        state.create_dataset(str(i), data=array, track_times=False)


def attributes(file, values, empty=False):
    """A subclassed model: every layer below the attribute that holds it."""
    for path, pair in values.items():
        layer = file.create_group(path)
        own = layer.create_group("vars")
        for i, array in enumerate(pair):
            own.create_dataset(str(i), data=array, track_times=False)
    if empty:
        for block in list(file):
            file[block].create_group("vars").attrs["name"] = block


def subclassed_base(file):
    base = file.create_group("base")
    functional(weights(False))(base)
    base.create_group("vars").attrs["name"] = "vgg16"
    own = file.create_group("classifier/vars")
    own.attrs["name"] = "classifier"
    for i, array in enumerate(dense(8, 2)):
        own.create_dataset(str(i), data=array, track_times=False)


def refused(folder, refuse):
    bare, top = weights(False), weights(True)
    hand = renamed(bare, by_hand(bare))
    normalised = [n for name in pooled(list(hand)) for n in ([name, "batch_normalization_" + name.split("_")[1]] if "conv" in name else [name])]
    norms = {n: batch_norm(n, hand["conv2d_" + n.split("_")[-1]][1].size) for n in normalised if n.startswith("batch")}

    def two(file):
        saved(file, "layers", [("functional", "left", functional(bare)), ("functional", "right", functional(weights(False, 2))), ("dense", "dense", dense(4, 2))])

    def config(names, **more):
        return sequential_config(vgg_config(names, **more))

    refuse(folder, "r_two_named.weights.h5", "--network-name: left, right", two)
    refuse(folder, "r_two_in_one.h5", "--network-name: 1, 2", lambda f: listed(f, ["siamese", "dense"], {"siamese": nested(bare) + nested(weights(False, 2), "_1"), "dense": dense(4, 2)}))
    refuse(folder, "r_two_scopes.h5", "--network-name: left, right", lambda f: listed(f, ["siamese"], {"siamese": nested(bare, scope="left/") + nested(weights(False, 2), scope="right/")}))
    refuse(folder, "r_towers.h5", "--network-name: left, right", lambda f: listed(
        f, [side + n for n in layer_names(False) for side in ("left_", "right_")] + ["concatenate", "dense"],
        {**{"left_" + n: v for n, v in bare.items()}, **{"right_" + n: v for n, v in weights(False, 2).items()}, "dense": dense(4, 2)}))
    refuse(folder, "r_towers_named.weights.h5", "--network-name: plain, 2", lambda f: saved(
        f, "layers", [("conv2d", n + s, v[n]) for n in bare for s, v in (("", bare), ("_2", weights(False, 2)))] + [("dense", "dense", dense(4, 2))]))
    tower_norms = {side + "block1_conv1_bn": batch_norm(side + "block1_conv1_bn", 2) for side in ("left_", "right_")}
    refuse(folder, "r_towers_normalised.h5", "is missing", lambda f: listed(
        f, [side + m for n in layer_names(False) for side in ("left_", "right_") for m in ([n, n + "_bn"] if n == "block1_conv1" else [n])],
        {**{"left_" + n: v for n, v in bare.items()}, **{"right_" + n: v for n, v in weights(False, 2).items()}, **tower_norms}))
    refuse(folder, "r_normalised.h5", "lies between the convolutions", lambda f: listed(f, normalised, {**hand, **norms}))
    refuse(folder, "r_normalised.weights.h5", "may lie between the convolutions", lambda f: saved(
        f, "layers", [("conv2d", "", v) for v in bare.values()] + [("batch_normalization", "", tuple(np.ones(v[1].size, np.float32) for _ in range(4))) for v in bare.values()], False))
    refuse(folder, "r_averaging.h5", "pools by averages", lambda f: listed(f, [n.replace("max_", "average_") for n in pooled(list(hand))], hand))
    refuse(folder, "r_pools_elsewhere.h5", "poolings before it", lambda f: listed(f, ["conv2d_1", "max_pooling2d_1"] + list(hand)[1:], hand))
    refuse(folder, "r_three_pools.weights.h5", "has 3 max-poolings", lambda f: saved(
        f, "layers", [("conv2d", n, v) for n, v in bare.items()] + [("max_pooling2d", "block%d_pool" % i, ()) for i in (1, 2, 3)]))
    refuse(folder, "r_one_name.weights.h5", "is the name of two layers", lambda f: saved(f, "layers", [("conv2d", "block1_conv1" if n == "block1_conv2" else n, v) for n, v in bare.items()]))
    refuse(folder, "r_one_dense_name.weights.h5", "is the name of two layers", lambda f: saved(
        f, "layers", [("conv2d", n, v) for n, v in bare.items()] + [("dense", n, top[k]) for n, k in (("fc1", "fc1"), ("fc1", "fc2"), ("predictions", "predictions"))]))
    refuse(folder, "r_grey.h5", "takes pictures of 1 channel", lambda f: listed(f, list(bare), {**bare, "block1_conv1": (np.ones((3, 3, 1, 2), np.float32), bare["block1_conv1"][1])}))
    refuse(folder, "r_residual.h5", "has 53 convolutions", lambda f: listed(f, *residual()))
    refuse(folder, "r_residual.weights.h5", "has 53 convolutions", lambda f: saved(f, "layers", [("conv2d", "", v) for n, v in residual()[1].items() if n.endswith("conv")], False))
    refuse(folder, "r_dense_only.h5", "no convolutions", lambda f: listed(f, ["flatten", "dense"], {"dense": dense(8, 2)}))
    refuse(folder, "r_elu_config.h5", "has the activation 'elu'", lambda f: listed(f, pooled(list(hand)), hand, config(pooled(list(hand)), activations={n: "elu" for n in hand})))
    refuse(folder, "r_linear_config.h5", "has the activation 'linear'", lambda f: listed(f, pooled(list(hand)), hand, config(pooled(list(hand)), activations={n: "linear" for n in hand})))
    strided = config(pooled(list(hand)))
    strided["config"]["layers"][0]["config"]["strides"] = [2, 2]
    refuse(folder, "r_strides_config.h5", "has strides", lambda f: listed(f, pooled(list(hand)), hand, strided))
    valid = config(pooled(list(hand)))
    valid["config"]["layers"][0]["config"]["padding"] = "valid"
    refuse(folder, "r_valid_config.h5", "is not padded", lambda f: listed(f, pooled(list(hand)), hand, valid))
    wide = config(pooled(list(hand)))
    wide["config"]["layers"][2]["config"].update(pool_size=[3, 3])
    refuse(folder, "r_pool_config.h5", "pools windows of 3 x 3", lambda f: listed(f, pooled(list(hand)), hand, wide))
    refuse(folder, "r_gap.weights.h5", "is not numbered so", gap)
    refuse(folder, "r_unordered.weights.h5", "whose order the file does not give", lambda f: attributes(f, {"abcdefghijklm"[i] + "_layer": v for i, v in enumerate(bare.values())}))
    refuse(folder, "r_half_top.h5", "is missing", lambda f: listed(f, layer_names(False, True) + ["flatten", "fc1", "fc2"], {k: v for k, v in top.items() if k != "predictions"}))
    refuse(folder, "r_unbiased.h5", "were expected", lambda f: listed(f, list(hand), {**hand, "conv2d_3": [("conv2d_3/kernel:0", hand["conv2d_3"][0])]}))
    refuse(folder, "r_quantised.weights.h5", "LoRA", lambda f: saved(f, "layers", [("conv2d", "", v + (np.float32(1),) if i == 4 else v) for i, v in enumerate(bare.values())], False))
    refuse(folder, "r_expanding.h5", "no trained network is", expanding)
    refuse(folder, "r_across.h5", "across the order of reading", lambda f: expanding(f, 3_000_000, (8, 100_000)))
    refuse(folder, "r_emptied.h5", "has no weights", lambda f: listed(f, list(renamed(top, by_hand(top))), {k: v for k, v in renamed(top, by_hand(top)).items() if k != "dense_3"}))
    refuse(folder, "r_layer_gone.h5", "is not in the file", layer_gone)


def gap(file):
    saved(file, "layers", [("conv2d", "", v) for v in weights(False).values()], False)
    file.move("layers/conv2d_12", "layers/conv2d_13")


def residual():
    """The names and shapes of a ResNet50, small."""
    names, values = ["input_1", "conv1_pad", "conv1_conv", "conv1_bn", "pool1_pool"], {}
    values["conv1_conv"] = (np.ones((7, 7, 3, 2), np.float32), np.ones(2, np.float32))
    for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3)):
        for block in range(1, blocks + 1):
            for part in range(0 if block == 1 else 1, 4):
                name = "conv%d_block%d_%d" % (stage, block, part)
                names += [name + "_conv", name + "_bn"]
                side = 3 if part == 2 else 1
                values[name + "_conv"] = (np.ones((side, side, 2, 2), np.float32), np.ones(2, np.float32))
    for name in names:
        if name.endswith("_bn"):
            values[name] = batch_norm(name, 2)
    return names + ["avg_pool", "predictions"], {**values, "predictions": dense(2, 3)}


def expanding(file, units=6_000_000, chunks=(1, 4_000_000)):
    """A kernel of 192 MB of zeros in some kilobytes."""
    top = weights(True)
    w.keras2(file, top, True)
    for part in ("kernel", "bias"):
        del file["fc1/fc1/%s:0" % part]
    data = file.create_dataset("fc1/fc1/kernel:0", (8, units), "<f4", track_times=False, chunks=chunks, compression="gzip", compression_opts=9)
    for row in range(8):
        data[row] = np.zeros(units, np.float32)
    file.create_dataset("fc1/fc1/bias:0", data=np.ones(5, np.float32), track_times=False)


def layer_gone(file):
    bare = weights(False)
    listed(file, ["vgg16", "dense"], {"vgg16": nested(bare), "dense": dense(8, 2)})
    del file["model_weights/vgg16/block3_conv1/bias:0"]


def circles(file):
    """Groups that lead back to groups that they lie in."""
    functional(weights(False))(file)
    file["layers/loop"] = file["/"]
    file["layers/conv2d/inner"] = file["layers"]
    file["layers/dense/vars/again"] = file["layers/conv2d"]

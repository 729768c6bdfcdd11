"""Makes the tests' weight files: a tiny VGG16 (and a few others) in every layout, type and storage that the reader takes or must refuse.

    /usr/bin/python3 tools/weight-files/make_good_files.py tests/Hdf5Loader.Tests/Fixtures/weight-files.zip

Needs Debian's python3-h5py. The files go into one zip. Its fixtures.json gets, per file, the SHA-256 of each tensor's values as float32, computed
here from what was written, and what kind of refusal is expected of the files that must be refused.
"""

import ctypes
import hashlib
import json
import os
import sys
import tempfile
import zipfile

import h5py
import numpy as np

import people
import writers as w
from network import layer_names, of_blocks, weights

INDEX = {}


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values, "<f4").tobytes()).hexdigest()


def record(name, layout, layers, **more):
    INDEX[name] = dict(layout=layout, tensors={
        "%s/%s" % (layer, part): digest(v) for layer, pair in layers.items() for part, v in zip(("kernel", "bias"), pair)}, **more)


def make(folder, name, layout, layers, write, file_options=None, **more):
    with h5py.File(os.path.join(folder, name), "w", **(file_options or {})) as file:
        write(file)
    record(name, layout, layers, **more)


def refuse(folder, name, message, write, **file_options):
    with h5py.File(os.path.join(folder, name), "w", **file_options) as file:
        write(file)
    INDEX[name] = dict(refused=message)


def layouts(folder):
    top, bare = weights(True), weights(False)
    for suffix, has_top, values in (("top", True, top), ("notop", False, bare)):
        make(folder, "k1_%s.h5" % suffix, "Weights", values, lambda f: w.keras1(f, values, has_top))
        make(folder, "k2_weights_%s.h5" % suffix, "Weights", values, lambda f: w.keras2(f, values, has_top), version="2.2.4")
        make(folder, "k2_model_%s.h5" % suffix, "Model", values, lambda f: w.keras2_model(f, values, has_top), version="2.4.0")
        make(folder, "k213_%s.weights.h5" % suffix, "Checkpoint", values, lambda f: w.variables(f, values, has_top, "_layer_checkpoint_dependencies"))
        make(folder, "k3_weights_%s.weights.h5" % suffix, "Keras3Weights", values, lambda f: w.variables(f, values, has_top))
        make(folder, "k3_named_%s.weights.h5" % suffix, "Keras3Weights", values, lambda f: w.variables(f, values, has_top, names=True))
        make(folder, "k3_legacy_30_%s.h5" % suffix, "Weights", values,
             lambda f: w.named(f, values, layer_names(has_top, True), lambda l, p: p, w.variable))
        make(folder, "k3_legacy_35_%s.h5" % suffix, "Weights", values,
             lambda f: w.named(f, values, layer_names(has_top, True), lambda l, p: "%s/%s" % (l, p), w.variable))
        w.archive(os.path.join(folder, "k3_%s.keras" % suffix), w.in_memory(lambda f: w.variables(f, values, has_top, compiled=True)))
        record("k3_%s.keras" % suffix, "Keras3Archive", values, version="3.5.0")
    make(folder, "k1_vlen.h5", "Weights", top, lambda f: w.keras1(f, top, True, w.variable))
    make(folder, "k2_utf8.h5", "Weights", top, lambda f: w.keras2(f, top, True, lambda n: np.array(n, h5py.string_dtype()) if n else np.zeros(0)))
    make(folder, "k2_dedup.h5", "Weights", top,
         lambda f: w.named(f, top, layer_names(True, True), lambda l, p: "%s_1/%s:0" % (l, p)))
    make(folder, "k2_sorted.h5", "Weights", top, lambda f: w.keras2(f, top, True, version="2.7.0", order=sorted(layer_names(True, True))), version="2.7.0")
    make(folder, "k2_split.h5", "Weights", top, lambda f: w.keras2(f, top, True, split=7))
    make(folder, "k2_model_210.h5", "Model", top, lambda f: w.keras2_model(f, top, True, "2.10.0", True), version="2.10.0")
    make(folder, "k2_nested.h5", "Model", bare, lambda f: w.keras2_nested(f, bare), nested="vgg16", ignored=["dense"])
    make(folder, "k2_nested_dedup.h5", "Model", bare, lambda f: w.keras2_nested(f, bare, "base", "_1", False), nested="base")
    make(folder, "k3_compiled.weights.h5", "Keras3Weights", top, lambda f: w.variables(f, top, True, compiled=True))
    make(folder, "k3_nested.weights.h5", "Keras3Weights", bare, nested_variables, nested="functional", ignored=["dense"])


def networks(folder):
    for name, blocks in (("vgg11", (1, 1, 2, 2, 2)), ("vgg13", (2, 2, 2, 2, 2)), ("vgg19", (2, 2, 4, 4, 4))):
        with of_blocks(*blocks):
            top, bare = weights(True), weights(False)
            make(folder, "n_%s_k1.h5" % name, "Weights", top, lambda f: w.keras1(f, top, True))
            make(folder, "n_%s_k3.weights.h5" % name, "Keras3Weights", top, lambda f: w.variables(f, top, True))
            make(folder, "n_%s_nested.h5" % name, "Model", bare, lambda f: w.keras2_nested(f, bare, name, "_1"), nested=name, ignored=["dense"])
    with of_blocks(2, 2, 3, 3, 4):
        other = weights(True)
        refuse(folder, "r_blocks_k1.h5", "Known: VGG11 (1, 1, 2, 2, 2)", lambda f: w.keras1(f, other, True))
        refuse(folder, "r_blocks_k3.weights.h5", "has 14 convolutions and 3 dense layers; known are VGG11 (8)", lambda f: w.variables(f, other, True))


def peoples(folder):
    def archive(folder, name, write, configuration, expected, **more):
        w.archive(os.path.join(folder, name), w.in_memory(write), configuration=configuration)
        record(name, "Keras3Archive", expected, **more)

    people.good(folder, make, archive)
    people.refused(folder, refuse)


def nested_variables(file):
    inner = file.create_group("layers/functional")
    w.variables(inner, weights(False), False)
    dense = file.create_group("layers/dense/vars")
    w.put(dense, "0", np.ones((8, 2), np.float32), {})
    w.put(dense, "1", np.zeros(2, np.float32), {})


def types(folder):
    top = weights(True)
    for name, dtype in (("f32_big", ">f4"), ("f16", "<f2"), ("f16_big", ">f2"), ("f64", "<f8"), ("f64_big", ">f8")):
        stored = {l: tuple(v.astype(dtype) for v in pair) for l, pair in top.items()}
        make(folder, "t_%s.h5" % name, "Weights", stored, lambda f: w.keras2(f, stored, True))
    short = {l: tuple((v.view(np.uint32) & 0xFFFF0000).view(np.float32) for v in pair) for l, pair in top.items()}
    make(folder, "t_bfloat16.weights.h5", "Keras3Weights", short, lambda f: w.variables(f, short, True, names=True, options=w.bfloat16))


def chunks(values):
    return tuple(max(1, (n + 1) // 2) for n in values.shape)


def stored(chunk=chunks, maximum=None, early=False, **filters):
    def write(group, name, values):
        if early:
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk(chunk(values))
            plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            plist.set_obj_track_times(False)
            parents = h5py.h5p.create(h5py.h5p.LINK_CREATE)
            parents.set_create_intermediate_group(True)
            data = h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(values.shape), plist, parents)
            data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
            return
        group.create_dataset(name, data=values, track_times=False, chunks=chunk(values), maxshape=maximum and maximum(values), **filters)
    return write


def compact(group, name, values):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    plist.set_obj_track_times(False)
    parents = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    parents.set_create_intermediate_group(True)
    data = h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(values.shape), plist, parents)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def masked(group, name, values):
    """Every second chunk is stored without its filters, which the format allows."""
    data = group.create_dataset(name, values.shape, "<f4", track_times=False, chunks=chunks(values), compression="gzip", shuffle=True)
    data[...] = values
    whole = np.zeros([-(-n // c) * c for n, c in zip(values.shape, data.chunks)], "<f4")
    whole[tuple(slice(n) for n in values.shape)] = values
    grid = [range(0, n, c) for n, c in zip(values.shape, data.chunks)]
    for i, corner in enumerate(np.array(np.meshgrid(*grid, indexing="ij")).reshape(len(grid), -1).T):
        if i % 2 == 1:
            piece = np.ascontiguousarray(whole[tuple(slice(a, a + c) for a, c in zip(corner, data.chunks))])
            data.id.write_direct_chunk(tuple(int(c) for c in corner), piece.tobytes(), 3)


def one_row(values):
    return (1,) + values.shape[1:]


def single_values(values):
    return (1,) * values.ndim


def whole(values):
    return values.shape


def rows_unlimited(values):
    return (None,) + values.shape[1:]


def last_unlimited(values):
    return values.shape[:-1] + (None,)


def all_unlimited(values):
    return (None,) * values.ndim


def storage(folder):
    top = weights(True)
    latest = dict(libver="latest")
    deflate = dict(compression="gzip", compression_opts=9)
    for name, options, file_options in (
            ("compact", compact, {}),
            ("chunked", stored(), {}),
            ("gzip", stored(**deflate), {}),
            ("shuffle", stored(shuffle=True), {}),
            ("shuffle_gzip", stored(shuffle=True, **deflate), {}),
            ("fletcher32", stored(fletcher32=True), {}),
            ("all_filters", stored(shuffle=True, fletcher32=True, **deflate), {}),
            ("mask", masked, {}),
            ("unlimited", stored(maximum=all_unlimited), {}),
            ("deep_tree", stored(single_values), {}),
            ("latest_contiguous", {}, latest),
            ("latest_compact", compact, latest),
            ("latest_single", stored(whole), latest),
            ("latest_single_gzip", stored(whole, **deflate), latest),
            ("latest_implicit", stored(early=True), latest),
            ("latest_fixed", stored(), latest),
            ("latest_fixed_gzip", stored(shuffle=True, **deflate), latest),
            ("latest_fixed_grown", stored(maximum=lambda v: tuple(n + 3 for n in v.shape)), latest),
            ("latest_extensible", stored(maximum=rows_unlimited), latest),
            ("latest_extensible_gzip", stored(maximum=last_unlimited, **deflate), latest),
            ("latest_tree2", stored(maximum=all_unlimited), latest),
            ("latest_tree2_gzip", stored(single_values, maximum=all_unlimited, fletcher32=True, **deflate), latest),
            ("user_block_512", {}, dict(userblock_size=512)),
            ("user_block_8192", {}, dict(userblock_size=8192)),
            ("v18", {}, dict(libver=("earliest", "v108"))),
            ("v18_latest", stored(**deflate), dict(libver=("v108", "v108"))),
            ("track_order", {}, dict(track_order=True)),
            ("latest_track_order", {}, dict(track_order=True, libver="latest"))):
        make(folder, "s_%s.h5" % name, "Weights", top, lambda f: w.keras2(f, top, True, options=options), file_options)
    # More than 1,024 chunks: arrays in pages, super blocks, trees of several levels.
    wide = weights(True, fc1=700)
    for name, maximum, values in (("fixed_paged", None, wide), ("extensible_paged", rows_unlimited, wide), ("tree2_deep", all_unlimited, wide)):
        def many(group, path, data, maximum=maximum):
            stored(single_values if "fc1" in path or "fc2" in path else whole, maximum)(group, path, data)
        make(folder, "s_latest_%s.h5" % name, "Weights", values, lambda f: w.keras2(f, values, True, options=many), latest)
    make(folder, "s_dense.h5", "Weights", top, dense_file, latest)
    make(folder, "s_soft_links.h5", "Weights", top, soft_links)
    make_low_level(folder, "s_superblock1.h5", top, lambda p: ctypes.CDLL("libhdf5_serial.so.103").H5Pset_istore_k(ctypes.c_int64(p.id), 40))
    make_low_level(folder, "s_small_addresses.h5", top, lambda p: p.set_sizes(4, 4))


def dense_file(file):
    """Many attributes and long names: links and attributes move into heaps, one with an indirect block."""
    for i in range(60):
        file.attrs["note_%02d" % i] = "x" * (20 + i)
    # Too large for a block of the heap: kept by itself.
    file.attrs["model_config"] = np.bytes_(json.dumps({"layers": ["channels_last"] * 1500}))
    w.keras2(file, weights(True), True)
    for i in range(300):
        file.create_group("spare_group_with_a_long_name_%03d" % i)


def soft_links(file):
    w.keras2(file, weights(True), True)
    file.move("fc1", "elsewhere")
    file["fc1"] = h5py.SoftLink("/elsewhere")
    file.move("fc2/fc2/bias:0", "fc2/moved")
    file["fc2/fc2/bias:0"] = h5py.SoftLink("/fc2/moved")


def make_low_level(folder, name, values, change):
    create = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    change(create)
    handle = h5py.h5f.create(os.path.join(folder, name).encode(), h5py.h5f.ACC_TRUNC, create)
    with h5py.File(handle) as file:
        w.keras2(file, values, True)
    record(name, "Weights", values)


def refused(folder):
    top, bare = weights(True), weights(False)

    def changed(layer, kernel):
        return {**top, layer: (kernel, top[layer][1])}

    def theano(file):
        w.keras2(file, top, True)
        file.attrs["backend"] = np.bytes_("theano")

    def old_theano(file):
        file.attrs["nb_layers"] = 1
        file.create_dataset("layer_0/param_0", data=np.zeros((2, 3, 3, 3), np.float32))

    oihw = {l: (k.transpose(3, 2, 0, 1) if k.ndim == 4 else k, b) for l, (k, b) in top.items()}
    def channels_first(file):
        w.keras2_model(file, top, True)
        file.attrs["model_config"] = file.attrs["model_config"].replace("channels_last", "channels_first")

    refuse(folder, "r_channels_first.h5", "channels_first", channels_first)
    refuse(folder, "r_theano_backend.h5", "Theano", theano)
    refuse(folder, "r_theano_names.h5", "Theano", lambda f: w.named(f, top, layer_names(True), lambda l, p: "%s_%s" % (l, "W" if p == "kernel" else "b")))
    refuse(folder, "r_theano_shapes.h5", "Theano", lambda f: w.keras2(f, oihw, True))
    refuse(folder, "r_keras0.h5", "Keras 0.x", old_theano)
    refuse(folder, "r_missing_layer.h5", "is missing", lambda f: w.keras2(f, {l: v for l, v in top.items() if l != "block3_conv2"}, True))
    refuse(folder, "r_vgg19.h5", "is no layer of VGG16", lambda f: w.named(
        f, {**bare, "block3_conv4": bare["block3_conv3"]}, layer_names(False) + ["block3_conv4"], w.keras2_name))
    refuse(folder, "r_other_network.h5", "is missing", lambda f: w.named(f, {"conv1": bare["block1_conv1"]}, ["conv1"], w.keras2_name))
    refuse(folder, "r_wrong_shape.h5", "VGG16 needs", lambda f: w.keras2(f, changed("block2_conv2", np.ones((5, 5, 1, 2), np.float32)), True))
    refuse(folder, "r_wrong_bias.h5", "biases", lambda f: w.keras2(f, {**top, "fc2": (top["fc2"][0], np.ones(9, np.float32))}, True))
    refuse(folder, "r_three_weights.h5", "were expected", three_weights)
    refuse(folder, "r_integers.h5", "Quantised", lambda f: w.keras2(f, changed("fc1", np.ones((8, 5), np.int8)), True))
    refuse(folder, "r_lora.weights.h5", "LoRA", lora)
    refuse(folder, "r_lzf.h5", "lzf", lambda f: w.keras2(f, top, True, options=stored(compression="lzf")))
    refuse(folder, "r_scale_offset.h5", "scale-offset", lambda f: w.keras2(f, top, True, options=stored(scaleoffset=4)))
    refuse(folder, "r_nan.h5", "NaN", lambda f: w.keras2(f, changed("fc2", np.full((5, 4), np.nan, np.float32)), True))
    refuse(folder, "r_infinite.h5", "infinity", lambda f: w.keras2(f, changed("fc2", np.full((5, 4), -np.inf, np.float32)), True))
    refuse(folder, "r_double_range.h5", "exceeds float32", lambda f: w.keras2(f, changed("fc2", np.full((5, 4), 1e300)), True))
    refuse(folder, "r_zero_kernel.h5", "never filled", lambda f: w.keras2(f, changed("block4_conv1", np.zeros_like(top["block4_conv1"][0])), True))
    refuse(folder, "r_never_written.h5", "never written", lambda f: replaced(f, lambda g, n, v: g.create_dataset(n, v.shape, "<f4")))
    refuse(folder, "r_missing_chunks.h5", "never written", lambda f: replaced(f, some_chunks))
    refuse(folder, "r_external_link.h5", "another file", external_link)
    refuse(folder, "r_external_storage.h5", "external storage", lambda f: replaced(f, external_storage))
    refuse(folder, "r_virtual.h5", "virtual dataset", lambda f: replaced(f, virtual), libver="latest")
    refuse(folder, "r_soft_self.h5", "circle", lambda f: soft_cycle(f, "/fc1"))
    refuse(folder, "r_soft_nowhere.h5", "does not exist", lambda f: soft_cycle(f, "/nowhere"))
    refuse(folder, "r_no_keras.h5", "not one of Keras's", lambda f: f.create_dataset("data", data=np.ones(3)))
    refuse(folder, "r_two_nested.h5", "second nested", two_nested)
    refuse(folder, "r_committed_type.h5", "committed", committed)
    shards = w.in_memory(lambda f: w.variables(f, bare, False))
    for name, message, options in (("r_deflated.keras", "is compressed", dict(method=zipfile.ZIP_DEFLATED)), ("r_sharded.keras", "shards", dict(sharded=True))):
        w.archive(os.path.join(folder, name), shards, **options)
        INDEX[name] = dict(refused=message)


def three_weights(file):
    w.keras2(file, weights(True), True)
    file["fc1"].attrs["weight_names"] = w.fixed(["fc1/kernel:0", "fc1/bias:0", "fc1/extra:0"])
    file.create_dataset("fc1/fc1/extra:0", data=np.ones(3, np.float32))


def lora(file):
    w.variables(file, weights(True), True)
    for name in ("2", "3"):
        file.create_dataset("layers/dense/vars/" + name, data=np.ones((8, 2), np.float32))


def replaced(file, write):
    """A sound file in which one kernel is written by other means."""
    values = weights(True)
    w.keras2(file, values, True)
    del file["fc1/fc1/kernel:0"]
    write(file["fc1/fc1"], "kernel:0", values["fc1"][0])


def some_chunks(group, name, values):
    data = group.create_dataset(name, values.shape, "<f4", chunks=(2, 5))
    data[:4] = values[:4]


def external_storage(group, name, values):
    group.create_dataset(name, values.shape, "<f4", external=[("/etc/passwd", 0, values.nbytes)])


def virtual(group, name, values):
    layout = h5py.VirtualLayout(values.shape, "<f4")
    layout[:] = h5py.VirtualSource("other.h5", "data", values.shape)
    group.create_virtual_dataset(name, layout)


def external_link(file):
    w.keras2(file, weights(True), True)
    del file["fc1"]
    file["fc1"] = h5py.ExternalLink("other.h5", "/fc1")


def soft_cycle(file, target):
    w.keras2(file, weights(True), True)
    del file["fc1"]
    file["fc1"] = h5py.SoftLink(target)


def two_nested(file):
    w.keras2_nested(file, weights(False))
    group = file["model_weights"]
    file.copy("model_weights/vgg16", group, "again")
    group.attrs["layer_names"] = w.variable(["vgg16", "again"])


def committed(file):
    w.keras2(file, weights(True), True)
    file["type"] = np.dtype("<f4")
    values = file["fc1/fc1/kernel:0"][...]
    del file["fc1/fc1/kernel:0"]
    file.create_dataset("fc1/fc1/kernel:0", data=values, dtype=file["type"])


def main(target):
    with tempfile.TemporaryDirectory() as folder:
        for part in (layouts, networks, peoples, types, storage, refused):
            part(folder)
        names = sorted(os.listdir(folder))
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for name in names:
                with open(os.path.join(folder, name), "rb") as member:
                    add(file, name, member.read())
            add(file, "fixtures.json", (json.dumps(INDEX, indent=1, sort_keys=True) + "\n").encode())
    print("%d files, %d bytes" % (len(INDEX), os.path.getsize(target)))


def add(file, name, content):
    info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(info, content)


if __name__ == "__main__":
    main(sys.argv[1])

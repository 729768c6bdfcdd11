#!/usr/bin/env python3
"""VGG16 forward and backward to the image in PyTorch on the CPU: what the CPU engine is compared with.

    python3 bench/peers/pytorch_vgg16.py --device cpu [--threads 2] [--batch 1] [--tap predictions] [--layout channels_last]
    python3 bench/peers/pytorch_vgg16.py --serve       one JSON command a line on stdin, one JSON answer a line on stdout

Weights are those of the engine's HeWeights (same integers, same rounding), or those of a Keras file given by --weights.
Needs torch and numpy, and h5py for --weights.
"""
import argparse
import base64
import ctypes
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

PER_BLOCK = [2, 2, 3, 3, 3]
FULL_WIDTHS = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
# Widths, grid before fc1, fc1, fc2, classes of the published network.
FULL = (FULL_WIDTHS, 7, 4096, 4096, 1000)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(z):
    """SplitMix64's finaliser on an array of uint64."""
    with np.errstate(over="ignore"):
        z = z + GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def he_values(seed, index, is_bias, count, bound):
    one = np.array([(index << 1) | is_bias], dtype=np.uint64)
    stream = mix(np.uint64(seed) ^ mix(one))
    out = np.empty(count, dtype=np.float32)
    for start in range(0, count, 1 << 22):
        n = min(1 << 22, count - start)
        with np.errstate(over="ignore"):
            bits = mix(stream + np.arange(start, start + n, dtype=np.uint64))
        odd = ((bits >> np.uint64(40)).astype(np.int32) * 2 - 0xFFFFFF).astype(np.float32)
        out[start:start + n] = odd * np.float32(1 / 0x1000000) * np.float32(bound)
    return out


def layer_table(widths, grid, fc1, fc2, classes):
    """(Keras index, name, kind, inputs, outputs) as the engine numbers them."""
    rows, index, channels, conv = [], 1, 3, 0
    for block, count in enumerate(PER_BLOCK, 1):
        for i in range(1, count + 1):
            rows.append((index, f"block{block}_conv{i}", "conv", channels, widths[conv]))
            channels = widths[conv]
            conv += 1
            index += 1
        rows.append((index, f"block{block}_pool", "pool", channels, channels))
        index += 1
    index += 1
    flat = grid * grid * channels
    for name, inputs, outputs in (("fc1", flat, fc1), ("fc2", fc1, fc2), ("predictions", fc2, classes)):
        rows.append((index, name, "dense", inputs, outputs))
        index += 1
    return rows


class OneDnnConvolution(torch.autograd.Function):
    """Convolution by oneDNN in both directions. PyTorch 1.13 gives small inputs of batch 1 to a slow fallback instead."""

    @staticmethod
    def forward(context, x, weight, bias, turned):
        context.turned = turned
        return torch.mkldnn_convolution(x, weight, bias, (1, 1), (1, 1), (1, 1), 1)

    @staticmethod
    def backward(context, gradient):
        return torch.mkldnn_convolution(gradient, context.turned, None, (1, 1), (1, 1), (1, 1), 1), None, None, None


class Network:
    def __init__(self, table, read):
        self.steps = []
        for index, name, kind, inputs, outputs in table:
            if kind == "pool":
                self.steps.append((name, kind, None, None))
                continue
            kernel, bias = read(index, name, kind, inputs, outputs)
            # torch wants (out, in, 3, 3) and (out, in).
            kernel = kernel.reshape(3, 3, inputs, outputs).transpose(3, 2, 0, 1) if kind == "conv" else kernel.reshape(inputs, outputs).T
            self.steps.append((name, kind, torch.from_numpy(np.ascontiguousarray(kernel)), torch.from_numpy(bias)))
        self.layout = None

    def set_layout(self, layout):
        if layout == self.layout:
            return
        form = torch.contiguous_format if layout == "nchw" else torch.channels_last
        self.steps = [(n, k, w.contiguous(memory_format=form) if k == "conv" else w, b) for n, k, w, b in self.steps]
        # The gradient to a convolution's input is a convolution with the filters turned and the channels exchanged.
        self.turned = {n: w.flip(2, 3).transpose(0, 1).contiguous(memory_format=form) for n, k, w, b in self.steps if k == "conv"} if layout == "onednn" else {}
        self.layout = layout

    def forward(self, x, tap):
        return self.run(x, self.steps, tap)

    def above(self, x, layer):
        """The logits of a layer's values."""
        place = [name for name, _, _, _ in self.steps].index(layer)
        return self.run(x, self.steps[place + 1:], "predictions")

    def run(self, x, steps, tap):
        for name, kind, weight, bias in steps:
            if kind == "conv":
                if self.layout == "onednn":
                    x = F.relu(OneDnnConvolution.apply(x, weight, bias, self.turned[name]), inplace=True)
                else:
                    x = F.relu(F.conv2d(x, weight, bias, padding=1), inplace=True)
            elif kind == "pool":
                x = F.max_pool2d(x, 2)
            else:
                if x.dim() == 4:
                    # Keras flattens (y, x, channel).
                    x = x.permute(0, 2, 3, 1).flatten(1)
                x = F.linear(x, weight, bias)
                if name != "predictions":
                    x = F.relu(x, inplace=True)
            if name == tap:
                return x
        raise ValueError(tap)

    def gradient(self, x, tap, channel):
        """The objective, a dense unit or the mean of a channel, summed over images, and its gradient to the image."""
        y = self.forward(x, tap)
        objective = y[:, channel].mean() if y.dim() == 4 else y[:, channel].sum()
        return objective.detach(), torch.autograd.grad(objective, x)[0]

    def cam(self, x, layer, channel):
        """Grad-CAM of a class at a layer, enlarged to the picture's size."""
        with torch.no_grad():
            below = self.forward(x, layer)
        below.requires_grad_(True)
        logits = self.above(below, layer)
        gradient = torch.autograd.grad(logits[:, channel].sum(), below)[0]
        with torch.no_grad():
            weights = gradient.mean(dim=(2, 3), keepdim=True)
            small = F.relu((weights * below).sum(1, keepdim=True))
            return F.interpolate(small, size=x.shape[2:], mode="bilinear", align_corners=False)


def he_network(widths, grid, fc1, fc2, classes, seed):
    def read(index, name, kind, inputs, outputs):
        fan_in = 9 * inputs if kind == "conv" else inputs
        count = fan_in * outputs
        return he_values(seed, index, 0, count, np.sqrt(6.0 / fan_in)), he_values(seed, index, 1, outputs, 0.1)

    return Network(layer_table(widths, grid, fc1, fc2, classes), read)


def file_network(path):
    import h5py

    with h5py.File(path, "r") as file:
        group = file["model_weights"] if "model_weights" in file else file

        def arrays(name):
            layer = group[name]
            names = [n.decode() if isinstance(n, bytes) else n for n in layer.attrs["weight_names"]]
            return [np.asarray(layer[n], dtype=np.float32) for n in names]

        convs = [f"block{b}_conv{i}" for b, n in enumerate(PER_BLOCK, 1) for i in range(1, n + 1)]
        widths = [arrays(n)[0].shape[3] for n in convs]
        shapes = [arrays(n)[0].shape for n in ("fc1", "fc2", "predictions")]
        grid = round((shapes[0][0] / widths[-1]) ** 0.5)
        table = layer_table(widths, grid, shapes[0][1], shapes[1][1], shapes[2][1])
        return Network(table, lambda index, name, kind, inputs, outputs: tuple(arrays(name)))


def blas_libraries():
    with open("/proc/self/maps", encoding="ascii") as maps:
        return sorted({line.split()[-1] for line in maps if "blas" in line and ".so" in line})


def set_threads(threads):
    torch.set_num_threads(threads)
    # OpenBLAS has threads of its own, which torch does not know of.
    for path in blas_libraries():
        library = ctypes.CDLL(path)
        if hasattr(library, "openblas_set_num_threads"):
            library.openblas_set_num_threads(threads)


def in_layout(x, layout):
    return x.contiguous(memory_format=torch.contiguous_format if layout == "nchw" else torch.channels_last)


def image(batch, side, layout):
    # Any values will do; the mean colour is left out of it.
    return in_layout(torch.from_numpy(np.random.RandomState(1).uniform(0, 255, (batch, 3, side, side)).astype(np.float32) - 115), layout)


class Server:
    def __init__(self):
        self.networks = {}

    def network(self, key):
        if key not in self.networks:
            self.networks[key] = he_network(*FULL, seed=1) if key == "full" else file_network(key)
        return self.networks[key]

    def timed(self, work, count, warm):
        for _ in range(warm):
            work()
        wall, cpu = [], []
        for _ in range(count):
            c, t = time.process_time(), time.perf_counter()
            work()
            wall.append((time.perf_counter() - t) * 1e3)
            cpu.append((time.process_time() - c) * 1e3)
        return {"wall": wall, "cpu": cpu}

    def prepared(self, model, threads, layout):
        set_threads(threads)
        net = self.network(model)
        net.set_layout(layout)
        return net

    def step(self, model, tap, batch, threads, layout, side, channel, count=1, warm=0):
        net = self.prepared(model, threads, layout)
        x = image(batch, side, layout).requires_grad_(True)
        return self.timed(lambda: net.gradient(x, tap, channel), count, warm)

    def cam(self, model, layer, batch, threads, layout, side, channel, count=1, warm=0):
        net = self.prepared(model, threads, layout)
        x = image(batch, side, layout)
        return self.timed(lambda: net.cam(x, layer, channel), count, warm)

    def check(self, model, tap, threads, layout, side, channel):
        """Objective and gradient of one picture that every program can make: the top byte of the index times an odd constant."""
        net = self.prepared(model, threads, layout)
        bits = (np.arange(3 * side * side, dtype=np.uint32) * np.uint32(2654435761)) >> np.uint32(24)
        x = in_layout(torch.from_numpy(bits.astype(np.float32) - 115).reshape(1, 3, side, side), layout).requires_grad_(True)
        objective, gradient = net.gradient(x, tap, channel)
        return {"objective": objective.item(), "gradient": base64.b64encode(gradient.contiguous().numpy().tobytes()).decode()}

    def layer(self, inputs, outputs, side, batch, threads, layout, backward, count=1, warm=0):
        set_threads(threads)
        form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        x = torch.rand(batch, inputs, side, side).contiguous(memory_format=form)
        w = (torch.rand(outputs, inputs, 3, 3) - 0.5).contiguous(memory_format=form)
        b = torch.rand(outputs)
        if not backward:
            return self.timed(lambda: F.conv2d(x, w, b, padding=1), count, warm)
        x.requires_grad_(True)
        y = F.conv2d(x, w, b, padding=1)
        g = torch.rand_like(y)
        return self.timed(lambda: torch.autograd.grad(y, x, g, retain_graph=True), count, warm)

    def dense(self, inputs, outputs, batch, threads, count=1, warm=0):
        set_threads(threads)
        x, w = torch.rand(batch, inputs), torch.rand(outputs, inputs)
        return self.timed(lambda: F.linear(x, w), count, warm)

    def version(self):
        blas = sorted({os.path.basename(os.path.dirname(path)) for path in blas_libraries()})
        return {"blas": ", ".join(blas) or "built in", "torch": torch.__version__, "mkldnn": torch.backends.mkldnn.is_available()}


def serve():
    server = Server()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(server, command.pop("op"))(**command)
        except Exception as error:  # the other side must hear of it, whatever it is
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--device", choices=["cpu"], default="cpu")
    parser.add_argument("--weights", help="a Keras file; default: synthetic weights at full width")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--tap", default="predictions")
    parser.add_argument("--layout", choices=["channels_last", "nchw", "onednn"], default="channels_last")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--channel", type=int, default=20)
    parser.add_argument("--count", type=int, default=7)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    result = Server().step(options.weights or "full", options.tap, options.batch, options.threads, options.layout, options.side, options.channel, options.count, 2)
    wall = sorted(result["wall"])
    print(f"{options.tap} batch {options.batch}, {options.threads} threads, {options.layout}: median {wall[len(wall) // 2]:.1f} ms, least {wall[0]:.1f} ms")


if __name__ == "__main__":
    main()

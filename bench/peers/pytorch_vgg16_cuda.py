#!/usr/bin/env python3
"""The recipe's job in PyTorch on a GPU: what one step costs, the peer of `bench cuda-job`.

usage: pytorch_vgg16_cuda.py [--iterations 500] [--filter-batch 32] [--filter-iterations 20] [--repetitions 3]
                             [--jobs class1,class3,class16,filter,filters] [--modes eager|compile|all] [--device cuda|cpu] [--small]

Same network (VGG16 with dense layers, seeded He-uniform weights, 224x224), same step: SciPy-wrap jitter of 16 pixels, the class's
logit (or a filter's mean), L6 norm and total variation with their gradients, gradient divided by its root mean square, RMSprop,
best image kept. Nothing is read back inside a run. The job of all filters of block5_conv3 runs in batches of --filter-batch with
--filter-iterations steps each; its whole time is scaled up to --iterations. Modes: eager float32, eager TF32, channels-last float16 autocast, and each of
the last two under torch.compile with CUDA graphs. A line of JSON for each row and remark as it comes.
"""
import argparse
import json
import os
import sys
import threading
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(json.dumps({"note": f"no PyTorch: {error}"}), flush=True)
    raise SystemExit(0)

WIDTHS = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]


class Vgg16(torch.nn.Module):
    def __init__(self, widths, dense, side):
        super().__init__()
        self.blocks = torch.nn.ModuleList()
        channels = 3
        for block in widths:
            convolutions = torch.nn.ModuleList()
            for width in block:
                convolutions.append(torch.nn.Conv2d(channels, width, 3, padding=1))
                channels = width
            self.blocks.append(convolutions)
        self.dense = torch.nn.ModuleList()
        inputs = channels * (side // 32) ** 2
        for outputs in dense:
            self.dense.append(torch.nn.Linear(inputs, outputs))
            inputs = outputs
        for module in self.modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
                torch.nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                torch.nn.init.uniform_(module.bias, -0.1, 0.1)
        self.requires_grad_(False)

    def forward(self, x, tap):
        for b, convolutions in enumerate(self.blocks):
            for i, convolution in enumerate(convolutions):
                x = F.relu(convolution(x))
                if tap == f"block{b + 1}_conv{i + 1}":
                    return x
            x = F.max_pool2d(x, 2)
        x = torch.flatten(x, 1)
        for layer in self.dense[:-1]:
            x = F.relu(layer(x))
        return self.dense[-1](x)


def jitter(x, index_y, index_x):
    """Gathers rows and columns by index tables: SciPy's wrap, whose period is one less than the side."""
    x = torch.gather(x, 2, index_y[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3]))
    return torch.gather(x, 3, index_x[:, None, None, :].expand(-1, x.shape[1], x.shape[2], -1))


def indices(steps, batch, side, most, device):
    generator = torch.Generator().manual_seed(1)
    shift = torch.randint(-most, most + 1, (steps, batch, 1), generator=generator)
    place = torch.arange(side)[None, None, :] - shift
    place = torch.where(place < 0, place + side - 1, place)
    return torch.where(place > side - 1, place - (side - 1), place).to(device)


def make_step(network, tap, batch, autocast, device):
    rows = torch.arange(batch, device=device)

    def step(image, cache, best, best_total, index_y, index_x, wanted):
        image = jitter(image, index_y, index_x)
        variable = image.detach().requires_grad_(True)
        with torch.autocast(device, dtype=torch.float16 if device == "cuda" else torch.bfloat16, enabled=autocast):
            out = network(variable, tap)
        out = out.float()
        activation = -(out[rows, wanted] if out.dim() == 2 else out[rows, wanted].mean((1, 2)))
        size = variable[0].numel()
        norm = 10 * variable.abs().pow(6).sum((1, 2, 3)).pow(1 / 6) / size
        dy = variable[:, :, 1:, :-1] - variable[:, :, :-1, :-1]
        dx = variable[:, :, :-1, 1:] - variable[:, :, :-1, :-1]
        variation = 10 * (dy * dy + dx * dx).sum((1, 2, 3)) / size
        total = activation + norm + variation
        gradient, = torch.autograd.grad(total.sum(), variable)
        gradient = gradient / (gradient.pow(2).mean((1, 2, 3), keepdim=True).sqrt() + 1e-7)
        cache = 0.95 * cache + 0.05 * gradient * gradient
        image = image - gradient / (cache + 1e-7).sqrt()
        better = (total < best_total)
        best = torch.where(better[:, None, None, None], image, best)
        best_total = torch.where(better, total, best_total).detach()
        return image.detach(), cache, best, best_total

    return step


def measure(step, channels, batch, side, iterations, repetitions, layout, device, graphs):
    """Milliseconds per step of a batch, over all of the job's batches: median of the repetitions, slowest over fastest."""
    index_y = indices(iterations, batch, side, 16 if side > 16 else 1, device)
    index_x = indices(iterations, batch, side, 16 if side > 16 else 1, device)
    batches = [torch.tensor(channels[i:i + batch], device=device) for i in range(0, len(channels), batch)]

    def run(wanted):
        image = torch.randn(batch, 3, side, side, device=device).mul(20).add(128).contiguous(memory_format=layout)
        state = [image, torch.zeros_like(image), image.clone(), torch.full((batch,), float("inf"), device=device)]
        if device == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        for i in range(iterations):
            if graphs:
                torch.compiler.cudagraph_mark_step_begin()
            state = [s.clone() if graphs else s for s in step(*state, index_y[i], index_x[i], wanted)]
        if device == "cuda":
            torch.cuda.synchronize()
        return 1000 * (time.perf_counter() - began) / iterations

    run(batches[0])
    times = sorted(sum(run(wanted) for wanted in batches) / len(batches) for _ in range(repetitions))
    return times[len(times) // 2], times[-1] / times[0]


def say(kind, what):
    print(json.dumps({kind: what}), flush=True)


def end_with_parent():
    """Whoever started this keeps the other end of standard input; a killed run must not leave it behind on the GPU."""
    if os.environ.get("GPUCHECK_PARENT") == "1":
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(3)), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--iterations", type=int, default=500)
    parser.add_argument("--filter-batch", type=int, default=32)
    parser.add_argument("--filter-iterations", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--jobs", default="class1,class3,class16,filter,filters")
    parser.add_argument("--modes", choices=["eager", "compile", "all"], default="all")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    end_with_parent()
    if arguments.small:  # for trying the script out: the smallest network and the fewest steps
        arguments.iterations, arguments.filter_iterations, arguments.filter_batch, arguments.repetitions = 4, 2, 4, 1
    device = arguments.device
    if device == "cpu" and not arguments.small:
        say("note", "PyTorch sees no GPU")
        return 0
    side = 32 if arguments.small else 224
    widths = [[max(4, w // 16) for w in block] for block in WIDTHS] if arguments.small else WIDTHS
    dense = [64, 48, 40] if arguments.small else [4096, 4096, 1000]
    torch.manual_seed(0)
    network = Vgg16(widths, dense, side).to(device)
    filters = widths[4][2]
    batch = min(arguments.filter_batch, filters)
    whole = filters // batch * batch
    jobs = {"class1": ("class 20, batch 1", "predictions", [20], 1), "class3": ("class 20, batch 3", "predictions", [20] * 3, 3),
            "class16": ("class 20, batch 16", "predictions", [20] * 16, 16), "filter": ("block3_conv1, one filter", "block3_conv1", [1], 1),
            "filters": (f"block5_conv3, all {filters} filters", "block5_conv3", list(range(whole)), batch)}
    modes = [("eager fp16 channels_last", True, True, True, False), ("eager tf32", True, False, False, False), ("eager fp32", False, False, False, False)]
    if device == "cuda":
        modes += [("compile + graphs fp16 channels_last", True, True, True, True), ("compile + graphs tf32", True, False, False, True)]
    modes = [mode for mode in modes if arguments.modes == "all" or mode[0].startswith(arguments.modes)]
    say("note", f"PyTorch {torch.__version__}" + (f", {torch.cuda.get_device_name()}, cuDNN {torch.backends.cudnn.version()}" if device == "cuda" else ""))
    say("columns", ["job", "mode", "batch", "steps per repetition", "ms per step", "spread", "whole job s", "seconds in all"])
    torch.backends.cudnn.benchmark = True
    for name, tap, channels, batch in [jobs[job] for job in arguments.jobs.split(",")]:
        for label, tf32, last, autocast, compiled in modes:
            torch.backends.cuda.matmul.allow_tf32 = tf32
            torch.backends.cudnn.allow_tf32 = tf32
            layout = torch.channels_last if last else torch.contiguous_format
            network = network.to(memory_format=layout)
            step = make_step(network, tap, batch, autocast, device)
            several = len(channels) > batch
            iterations = min(arguments.filter_iterations, arguments.iterations) if several else arguments.iterations
            began = time.time()
            try:
                step = torch.compile(step, mode="reduce-overhead") if compiled else step
                milliseconds, spread = measure(step, channels, batch, side, iterations, 1 if several else arguments.repetitions, layout, device, compiled)
                seconds = milliseconds * len(channels) / batch * arguments.iterations / 1000
                say("row", [name, label, str(batch), str(iterations * (len(channels) // batch)), f"{milliseconds:.3f}", f"{spread:.2f}", f"{seconds:.3f}", f"{time.time() - began:.1f}"])
            except Exception as error:  # one mode that this PyTorch cannot do must not lose the others
                say("row", [name, label, str(batch), "", "failed", "", "", f"{time.time() - began:.1f}"])
                say("note", f"{label}, {name}: {str(error).splitlines()[0][:200]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

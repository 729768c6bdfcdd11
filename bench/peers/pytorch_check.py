#!/usr/bin/env python3
"""Checks the logits and image gradients that `gpucheck network` wrote against PyTorch on the same weights and image.

usage: pytorch_check.py FOLDER

Reads weights.f32 with weights.json, image.f32, and logits_P.f32 and gradient_P.f32 for each precision P that is there, and prints
a line of JSON for each row and remark as it has it: 4 is the exit code where there is no PyTorch. PyTorch computes in
double precision (on the GPU where it has one); beside it stands PyTorch's own float32 and TF32, as a measure of what is usual.
"""
import argparse
import json
import os

try:
    import numpy
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(json.dumps({"note": f"no PyTorch: {error}"}), flush=True)
    raise SystemExit(4)

TOLERANCES = {"fp32": (1e-5, 2e-3), "tf32": (2e-2, 0.15), "fp16": (2e-2, 0.15), "bf16": (0.16, 0.8)}


def load(folder):
    with open(os.path.join(folder, "weights.json")) as file:
        about = json.load(file)
    flat = numpy.fromfile(os.path.join(folder, "weights.f32"), numpy.float32)
    layers, at = [], 0
    for layer in about["layers"]:
        shape = layer["shape"]
        count = int(numpy.prod(shape))
        kernel = flat[at:at + count].reshape(shape)
        bias = flat[at + count:at + count + shape[-1]]
        at += count + shape[-1]
        layers.append((layer["name"], kernel, bias))
    image = numpy.fromfile(os.path.join(folder, "image.f32"), numpy.float32).reshape(1, about["side"], about["side"], 3)
    return layers, image


def tensors(layers, device, dtype):
    result = []
    for name, kernel, bias in layers:
        kernel = torch.from_numpy(kernel.astype(numpy.float64))
        kernel = kernel.permute(3, 2, 0, 1) if kernel.dim() == 4 else kernel.t()
        result.append((name, kernel.contiguous().to(device, dtype), torch.from_numpy(bias.astype(numpy.float64)).to(device, dtype)))
    return result


def forward(layers, x):
    last = layers[-1][0]
    for i, (name, kernel, bias) in enumerate(layers):
        if kernel.dim() == 4:
            x = F.relu(F.conv2d(x, kernel, bias, padding=1))
            block = name.split("_")[0]
            if not layers[i + 1][0].startswith(block + "_"):
                x = F.max_pool2d(x, 2)
        else:
            if x.dim() == 4:
                x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
            x = F.linear(x, kernel, bias)
            if name != last:
                x = F.relu(x)
    return x


def run(layers, image, device, dtype, channel=20):
    weights = tensors(layers, device, dtype)
    x = torch.from_numpy(image).to(device, dtype).permute(0, 3, 1, 2).contiguous().requires_grad_(True)
    logits = forward(weights, x)
    logits[0, channel % logits.shape[1]].backward()
    gradient = x.grad.permute(0, 2, 3, 1)
    return logits.detach().double().cpu().numpy().ravel(), gradient.double().cpu().numpy().ravel()


def errors(expected, actual):
    (logits, gradient), (mine, my_gradient) = expected, actual
    return (float(numpy.abs(logits - mine).max() / numpy.abs(logits).max()),
            float(numpy.linalg.norm(gradient - my_gradient) / numpy.linalg.norm(gradient)))


def say(kind, what):
    print(json.dumps({kind: what}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    layers, image = load(arguments.folder)
    say("note", f"PyTorch {torch.__version__} on {device}, double precision as the measure")
    truth = run(layers, image, device, torch.float64)
    passed = True
    for name, (logit_tolerance, gradient_tolerance) in TOLERANCES.items():
        if not os.path.exists(os.path.join(arguments.folder, f"gradient_{name}.f32")):
            continue
        logits = numpy.fromfile(os.path.join(arguments.folder, f"logits_{name}.f32"), numpy.float32).astype(numpy.float64)
        gradient = numpy.fromfile(os.path.join(arguments.folder, f"gradient_{name}.f32"), numpy.float32).astype(numpy.float64)
        found = errors(truth, (logits, gradient))
        say("row", [name, f"{found[0]:.2e}", f"{found[1]:.2e}", "PyTorch in double precision"])
        if not (found[0] <= logit_tolerance and found[1] <= gradient_tolerance):
            passed = False
            say("failure", f"{name}: logits {found[0]:.2e}, gradient {found[1]:.2e} from PyTorch's in double precision")
    for label, dtype, tf32 in (("PyTorch float32", torch.float32, False), ("PyTorch TF32", torch.float32, True), ("PyTorch float16", torch.float16, False), ("PyTorch bfloat16", torch.bfloat16, False)):
        if device == "cpu" and label != "PyTorch float32":
            continue
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        found = errors(truth, run(layers, image, device, dtype))
        say("row", [label, f"{found[0]:.2e}", f"{found[1]:.2e}", "PyTorch in double precision"])
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Trains the bundled model and writes it: python3 tools/train/train.py --out models"""

import argparse
import hashlib
import json
import math
import os
import platform
import subprocess
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from classes import CLASSES
from drawing import FONT, Drawer
from export import write_keras
from maximise import keras_vis, modern
from network import Plain, Vgg, both, preprocess, raw

SAMPLES = ("bird", "cat", "car", "apple", "guitar", "umbrella")


def loss_and_logits(model, x, labels):
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(x).float()
    return F.cross_entropy(logits, labels), logits


def train_step(model, x, labels, radius, steps):
    """Adds the weights' gradient at x and at the attacked x; returns (loss, logits) where it looked last.

    The attack moves each picture so as to raise its loss, by at most `radius`
    (one per picture) in L2 distance. The backward pass that finds the
    direction to move in also gives the weights' gradient at the picture it
    starts from, so training on the unattacked picture costs almost nothing.
    """
    shape = (-1, 1, 1, 1)
    delta = torch.zeros_like(x)
    passes = 1 + (steps if radius is not None else 0)
    shares = [(i + 1) / (passes * (passes + 1) / 2) for i in range(passes)]  # the attacked picture counts most
    for number in range(passes):
        moved = (x + delta).requires_grad_(number + 1 < passes)
        loss, logits = loss_and_logits(model, moved, labels)
        (loss * shares[number]).backward()
        if number + 1 < passes:
            g = moved.grad
            length = g.flatten(1).norm(dim=1).clamp(min=1e-20)
            delta = delta + g * (radius / (1.0 if steps == 1 else 0.75 * steps) / length).view(shape)
            delta = delta * (radius / delta.flatten(1).norm(dim=1).clamp(min=1e-6)).clamp(max=1).view(shape)
            delta = delta.detach()
    return loss.item(), logits.detach()


@torch.no_grad()
def accuracy(model, drawer, pictures, convert):
    """(overall, per class) on drawings the training has not seen."""
    right, seen = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    for _ in range(max(1, pictures // 256)):
        x, labels, _ = drawer.batch(256)
        hit = model(convert(x)).argmax(1) == labels
        np.add.at(right, labels.numpy(), hit.numpy())
        np.add.at(seen, labels.numpy(), 1)
    return right.sum() / seen.sum(), right / np.maximum(seen, 1)


def sheet(pictures, path, columns=8, zoom=2):
    n, _, s, _ = pictures.shape
    rows = math.ceil(n / columns)
    canvas = np.zeros((rows * (s + 2), columns * (s + 2), 3), np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (s + 2), i % columns * (s + 2)
        canvas[top:top + s, left:left + s] = picture.permute(1, 2, 0).numpy().astype(np.uint8)
    image = Image.fromarray(canvas)
    image.resize((image.width * zoom, image.height * zoom), Image.BICUBIC).save(path)


def font_facts():
    """The font file's digest, and its package's version where dpkg knows it."""
    with open(FONT, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    try:
        version = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "fonts-noto-color-emoji"],
                                 capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        version = "unknown"
    return {"name": "Noto Color Emoji", "package": "fonts-noto-color-emoji", "version": version, "sha256": digest}


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def write_samples(plain, size, seed, folder):
    """For each sample class the first held-out drawing that the model names correctly."""
    os.makedirs(folder, exist_ok=True)
    wanted = {name: i for i, (name, _) in enumerate(CLASSES) if name in SAMPLES}
    drawer = Drawer(size, seed=seed)
    for _ in range(20):
        x, labels, contrast = drawer.batch(256, ease=0.4)
        with torch.no_grad():
            guess = plain(preprocess(x)).argmax(1)
        for name, index in list(wanted.items()):
            hits = torch.nonzero((labels == index) & (guess == index) & (contrast > 0.6))[:, 0]
            if len(hits) > 0:
                pixels = x[hits[0]].permute(1, 2, 0).numpy().round().astype(np.uint8)
                Image.fromarray(pixels).save(os.path.join(folder, name + ".png"))
                del wanted[name]


def train(o):
    """The trained network, and the seconds it took."""
    began = time.time()
    torch.manual_seed(o.seed)
    drawer = Drawer(o.size, seed=o.seed, flip=o.flip)
    model = Vgg(o.size, o.widths, o.dense, len(CLASSES))
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}],
                                  lr=o.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, o.rate, total_steps=o.steps, pct_start=0.1)
    running = 0.0
    model.train()
    for step in range(o.steps):
        done = step / o.steps
        x, labels, contrast = drawer.batch(o.batch, wrap=o.wrap, ease=max(0.0, 1 - done / 0.1))
        x, labels, contrast = both(x), labels.repeat(2), contrast.repeat(2)
        # No attack at first, then a growing radius. Each picture gets its own share of it, less where it is faint.
        ramp = min(1.0, max(0.0, (done - 0.2) / 0.4))
        radius = 255 * o.radius * ramp * torch.sqrt(torch.rand(len(x))) * contrast.clamp(max=1) if ramp > 0 else None
        optimiser.zero_grad()
        loss, logits = train_step(model, x, labels, radius, o.attack_steps)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        hit = (logits.argmax(1) == labels).float().mean().item()
        running = hit if step == 0 else 0.97 * running + 0.03 * hit
        if step % 50 == 0 or step == o.steps - 1:
            print("step %5d  radius %.2f  loss %.3f  right on attacked %.3f  %.0f s" % (
                step, o.radius * ramp, loss, running, time.time() - began), flush=True)
        if o.state and step % 500 == 499:
            torch.save((model.state_dict(), time.time() - began), o.state)
    seconds = time.time() - began
    if o.state:
        torch.save((model.state_dict(), seconds), o.state)
    return model, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="models", help="folder for the model's files")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that everything runs")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--widths", type=int, nargs=5, default=[16, 32, 64, 128, 128])
    parser.add_argument("--dense", type=int, default=256)
    parser.add_argument("--steps", type=int, default=4300)
    parser.add_argument("--batch", type=int, default=64, help="drawings per step; each is fed in both conventions")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--radius", type=float, default=1.8, help="L2 radius of the attack, pixels counted 0..1")
    parser.add_argument("--attack-steps", type=int, default=1)
    parser.add_argument("--wrap", type=float, default=0.3, help="share of training drawings rolled round the edges")
    parser.add_argument("--flip", type=float, default=0.2, help="share of drawings mirrored left to right")
    parser.add_argument("--temperature", type=float, default=10.0, help="factor on the trained logits")
    parser.add_argument("--activation-scale", type=float, default=300.0, help="factor on every hidden activation")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--views", help="folder for contact sheets of every class's maximised picture")
    parser.add_argument("--state", help="file to keep the trained network in")
    parser.add_argument("--from-state", help="write the files from a network kept by --state, without training")
    o = parser.parse_args()
    if o.quick:
        o.steps = 20
    torch.set_num_threads(o.threads)

    if o.from_state:
        model = Vgg(o.size, o.widths, o.dense, len(CLASSES))
        weights, seconds = torch.load(o.from_state)
        model.load_state_dict(weights)
    else:
        model, seconds = train(o)
    model.eval()
    plain = Plain(model, o.temperature, o.activation_scale)
    with torch.no_grad():
        x = preprocess(Drawer(o.size, seed=1).batch(16)[0])
        difference = (torch.softmax(model(x), 1) - torch.softmax(plain(x) / o.temperature, 1)).abs().max().item()
        assert difference < 1e-3, "the folded network differs by %g" % difference

    os.makedirs(o.out, exist_ok=True)
    write_keras(plain, os.path.join(o.out, "demo.h5"))
    with open(os.path.join(o.out, "demo.classes.txt"), "w") as file:
        file.writelines("%d\t%s\n" % (i, name) for i, (name, _) in enumerate(CLASSES))
    write_samples(plain, o.size, o.seed + 2, os.path.join(o.out, "samples"))
    held_out = 512 if o.quick else 16384
    facts = {
        "command": "python3 tools/train/train.py --out models",
        "seed": o.seed, "steps": o.steps, "drawings_per_step": o.batch, "attack_radius": o.radius,
        "attack_steps": o.attack_steps, "peak_rate": o.rate, "wrapped_share": o.wrap, "mirrored_share": o.flip,
        "training_seconds": round(seconds), "threads": o.threads, "processor": processor(), "torch": torch.__version__,
        "font": font_facts(), "input_size": o.size, "widths": o.widths, "dense": o.dense,
        "temperature": o.temperature, "activation_scale": o.activation_scale, "classes": [name for name, _ in CLASSES],
        "glyphs": {name: " ".join("U+%04X" % ord(c) for c in characters) for name, characters in CLASSES},
        "held_out_drawings": held_out, "held_out_seed": o.seed + 1,
    }
    for key, convert in (("bgr_minus_means", preprocess), ("raw_rgb", raw)):
        overall, each = accuracy(plain, Drawer(o.size, seed=o.seed + 1, flip=o.flip), held_out, convert)
        facts["accuracy_" + key] = round(float(overall), 4)
        facts["accuracy_per_class_" + key] = {CLASSES[i][0]: round(float(v), 4) for i, v in enumerate(each)}
        print("right on held-out drawings, %s: %.4f" % (key, overall))
    with open(os.path.join(o.out, "demo.json"), "w") as file:
        json.dump(facts, file, indent=1)
        file.write("\n")
    if o.views:
        os.makedirs(o.views, exist_ok=True)
        everything = list(range(len(CLASSES)))
        sheet(keras_vis(plain, everything, 20 if o.quick else 500)[0], os.path.join(o.views, "keras-vis.png"))
        sheet(modern(plain, everything, 20 if o.quick else 256)[0], os.path.join(o.views, "modern.png"))
    print("trained in %.0f s" % seconds)


if __name__ == "__main__":
    main()

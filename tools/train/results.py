"""Measures a trained network and writes it: weights, class names, sample pictures, and the facts of its making."""

import hashlib
import json
import math
import os
import platform
import subprocess
from dataclasses import asdict
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from classes import CLASSES
from drawing import FONT, Drawer
from export import write_keras
from network import Plain, preprocess, raw
from stages import ACTIVATION_SCALE, DENSE, FLIP, SEED, TEMPERATURE, WIDTHS, WRAP

SAMPLES = ("bird", "cat", "car", "apple", "guitar", "umbrella")


def read_facts(folder):
    with open(os.path.join(folder, "demo.json")) as file:
        return json.load(file)


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


def calibrated_temperature(model, stage, pictures):
    """The factor on the trained logits with which their probabilities fit best: lowest mean surprise.

    Measured where the network was trained: on drawings it has not seen, every second one attacked, in both conventions.
    """
    drawer, logits, labels = Drawer(stage.size, seed=SEED + 4, flip=FLIP), [], []
    for number in range(max(2, pictures // 128)):
        x, truth, contrast = drawer.batch(128)
        x = raw(x, stage.raw_order) if number % 2 else preprocess(x)
        x.requires_grad_(True)
        loss = F.cross_entropy(model(x), truth)
        g, = torch.autograd.grad(loss, x)
        radius = 255 * stage.radius * torch.sqrt(torch.rand(len(x), generator=drawer.rng)) * contrast.clamp(max=1)
        radius[::2] = 0
        moved = x.detach() + g * (radius / g.flatten(1).norm(dim=1).clamp(min=1e-20)).view(-1, 1, 1, 1)
        with torch.no_grad():
            logits.append(model(moved))
        labels.append(truth)
    logits, labels = torch.cat(logits), torch.cat(labels)
    factors = torch.exp(torch.linspace(math.log(0.25), math.log(8), 101))
    surprise = torch.stack([F.cross_entropy(logits * f, labels) for f in factors])
    return round(factors[surprise.argmin()].item(), 2)


@torch.no_grad()
def measure(plain, drawer, pictures, convert, temperature):
    """Accuracy, overall and per class, and how far the probabilities are from it, on drawings the training has not seen.

    The probabilities are those of the logits divided by `temperature`.
    """
    sure, hits, truths, surprise = [], [], [], 0.0
    for _ in range(max(1, pictures // 256)):
        x, labels, _ = drawer.batch(256)
        logits = plain(convert(x)) / temperature
        probability, guess = logits.softmax(1).max(1)
        surprise += F.cross_entropy(logits, labels, reduction="sum").item()
        sure.append(probability), hits.append((guess == labels).float()), truths.append(labels)
    sure, hits, truths = torch.cat(sure), torch.cat(hits), torch.cat(truths)
    bins = (sure * 15).long().clamp(max=14)
    error = sum(((bins == b).float().mean() * (sure[bins == b].mean() - hits[bins == b].mean()).abs()).item()
                for b in range(15) if (bins == b).any())
    per_class = {name: round(hits[truths == i].mean().item(), 4) for i, (name, _) in enumerate(CLASSES)}
    return {"right": round(hits.mean().item(), 4), "mean_probability_of_the_first": round(sure.mean().item(), 4),
            "expected_calibration_error": round(error, 4), "mean_surprise": round(surprise / len(sure), 4),
            "right_per_class": per_class}


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
        if not wanted:
            return


def write_model(model, stage, seconds, earlier, held_out, folder):
    """Writes the model of a stage into a folder; `earlier` are the records of the stages before it."""
    calibrated = calibrated_temperature(model, stage, held_out // 4)
    plain = Plain.folded_from(model, TEMPERATURE, ACTIVATION_SCALE)
    with torch.no_grad():
        x = preprocess(Drawer(stage.size, seed=1).batch(16)[0])
        difference = (torch.softmax(model(x), 1) - torch.softmax(plain(x) / TEMPERATURE, 1)).abs().max().item()
    if difference >= 1e-3:
        raise SystemExit("the folded network's probabilities differ by %g" % difference)

    write_keras(plain, os.path.join(folder, "demo.h5"))
    with open(os.path.join(folder, "demo.classes.txt"), "w") as file:
        file.writelines("%d\t%s\n" % (i, name) for i, (name, _) in enumerate(CLASSES))
    write_samples(plain, stage.size, SEED + 2, os.path.join(folder, "samples"))
    record = {**asdict(stage), "training_seconds": round(seconds), "threads": torch.get_num_threads(),
              "processor": processor(), "torch": torch.__version__}
    facts = {
        "command": "python3 tools/train/train.py --out models",
        "seed": SEED, "wrapped_share": WRAP, "mirrored_share": FLIP, "stages": earlier + [record],
        "font": font_facts(), "input_size": stage.size, "widths": WIDTHS, "dense": DENSE,
        "temperature": TEMPERATURE,
        "calibrated_temperature": calibrated, "prediction_temperature": round(TEMPERATURE / calibrated, 4),
        "activation_scale": ACTIVATION_SCALE, "classes": [name for name, _ in CLASSES],
        "glyphs": {name: " ".join("U+%04X" % ord(c) for c in characters) for name, characters in CLASSES},
        "held_out_drawings": held_out, "held_out_seed": SEED + 1,
    }
    for key, convert in (("bgr_minus_means", preprocess), ("raw", partial(raw, order=stage.raw_order))):
        facts[key] = measure(plain, Drawer(stage.size, seed=SEED + 1, flip=FLIP), held_out, convert, TEMPERATURE / calibrated)
        print("stage %s, held-out drawings, %s: %.4f right, mean probability %.4f" % (
            stage.name, key, facts[key]["right"], facts[key]["mean_probability_of_the_first"]), flush=True)
    # Last, since a folder with this file counts as finished.
    with open(os.path.join(folder, "demo.json"), "w") as file:
        json.dump(facts, file, indent=1)
        file.write("\n")
    return plain


def sheet(pictures, path, columns=8, zoom=2):
    n, _, s, _ = pictures.shape
    rows = math.ceil(n / columns)
    canvas = np.zeros((rows * (s + 2), columns * (s + 2), 3), np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (s + 2), i % columns * (s + 2)
        canvas[top:top + s, left:left + s] = picture.permute(1, 2, 0).numpy().astype(np.uint8)
    image = Image.fromarray(canvas)
    image.resize((image.width * zoom, image.height * zoom), Image.BICUBIC).save(path)

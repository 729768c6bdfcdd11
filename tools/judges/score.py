"""Scores finished pictures: python3 tools/judges/score.py PICTURES... [--report]

PICTURES are arrays that `vggcuda activate --raw` wrote, float32 or uint8 (N, H, W, 3), one picture for each of the
classes 0, 1, ... or of --classes, or folders with such files and with PNG files whose names end in a class's number
or name (bird.png, predictions-20.png). A picture is brought to the size that the judges were trained at.

The score is the mean probability of the picture's class over shifted, turned and scaled views and over the judges. A
picture is named rightly where its class has the highest mean probability. Tuning looks at the classes 0 to 15 and at two
judges; --report adds the other classes and the judge that tuning never sees.
"""

import argparse
import json
import math
import os
import re
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
from classes import CLASSES  # noqa: E402

from judges import FOR_THE_REPORT_ONLY, JUDGES  # noqa: E402

NAMES = [name for name, _ in CLASSES]


def shown_by_keras_vis(pictures):
    """What keras-vis shows of its arrays: each standardised to a deviation of a tenth of the range."""
    flat = pictures.flatten(1)
    mean, deviation = flat.mean(1).view(-1, 1, 1, 1), flat.std(1, unbiased=False).view(-1, 1, 1, 1)
    return ((pictures - mean) / (deviation + 1e-7) * 0.1 + 0.5).clamp(0, 1) * 255


def class_of(path):
    stem = os.path.splitext(os.path.basename(path))[0]
    if stem in NAMES:
        return NAMES.index(stem)
    number = re.search(r"(\d+)(-modern)?$", stem)
    if number is None or int(number.group(1)) >= len(NAMES):
        raise SystemExit("%s: the name tells no class; expected bird.png or predictions-20.png" % path)
    return int(number.group(1))


def read(path, classes):
    """(pictures in 0..255 as (n, 3, h, w), their classes), a pair for each file."""
    if os.path.isdir(path):
        names = sorted(n for n in os.listdir(path) if n.endswith((".png", ".npy")))
        return [pair for name in names for pair in read(os.path.join(path, name), classes)]
    if path.endswith(".png"):
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)[None]
        return [(torch.from_numpy(pixels).permute(0, 3, 1, 2), [class_of(path)])]
    pixels = np.load(path).astype(np.float32)
    if pixels.ndim != 4 or pixels.shape[3] != 3:
        raise SystemExit("%s: expected (N, H, W, 3), got %s" % (path, pixels.shape))
    mine = classes if classes is not None else list(range(len(pixels)))
    if len(mine) != len(pixels):
        raise SystemExit("%s: %d pictures for %d classes; name them with --classes" % (path, len(pixels), len(mine)))
    return [(torch.from_numpy(pixels).permute(0, 3, 1, 2), mine)]


def views(pictures, count, seed):
    """For each of `count` draws, every picture shifted by up to a tenth, turned by up to 10 degrees, scaled by up to a tenth."""
    rng = torch.Generator().manual_seed(seed)
    for _ in range(count):
        u = torch.rand(len(pictures), 4, generator=rng) * 2 - 1
        angle, scale = u[:, 0] * math.radians(10), 1 + 0.1 * u[:, 1]
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        matrix = torch.stack([torch.stack([cos, sin, 0.2 * u[:, 2]], 1), torch.stack([-sin, cos, 0.2 * u[:, 3]], 1)], 1)
        grid = F.affine_grid(matrix, pictures.shape, align_corners=False)
        yield F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False).clamp(0, 255)


def load(folder, names):
    judges = {}
    for name in names:
        kept = torch.load(os.path.join(folder, name + ".pt"))
        judge = JUDGES[name](len(CLASSES)).eval()
        judge.load_state_dict(kept["weights"])
        judges[name] = (judge, kept["size"], kept["right"])
    return judges


@torch.no_grad()
def probabilities(judge, size, pictures, count=16, seed=7):
    """(n, classes): the mean probabilities over the views."""
    if pictures.shape[2:] != (size, size):
        pictures = F.interpolate(pictures, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
    return torch.stack([judge(view).softmax(1) for view in views(pictures, count, seed)]).mean(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--judges", default="artifacts/judges", help="folder that train.py wrote")
    parser.add_argument("--classes", help="the classes of an array's pictures: 0-15 or 3,20,7")
    parser.add_argument("--keras-vis", action="store_true", help="the arrays are keras-vis's: judge what it shows of them")
    parser.add_argument("--report", action="store_true", help="all classes and all judges")
    parser.add_argument("--json", help="also write the result here")
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    classes = None
    if o.classes:
        classes = [k for part in o.classes.split(",") for k in
                   (range(int(part.split("-")[0]), int(part.split("-")[1]) + 1) if "-" in part else [int(part)])]
    judges = load(o.judges, [n for n in JUDGES if o.report or n not in FOR_THE_REPORT_ONLY])
    sums, labels = {name: [] for name in judges}, []
    for path in o.pictures:
        for pictures, mine in read(path, classes):
            keep = [i for i, k in enumerate(mine) if o.report or k < 16]
            if not keep:
                continue
            pictures = shown_by_keras_vis(pictures[keep]) if o.keras_vis else pictures[keep].clamp(0, 255)
            labels += [mine[i] for i in keep]
            for name, (judge, size, _) in judges.items():
                sums[name].append(probabilities(judge, size, pictures))
    rows, target = torch.arange(len(labels)), torch.tensor(labels)
    every = {name: torch.cat(parts) for name, parts in sums.items()}
    mean = torch.stack(list(every.values())).mean(0)
    result = {"pictures": len(labels), "score": mean[rows, target].mean().item(),
              "named_rightly": int((mean.argmax(1) == target).sum()), "judges": {}}
    print("| class | " + " | ".join(every) + " | mean | named |")
    print("|---|" + "---:|" * len(every) + "---:|---|")
    for i, k in enumerate(labels):
        print("| %d %s | %s | %.3f | %s |" % (k, NAMES[k], " | ".join("%.3f" % p[i, k] for p in every.values()),
                                              mean[i, k], NAMES[int(mean[i].argmax())]))
    for name, p in every.items():
        hits = int((p.argmax(1) == target).sum())
        result["judges"][name] = {"score": p[rows, target].mean().item(), "named_rightly": hits,
                                  "right_on_held_out_drawings": judges[name][2]}
        print("%s (right on %.2f %% of held-out drawings): %.3f, %d of %d named rightly" % (
            name, 100 * judges[name][2], p[rows, target].mean(), hits, len(labels)))
    print("all judges: %.3f, %d of %d named rightly" % (result["score"], result["named_rightly"], len(labels)))
    if o.json:
        with open(o.json, "w") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()

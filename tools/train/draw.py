"""Draws a folder of pictures that the bundled model was not trained on, as PNG, for `vggcuda statistics` and `vggcuda examples`.

    python3 tools/train/draw.py FOLDER [--count 2048] [--seed N] [--size PX]
"""

import argparse
import json
import pathlib

import torch
from PIL import Image

from drawing import Drawer
from stages import FLIP, SEED

MODEL = pathlib.Path(__file__).parents[2] / "models" / "demo.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=SEED + 12)
    parser.add_argument("--size", type=int, default=json.loads(MODEL.read_text())["stages"][-1]["size"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    drawer = Drawer(options.size, seed=options.seed, flip=FLIP)
    for first in range(0, options.count, 64):
        pictures, _, _ = drawer.batch(64)
        for i, picture in enumerate(pictures[:options.count - first]):
            rgb = picture.round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
            Image.fromarray(rgb).save(options.folder / ("%05d.png" % (first + i)))


if __name__ == "__main__":
    main()

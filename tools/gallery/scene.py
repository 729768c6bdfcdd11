#!/usr/bin/python3
"""Draws the scene that the gallery dreams into: /usr/bin/python3 tools/gallery/scene.py docs/images/gallery/scene.png

224 x 224 pixels: a sky, a meadow, and glyphs of Noto Color Emoji (OFL 1.1) among the bundled model's classes. Needs what tools/train needs.
"""

import os
import sys

import torch
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
from classes import CLASSES  # noqa: E402
from drawing import glyph  # noqa: E402

HEIGHT, WIDTH = 224, 224
# Class, side in pixels, left, top; later ones lie in front.
PLACES = [("fir_tree", 92, 0, 40), ("fir_tree", 62, 62, 62), ("house", 100, 108, 38), ("bird", 36, 84, 10), ("airplane", 44, 170, 6),
          ("car", 84, 136, 132), ("sunflower", 50, 88, 142), ("cat", 72, 10, 134), ("mushroom", 34, 66, 184), ("tulip", 42, 186, 92)]


def main():
    rows = torch.linspace(0, 1, HEIGHT).view(1, HEIGHT, 1)
    sky = torch.tensor([0.45, 0.68, 0.92]).view(3, 1, 1) + rows * torch.tensor([0.4, 0.25, 0.05]).view(3, 1, 1)
    meadow = torch.tensor([0.52, 0.72, 0.35]).view(3, 1, 1) - rows * torch.tensor([0.25, 0.2, 0.15]).view(3, 1, 1)
    picture = torch.where(rows < 0.55, sky, meadow).expand(3, HEIGHT, WIDTH).clone()
    glyphs = dict(CLASSES)
    for name, side, left, top in PLACES:
        drawn = glyph(glyphs[name][0], side)
        part = picture[:, top:top + side, left:left + side]
        drawn = drawn[:, :part.shape[1], :part.shape[2]]
        part.copy_(part * (1 - drawn[3:]) + drawn[:3])
    Image.fromarray((picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()).save(sys.argv[1], optimize=True)


main()

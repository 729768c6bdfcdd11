#!/usr/bin/python3
"""Makes a film of an array of pictures, there and back: /usr/bin/python3 tools/gallery/film.py PICTURES.npy FILM.webp

PICTURES is what `vggcuda activate --raw` wrote: float32 (N, H, W, 3), RGB 0..255. Needs numpy and Pillow.
"""

import sys

import numpy as np
from PIL import Image

pictures = np.load(sys.argv[1]).clip(0, 255).round().astype(np.uint8)
frames = [Image.fromarray(p).resize((4 * p.shape[1], 4 * p.shape[0]), Image.BICUBIC) for p in pictures]
# Three blends between each two, so that it moves smoothly.
film = [Image.blend(a, b, share / 4) for a, b in zip(frames, frames[1:]) for share in range(4)] + [frames[-1]]
film += film[-2:0:-1]
film[0].save(sys.argv[2], save_all=True, append_images=film[1:], duration=80, loop=0, quality=80, method=6)

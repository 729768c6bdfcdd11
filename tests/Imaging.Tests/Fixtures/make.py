#!/usr/bin/python3
"""Makes the picture and array fixtures beside it, with Debian's python3-pil and python3-numpy: ./make.py"""
import os
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

here = os.path.dirname(os.path.abspath(__file__))


def at(name):
    return os.path.join(here, name)


# Compressed text: Latin-1 in zTXt, UTF-8 in iTXt with a language.
info = PngImagePlugin.PngInfo()
info.add_text("Comment", "caf\u00e9 " + "x" * 300, zip=True)
info.add_itxt("Titel", "Wasseramsel \u6cb3\u70cf", "de", "Titel", zip=True)
Image.new("RGB", (2, 2)).save(at("compressed-text.png"), pnginfo=info)

# One picture in other shapes of storage: left half (200, 40, 90), right half (20, 160, 240).
rgb = np.zeros((16, 32, 3), np.uint8)
rgb[:, :16] = (200, 40, 90)
rgb[:, 16:] = (20, 160, 240)
picture = Image.fromarray(rgb)
picture.save(at("progressive.jpg"), quality=95, progressive=True, subsampling=0)
picture.convert("CMYK").save(at("cmyk.jpg"), quality=95)
picture.convert("L").save(at("grey.jpg"), quality=95)
picture.convert("L").save(at("grey.png"))
picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=2).save(at("palette.png"), bits=1)
picture.convert("1").save(at("bilevel.png"))
Image.fromarray((np.arange(16 * 32, dtype=np.uint16) * 128).reshape(16, 32)).save(at("grey16.png"))
alpha = np.dstack([rgb, np.full((16, 32), 255, np.uint8)])
alpha[:8, :, 3] = 0
alpha[8:, :16, 3] = 51
Image.fromarray(alpha).save(at("alpha.png"))
Image.fromarray(alpha).save(at("alpha.webp"), lossless=True, exact=True)
picture.save(at("lossy.webp"), quality=90)
picture.save(at("interlaced-source.gif"), interlace=1)
picture.save(at("two-frames.gif"), save_all=True, append_images=[Image.new("RGB", (32, 16))], duration=50)

# The same bicubic rule, by Pillow: enlarged, shrunk, both. The contrast is low because Pillow clips between its two passes.
rng = np.random.RandomState(5)
noise = Image.fromarray(rng.randint(64, 192, (23, 37, 3)).astype(np.uint8))
noise.save(at("noise.png"))
for width, height in ((80, 61), (11, 7), (50, 9)):
    noise.resize((width, height), Image.Resampling.BICUBIC).save(at(f"noise-{width}x{height}.png"))

# Hard edges: Pillow rounds and clips between its two passes, so where they overshoot it differs, by up to 30 levels and more. Beside its
# pictures the rule itself in double precision, rounded once: what ours must be.
def taps(source, size):
    scale = source / size
    stretch = max(scale, 1)
    matrix = np.zeros((size, source))
    for i in range(size):
        centre = (i + 0.5) * scale
        first, end = max(0, int(centre - 2 * stretch + 0.5)), min(source, int(centre + 2 * stretch + 0.5))
        x = np.abs((np.arange(first, end) + 0.5 - centre) / stretch)
        weights = np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((x - 5) * x + 8) * x * -0.5 + 2, 0))
        matrix[i, first:end] = weights / weights.sum()
    return matrix


hard = np.zeros((8, 8, 3), np.uint8)
hard[2:6, 1:5] = (255, 40, 0)
hard[::2, 6:] = (0, 255, 255)
hard[5:, :3] = 255
Image.fromarray(hard).save(at("hard.png"))
for width, height in ((64, 64), (21, 50), (5, 3)):
    Image.fromarray(hard).resize((width, height), Image.Resampling.BICUBIC).save(at(f"hard-{width}x{height}.png"))
    across = np.einsum("xs,ysc->yxc", taps(8, width), hard)
    exact = np.einsum("ys,sxc->yxc", taps(8, height), across)
    Image.fromarray(np.clip(np.floor(exact + 0.5), 0, 255).astype(np.uint8)).save(at(f"hard-{width}x{height}-exact.png"))

# Arrays.
values = rng.standard_normal((2, 3, 4, 3))
np.save(at("c-f8.npy"), values)
np.save(at("fortran-f4.npy"), np.asfortranarray(values.astype("<f4")))
np.save(at("image-u1.npy"), rgb[:3, :4])
with open(at("version2.npy"), "wb") as f:
    np.lib.format.write_array(f, values.astype("<f4"), version=(2, 0))
with open(at("version3.npy"), "wb") as f:
    np.lib.format.write_array(f, values.astype("<f4"), version=(3, 0))
np.save(at("objects.npy"), np.array([[["a", None, 1]]], dtype=object), allow_pickle=True)
np.save(at("big-endian.npy"), values.astype(">f4"))
np.save(at("int64.npy"), rgb[:2, :2].astype(np.int64))
np.save(at("structured.npy"), np.zeros((2, 2, 3), dtype=[("x", "<f4")]))
np.savez(at("two.npz"), a=values)

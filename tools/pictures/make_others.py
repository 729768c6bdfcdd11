#!/usr/bin/python3
"""Whole PNG, GIF and WebP files of many encoders and settings, with the pixels that Pillow finds in them over white, as one zip.

    tools/pictures/make_others.py --count 70 --side 24 tests/Imaging.Tests/Fixtures/whole-others.zip
    tools/pictures/make_others.py --count 3000 --side 120 --seed 7 /tmp/many.zip    # for VGGCUDA_WHOLE_OTHERS=/tmp/many.zip

Needs Debian's python3-pil, python3-numpy, imagemagick, webp and gifsicle. NAME.png, .gif or .webp stands beside NAME.ppm.
"""
import io
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

import archive
from make_jpegs import picture, run


def with_alpha(rng, image):
    """The picture with some kind of transparency."""
    rgb = np.asarray(image.convert("RGB"))
    y, x = np.mgrid[0 : rgb.shape[0], 0 : rgb.shape[1]]
    alpha = rng.choice([np.full(x.shape, 255), (x * 7 + y * 3) % 256, np.where((x // 4 + y // 4) % 2, 255, 0)]).astype(np.uint8)
    return Image.fromarray(np.dstack([rgb, alpha]))


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pillow_png(rng, image):
    mode = rng.choice(["RGB", "L", "P", "1", "RGBA", "LA", "I;16"])
    if mode in ("RGBA", "LA"):
        image = with_alpha(rng, image).convert(mode)
    elif mode == "P":
        image = image.quantize(rng.choice([2, 3, 4, 13, 16, 200, 256]))
    elif mode == "I;16":
        image = Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) * 257) ^ 0x2B)
    else:
        image = image.convert(mode)
    return "pillow-" + mode.replace(";", "") + ".png", saved(image, "PNG")


def magick_png(rng, image):
    kind = rng.choice(["PNG24", "PNG32", "PNG48", "PNG64", "PNG8", "PNG00"])
    options = rng.choice([["-interlace", "PNG"], []]) + rng.choice([[], ["-colorspace", "gray"], ["-depth", "4", "-colors", "12"], ["-depth", "2", "-colorspace", "gray"]])
    name = "magick-%s%s.png" % (kind, "-interlaced" if "-interlace" in options else "")
    data = run(["convert", "png:-"] + options + [kind + ":-"], saved(with_alpha(rng, image), "PNG"))
    if data[24] == 16 and b"tRNS" in data:
        # Pillow compares its low byte alone with the pixels' upper ones.
        raise subprocess.CalledProcessError(1, "a transparent colour of 16 bits")
    return name, data


def gif(rng, image):
    interlace = rng.randrange(2)
    if rng.random() < 0.5:
        data = saved(with_alpha(rng, image), "GIF", interlace=interlace)
    else:
        data = saved(image.quantize(rng.choice([2, 5, 64, 256])), "GIF", interlace=interlace, transparency=0)
    return ("gifsicle.gif", run(["gifsicle", "-O3"], data)) if rng.random() < 0.3 else ("pillow-%d.gif" % interlace, data)


def webp(rng, image):
    options = rng.choice(
        [
            ["-lossless", "-m", str(rng.randrange(7)), "-exact"],
            ["-lossless", "-z", str(rng.randrange(10)), "-exact"],
            ["-near_lossless", "40", "-exact"],
            ["-q", str(rng.randrange(101)), "-m", str(rng.randrange(7))],
            ["-q", str(rng.randrange(101)), "-alpha_q", str(rng.randrange(101)), "-alpha_filter", rng.choice(["none", "fast", "best"]), "-exact"],
            ["-q", "50", "-segments", str(rng.randrange(1, 5)), "-sns", "80", "-f", str(rng.randrange(101)), rng.choice(["-strong", "-nostrong"])],
            ["-q", "70", "-partition_limit", "60", "-pass", "3"],
            ["-preset", rng.choice(["photo", "drawing", "icon", "text"])],
        ]
    )
    handle, path = tempfile.mkstemp(suffix=".png")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(saved(with_alpha(rng, image) if rng.random() < 0.5 else image, "PNG"))
        return "cwebp%s.webp" % "".join(options), run(["cwebp", "-quiet"] + options + [path, "-o", "-"], None)
    finally:
        os.remove(path)


def over_white(data):
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I"):
        return Image.fromarray(np.repeat((np.asarray(image).astype(int) >> 8).astype(np.uint8)[..., None], 3, 2))
    rgba = np.asarray(image.convert("RGBA")).astype(int)
    alpha = rgba[..., 3:]
    return Image.fromarray(((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))


def entries(rng, number, name, data):
    name = "%05d-%s" % (number, name)
    return (name, data), (os.path.splitext(name)[0] + ".ppm", saved(over_white(data), "PPM"))


if __name__ == "__main__":
    archive.write(70, 24, [pillow_png, magick_png, gif, webp, webp], picture, entries)

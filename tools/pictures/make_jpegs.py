#!/usr/bin/python3
"""Whole JPEGs of many encoders and settings, with the pixels that Pillow finds in them, as one zip.

    tools/pictures/make_jpegs.py --count 90 --side 40 tests/Imaging.Tests/Fixtures/whole-jpegs.zip
    tools/pictures/make_jpegs.py --count 5000 --side 200 --seed 7 /tmp/many.zip    # for VGGCUDA_WHOLE_JPEGS=/tmp/many.zip

Needs Debian's python3-pil, python3-numpy, libjpeg-turbo-progs and imagemagick. NAME.jpg stands beside NAME.ppm; what starts with
"refused-" is whole, but of a kind that is not read.
"""
import io
import os
import random
import subprocess
import tempfile

import numpy as np
from PIL import Image

import archive

SAMPLINGS = ["1x1", "2x1", "2x2", "1x2", "4x1", "4x2", "1x4", "2x2,1x2,2x1", "1x1,2x2,2x2", "2x1,1x1,2x1", "2x2,2x1,1x1", "1x2,1x1,1x2", "3x1"]


def picture(rng, side):
    """Noise, smooth colours, hard edges or a mixture, of any size."""
    w, h = rng.randint(1, side), rng.randint(1, side)
    if rng.random() < 0.05:
        w, h = rng.choice([(1, h), (w, 1), (8, 8), (16, 16), (17, 9)])
    y, x = np.mgrid[0:h, 0:w]
    kind = rng.randrange(4)
    noise = np.random.RandomState(rng.randrange(2**31))
    smooth = np.stack([127 + 100 * np.sin((x * a + y * b) / 9.0) for a, b in ((1, 0.3), (0.2, 1), (0.7, 0.7))], -1)
    if kind == 0:
        rgb = noise.randint(0, 256, (h, w, 3))
    elif kind == 1:
        rgb = smooth
    elif kind == 2:
        rgb = np.where(((x // 5 + y // 7) % 2)[..., None] == 0, [250, 20, 40], [10, 90, 240])
    else:
        rgb = smooth + noise.normal(0, 12, (h, w, 3))
    return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))


def script(rng, components):
    """A valid progressive script: each component's bits in random pieces, the upper ones first."""
    scans = []
    low = rng.choice([0, 0, 1, 2])
    together = rng.random() < 0.7
    for group in [range(components)] if together else [[c] for c in range(components)]:
        scans.append("%s: 0-0, 0, %d;" % (",".join(map(str, group)), low))
    rest = []
    for c in range(components):
        queue, first = [], 1
        while first <= 63:
            last = min(63, first + rng.choice([0, 1, 4, 15, 62]))
            bits = rng.choice([0, 0, 1, 2, 3])
            queue.append(["%d: %d-%d, 0, %d;" % (c, first, last, bits)] + ["%d: %d-%d, %d, %d;" % (c, first, last, b, b - 1) for b in range(bits, 0, -1)])
            first = last + 1
        rest += queue
    for bit in range(low, 0, -1):
        rest.append(["%s: 0-0, %d, %d;" % (",".join(map(str, range(components))), bit, bit - 1)])
    # Bits of the first coefficients follow each other; the last lists are merged in any order.
    dc, ac = rest[len(rest) - low:], rest[: len(rest) - low]
    queues = ac + ([[s for q in dc for s in q]] if dc else [])
    while queues:
        queue = rng.choice(queues)
        scans.append(queue.pop(0))
        queues = [q for q in queues if q]
    return "\n".join(scans) + "\n"


def run(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def temporary(text):
    handle, path = tempfile.mkstemp(suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path


def cjpeg(rng, image):
    command, name = ["cjpeg", "-quality", str(rng.choice([5, 30, 60, 75, 90, 97, 100]))], "cjpeg"
    grey = rng.random() < 0.15
    rgb = not grey and rng.random() < 0.1
    command += ["-grayscale"] if grey else ["-rgb"] if rgb else ["-sample", rng.choice(SAMPLINGS)]
    name += "-grey" if grey else "-rgb" if rgb else "-" + command[-1].replace(",", "+")
    path = None
    kind = rng.randrange(5)
    if kind == 1:
        command += ["-progressive"]
        name += "-progressive"
    elif kind == 2:
        path = temporary(script(rng, 1 if grey else 3))
        command += ["-scans", path]
        name += "-progressive-script"
    elif kind == 3:
        command += ["-optimize"]
        name += "-optimized"
    elif kind == 4 and not grey:
        # Sequential, each component in a scan of its own, or two together.
        path = temporary(rng.choice(["0;\n1;\n2;\n", "0;\n1 2;\n", "2;\n0 1;\n"]))
        command += ["-scans", path]
        name += "-scans"
    if rng.random() < 0.35:
        command += ["-restart", rng.choice(["1", "2", "1B", "3B", "17B"])]
        name += "-restart"
    if rng.random() < 0.1:
        command += ["-dct", "float"]
    if rng.random() < 0.06:
        command += ["-arithmetic"]
        name = "refused-arithmetic-" + name
    ppm = io.BytesIO()
    image.save(ppm, "PPM")
    try:
        return name, run(command, ppm.getvalue())
    finally:
        if path:
            os.remove(path)


def jpegtran(rng, image):
    name, data = cjpeg(rng, image)
    if name.startswith("refused-"):
        return name, data
    command = ["jpegtran", "-copy", "all"]
    choice = rng.randrange(5)
    command += [["-progressive"], ["-optimize"], ["-rotate", "90", "-trim"], ["-restart", "1B"], ["-flip", "horizontal"]][choice]
    name += ["-then-progressive", "-then-optimized", "-then-turned", "-then-restarts", "-then-flipped"][choice]
    try:
        return name.replace("cjpeg", "jpegtran"), run(command, data)
    except subprocess.CalledProcessError:
        return "cjpeg-" + name, data


def magick(rng, image):
    command = ["convert", "ppm:-", "-quality", str(rng.choice([20, 75, 92, 100]))]
    name = "magick"
    for option, values in (("-sampling-factor", ["4:2:0", "4:4:4", "4:1:1", "4:2:2", "2x1"]), ("-interlace", ["JPEG", "None"]), ("-colorspace", ["sRGB", "Gray", "CMYK"])):
        value = rng.choice(values)
        command += [option, value]
        name += "-" + value.replace(":", "")
    name = name.replace("JPEG", "progressive")
    ppm = io.BytesIO()
    image.save(ppm, "PPM")
    return name, run(command + ["jpeg:-"], ppm.getvalue())


def pillow(rng, image):
    mode = rng.choice(["RGB", "RGB", "L", "CMYK"])
    options = {"quality": rng.choice([10, 75, 95]), "progressive": rng.random() < 0.5, "optimize": rng.random() < 0.5}
    if mode == "RGB":
        options["subsampling"] = rng.choice([0, 1, 2])
    if rng.random() < 0.3:
        thumbnail = io.BytesIO()
        image.resize((16, 16)).save(thumbnail, "JPEG")
        options["exif"] = b"Exif\0\0II*\0\x08\0\0\0\0\0" + thumbnail.getvalue()
    out, name = io.BytesIO(), "pillow-" + mode + ("-progressive" if options["progressive"] else "")
    if mode == "RGB" and rng.random() < 0.15:
        image.save(out, "MPO", save_all=True, append_images=[image.rotate(180)])
        return "pillow-mpo", out.getvalue()
    image.convert(mode).save(out, "JPEG", **options)
    return name, out.getvalue()


def dress(rng, name, data):
    """What stands in real files without belonging to the picture."""
    choice = rng.randrange(12)
    if choice == 0:
        return name + "-trailing", data + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200)))
    if choice == 1:
        return name + "-two", data + data
    if choice == 2:
        return name + "-noend", data[:-2]
    if choice == 3:
        return name + "-filled", data[:2] + b"\xff\xff" + data[2:-2] + b"\xff\xff" + data[-2:]
    if choice == 4:
        return name + "-comment", data[:2] + b"\xff\xfe\x00\x20" + b"\xff\xd8\xff\xd9 a comment like markers".ljust(30) + data[2:]
    return name, data


def entries(rng, number, name, data):
    decoded = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(decoded, "PPM")
    name, data = dress(rng, name, data)
    for suffix, content in ((".jpg", data), (".ppm", decoded.getvalue())):
        refused = name.startswith("refused-")
        yield ("refused-%05d-%s%s" % (number, name[8:], suffix) if refused else "%05d-%s%s" % (number, name, suffix)), content


if __name__ == "__main__":
    archive.write(90, 40, [cjpeg, cjpeg, jpegtran, magick, pillow], picture, entries)

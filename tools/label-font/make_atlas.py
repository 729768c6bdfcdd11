#!/usr/bin/python3
"""Makes src/Imaging/Fonts/label-atlas.bin from Inter-Regular.woff beside it, with Debian's python3-fonttools and python3-numpy.

    tools/label-font/make_atlas.py            writes the atlas
    tools/label-font/make_atlas.py --check    fails where the atlas is not what the font gives

The atlas has, for every character of the font, its advance and the signed distance to its outline on a grid of TEXELS to the em,
negative inside. From distances a letter is drawn at any size, and its halo too: what is nearer than half a stroke.

A zlib stream of little-endian numbers: the font file's SHA-256 (32 bytes); texels per em, characters (u16); the distance that a level
stands for, the height of a capital letter, in ems (f32); then per character, in order: code point (u32), advance in ems (f32), left and
top of its field in texels, from the pen to the right and down (i16), columns and rows (u16), and the field's levels, row by row (i8).
A level is a distance from a texel's middle; levels end at -127 and 127.
"""
import hashlib
import os
import struct
import sys
import zlib

import numpy as np
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

TEXELS = 48
SPREAD = 0.14  # ems; a halo reaches an eighth of an em
STEPS = 8  # straight pieces of a curve

fonts = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "Imaging", "Fonts")


def segments(glyphs, name, em):
    """The outline as straight pieces (n, 2, 2) in texels, the y axis downwards."""
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    pieces, at, start = [], None, None
    for step, points in pen.value:
        points = [np.array(p, float) * (TEXELS / em, -TEXELS / em) for p in points if p is not None]
        if step == "moveTo":
            at = start = points[0]
        elif step == "lineTo":
            pieces.append((at, points[0]))
            at = points[0]
        elif step == "qCurveTo":
            ends = [(a + b) / 2 for a, b in zip(points[:-1], points[1:-1])] + [points[-1]]
            for control, end in zip(points[:-1], ends):
                for i in range(STEPS):
                    t = np.array([i, i + 1]) / STEPS
                    bow = np.outer((1 - t) ** 2, at) + np.outer(2 * t * (1 - t), control) + np.outer(t**2, end)
                    pieces.append((bow[0], bow[1]))
                at = end
        elif step == "closePath":
            pieces.append((at, start))
        else:
            sys.exit("%s: %s is no step of a closed outline of quadratic curves" % (name, step))
    return np.array(pieces).reshape(-1, 2, 2)


def distances(pieces, points):
    """Signed distances of points (m, 2): to the nearest piece, negative where the outline winds round the point."""
    a, d = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    length = np.maximum((d**2).sum(1), 1e-12)
    to = points[:, None] - a
    t = np.clip((to * d).sum(2) / length, 0, 1)
    distance = np.sqrt((((to - t[..., None] * d) ** 2).sum(2)).min(1))
    y = points[:, 1][:, None]
    down, up = (a[:, 1] <= y) & (a[:, 1] + d[:, 1] > y), (a[:, 1] > y) & (a[:, 1] + d[:, 1] <= y)
    side = d[:, 0] * to[..., 1] - d[:, 1] * to[..., 0]
    winding = (down & (side < 0)).sum(1) - (up & (side > 0)).sum(1)
    return np.where(winding != 0, -distance, distance)


def make():
    path = os.path.join(fonts, "Inter-Regular.woff")
    font = TTFont(path)
    glyphs, em = font.getGlyphSet(), font["head"].unitsPerEm
    characters = sorted((code, name) for code, name in font.getBestCmap().items() if code >= 32)
    level = SPREAD / 127
    out = [hashlib.sha256(open(path, "rb").read()).digest()]
    out.append(struct.pack("<HHff", TEXELS, len(characters), level, font["OS/2"].sCapHeight / em))
    for code, name in characters:
        pieces = segments(glyphs, name, em)
        left = top = columns = rows = 0
        field = b""
        if len(pieces):
            margin = SPREAD * TEXELS
            left, top = np.floor(pieces.min((0, 1)) - margin).astype(int)
            right, bottom = np.ceil(pieces.max((0, 1)) + margin).astype(int)
            columns, rows = right - left, bottom - top
            y, x = np.mgrid[top:bottom, left:right] + 0.5
            signed = distances(pieces, np.stack([x.ravel(), y.ravel()], 1)) / TEXELS
            field = np.clip(np.rint(signed / level), -127, 127).astype(np.int8).tobytes()
        out.append(struct.pack("<IfhhHH", code, glyphs[name].width / em, left, top, columns, rows) + field)
    return b"".join(out)


atlas, target = make(), os.path.join(fonts, "label-atlas.bin")
if sys.argv[1:] == ["--check"]:
    if zlib.decompress(open(target, "rb").read()) != atlas:
        sys.exit("label-atlas.bin is not what Inter-Regular.woff gives: run tools/label-font/make_atlas.py")
else:
    with open(target, "wb") as file:
        file.write(zlib.compress(atlas, 9))

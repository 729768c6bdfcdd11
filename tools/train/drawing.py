"""Draws training pictures from colour emoji glyphs, a batch at a time.

A picture is a background (solid, gradient, cloud or stripe), some clutter, one
object, then blur, contrast and noise. Everything after the glyphs have been
read from the font happens in torch, so that a batch costs a few milliseconds.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

from classes import CLASSES, CLUTTER

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
FONT_SIZE = 109  # the only size at which the font has bitmaps

# RGB <-> a luminance/chrominance space in which a hue change is a rotation.
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
FROM_YIQ = torch.linalg.inv(TO_YIQ)


def glyph(character, side):
    """One glyph as a (4, side, side) tensor: premultiplied RGB and alpha, 0..1, filling the square."""
    font = ImageFont.truetype(FONT, FONT_SIZE)
    image = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(image).text((12, 12), character, font=font, embedded_color=True)
    box = image.getchannel("A").getbbox()
    if box is None:
        raise SystemExit("the font has no glyph for U+%04X" % ord(character))
    image = image.crop(box)
    edge = max(image.size) + 2
    square = np.zeros((edge, edge, 4), np.float32)
    top, left = (edge - image.size[1]) // 2, (edge - image.size[0]) // 2
    rgba = np.asarray(image, np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    square[top:top + rgba.shape[0], left:left + rgba.shape[1]] = rgba
    pixels = torch.from_numpy(square).permute(2, 0, 1)[None]
    return F.interpolate(pixels, size=(side, side), mode="area" if edge > 2 * side else "bilinear",
                         antialias=edge <= 2 * side, align_corners=False if edge <= 2 * side else None)[0].clamp(0, 1)


def clutter_tiles(side, seed):
    """Small RGBA tiles of no class: simple shapes, lines, and pieces of other glyphs."""
    rng = np.random.RandomState(seed)
    tiles = []
    for kind in range(160):
        image = Image.new("RGBA", (64, 64))
        draw = ImageDraw.Draw(image)
        colour = tuple(int(v) for v in rng.randint(0, 256, 3)) + (255,)
        points = [tuple(int(v) for v in rng.randint(2, 62, 2)) for _ in range(4)]
        if kind % 4 == 0:
            draw.line(points[:2], fill=colour, width=int(rng.randint(2, 9)))
        elif kind % 4 == 1:
            draw.polygon(points[:3], fill=colour)
        elif kind % 4 == 2:
            draw.ellipse((4, int(rng.randint(4, 28)), 60, int(rng.randint(36, 60))), fill=colour)
        else:
            draw.arc((6, 6, 58, 58), int(rng.randint(0, 180)), int(rng.randint(200, 360)), fill=colour,
                     width=int(rng.randint(3, 9)))
        rgba = torch.from_numpy(np.asarray(image, np.float32) / 255).permute(2, 0, 1).clone()
        rgba[:3] *= rgba[3:]
        tiles.append(F.interpolate(rgba[None], size=(side, side), mode="area")[0])
    for character in CLUTTER:
        whole = glyph(character, 2 * side)
        for _ in range(4):  # a piece: a quarter of the glyph, cut out by a random square
            top, left = rng.randint(0, side + 1, 2)
            tiles.append(whole[:, top:top + side, left:left + side].clone())
    return torch.stack(tiles)


def place(tiles, size, scale, angle, x, y, flip):
    """Each tile drawn into its own (size, size) picture at centre (x, y), all in units where the picture spans -1..1."""
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    sx = torch.where(flip, -1.0, 1.0)
    matrix = torch.stack([
        torch.stack([sx * cos, sx * sin, -sx * (cos * x + sin * y)], 1),
        torch.stack([-sin, cos, sin * x - cos * y], 1)], 1)
    grid = F.affine_grid(matrix, (len(tiles), 4, size, size), align_corners=False)
    return F.grid_sample(tiles, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class Drawer:
    """Draws batches of labelled pictures. The same seed gives the same pictures.

    The object is `smallest` to 0.98 of the picture wide; its middle is off the picture's by up to `room` less its width, the
    picture counted -1..1. A share `beside` of the pictures also has up to two smaller
    things of other classes, a quarter to a half of the picture wide, behind the object: what is small is not what counts.
    """

    def __init__(self, size, seed, flip=0.2, smallest=0.55, beside=0.0, room=1.08):
        self.size, self.flip, self.smallest, self.beside, self.room = size, flip, smallest, beside, room
        self.rng = torch.Generator().manual_seed(seed)
        stored = max(64, size)
        self.glyphs, self.owner = [], []
        for index, (_, characters) in enumerate(CLASSES):
            self.owner.append([])
            for character in characters:
                self.owner[index].append(len(self.glyphs))
                self.glyphs.append(glyph(character, stored))
        self.glyphs = torch.stack(self.glyphs)
        self.variants = torch.tensor([len(o) for o in self.owner])
        self.first = torch.tensor([o[0] for o in self.owner])
        # The bird, which the default recipe draws, comes twice as often as the others.
        self.often = torch.tensor(list(range(len(CLASSES))) + [i for i, (name, _) in enumerate(CLASSES) if name == "bird"])
        self.tiles = clutter_tiles(stored // 2, seed=1)

    def rand(self, *shape):
        return torch.rand(*shape, generator=self.rng)

    def between(self, low, high, n):
        return low + (high - low) * self.rand(n)

    def chance(self, p, n):
        return self.rand(n) < p

    def backgrounds(self, n):
        """Solid colours, linear gradients, clouds of three coarsenesses, and stripes."""
        s = self.size
        a, b = self.rand(n, 3, 1, 1), self.rand(n, 3, 1, 1)
        line = torch.linspace(-1, 1, s)
        direction = self.between(0, 2 * math.pi, n).view(n, 1, 1)
        ramp = torch.cos(direction) * line.view(1, 1, s) + torch.sin(direction) * line.view(1, s, 1)
        gradient = ((ramp + 1) / 2).clamp(0, 1)[:, None]
        stripes = (torch.sin(ramp * self.between(3, 25, n).view(n, 1, 1) + direction) * 0.5 + 0.5)[:, None]
        kind = self.rand(n).view(n, 1, 1, 1)
        mix = torch.where(kind < 0.3, torch.zeros(1), torch.where(kind < 0.6, gradient, stripes))
        picture = a + (b - a) * mix
        for low, cells in ((0.7, 3), (0.8, 6), (0.9, 12)):
            cloud = F.interpolate(self.rand(n, 3, cells, cells), size=(s, s), mode="bilinear", align_corners=False)
            strength = self.rand(n, 1, 1, 1)
            tinted = (a + (cloud - 0.5) * 1.5 * strength)
            picture = torch.where((kind >= low) & (kind < low + 0.1), tinted, picture)
        return picture.clamp(0, 1)

    def recolour(self, objects, hard=1.0):
        """Changes of colour: slight for most, and for some a new hue, grey, or two colours of its own."""
        n = len(objects)
        kind = self.rand(n) * (0.72 + 0.28 * hard)
        hue = torch.where(kind < 0.72, self.between(-0.25, 0.25, n), self.between(-math.pi, math.pi, n))
        saturation = torch.where(kind < 0.86, self.between(0.6, 1.3, n), torch.zeros(1))
        gain, lift = self.between(0.65, 1.2, n), self.between(-0.15, 0.15, n)
        turn = torch.zeros(n, 3, 3)
        turn[:, 0, 0] = 1
        turn[:, 1, 1] = turn[:, 2, 2] = torch.cos(hue) * saturation
        turn[:, 2, 1] = torch.sin(hue) * saturation
        turn[:, 1, 2] = -torch.sin(hue) * saturation
        matrix = gain.view(n, 1, 1) * (FROM_YIQ @ turn @ TO_YIQ)
        offset = (lift + 0.5 * (1 - gain)).view(n, 1).expand(n, 3)
        dark, light = 0.45 * self.rand(n, 3), 0.55 + 0.45 * self.rand(n, 3)
        swap = self.chance(0.5, n).view(n, 1)
        dark, light = torch.where(swap, light, dark), torch.where(swap, dark, light)
        duo = kind > 0.93
        matrix = torch.where(duo.view(n, 1, 1), (light - dark).unsqueeze(2) * TO_YIQ[0].view(1, 1, 3), matrix)
        offset = torch.where(duo.view(n, 1), dark, offset)
        rgb, alpha = objects[:, :3], objects[:, 3:]
        rgb = torch.einsum("nij,njhw->nihw", matrix, rgb) + offset.view(n, 3, 1, 1) * alpha
        return torch.cat([torch.minimum(rgb.clamp(min=0), alpha), alpha], 1)

    def scatter(self, picture, chance, smallest, largest, nearest):
        """Clutter: on each picture, with this chance, one tile at least `nearest` away from the centre."""
        n = len(picture)
        x, y = self.between(-1.1, 1.1, n), self.between(-1.1, 1.1, n)
        on = torch.nonzero(self.chance(chance, n) & (torch.maximum(x.abs(), y.abs()) >= nearest))[:, 0]
        n = len(on)
        if n > 0:
            pick = torch.randint(len(self.tiles), (n,), generator=self.rng)
            tile = place(self.tiles[pick], self.size, self.between(smallest, largest, n),
                         self.between(-math.pi, math.pi, n), x[on], y[on], self.chance(0.5, n))
            picture[on] = picture[on] * (1 - tile[:, 3:]) + tile[:, :3]
        return picture

    def bystanders(self, picture, labels):
        """On half of the pictures a small thing of another class than the picture's, each in its own colours or others."""
        on = torch.nonzero(self.chance(0.5, len(picture)) & (labels >= 0))[:, 0]
        n = len(on)
        if n > 0:
            other = (labels[on] + torch.randint(1, len(CLASSES), (n,), generator=self.rng)) % len(CLASSES)
            variant = (self.rand(n) * self.variants[other]).long()
            tiles = self.recolour(self.glyphs[self.first[other] + variant])
            scale = self.between(0.25, 0.5, n)
            x, y = self.between(-1, 1, n) * (1 - scale), self.between(-1, 1, n) * (1 - scale)
            drawn = place(tiles, self.size, scale, self.between(-0.5, 0.5, n), x, y, self.chance(self.flip, n))
            picture[on] = picture[on] * (1 - drawn[:, 3:]) + drawn[:, :3]
        return picture

    def blur(self, picture):
        """Blurs a third of the pictures, each eighth of the batch by its own amount."""
        pieces = []
        for piece in picture.chunk(12):
            if self.rand(1).item() < 0.35:
                sigma = 0.3 + 1.0 * self.rand(1).item()
                taps = torch.exp(-torch.arange(-3.0, 4.0) ** 2 / (2 * sigma ** 2))
                taps = (taps / taps.sum()).view(1, 1, 1, 7).repeat(3, 1, 1, 1)
                piece = F.conv2d(F.pad(piece, (3, 3, 3, 3), mode="replicate"), taps, groups=3)
                piece = F.conv2d(piece, taps.transpose(2, 3), groups=3)
            pieces.append(piece)
        return torch.cat(pieces)

    def rolled(self, picture, share):
        """Rolls a share of the pictures round the edges, in place."""
        if share > 0:
            chosen = self.chance(share, len(picture))
            shifts = torch.randint(self.size, (len(picture), 2), generator=self.rng)
            for i in torch.nonzero(chosen)[:, 0].tolist():
                picture[i] = torch.roll(picture[i], (int(shifts[i, 0]), int(shifts[i, 1])), (1, 2))
        return picture

    @torch.no_grad()
    def batch(self, n, wrap=0.0, ease=0.0):
        """(pictures, labels, contrasts): RGB pictures (n, 3, size, size) in 0..255, and how faint each was made.

        A share `wrap` of them is rolled round the edges. `ease` from 1 to 0 is
        for the start of training: at 1 the object stands upright in the middle,
        in its own colours, clear and without clutter.
        """
        hard = 1.0 - ease
        labels = self.often[torch.randint(len(self.often), (n,), generator=self.rng)]
        variant = (self.rand(n) * self.variants[labels]).long()
        objects = self.recolour(self.glyphs[self.first[labels] + variant], hard)
        scale = self.between(self.smallest, 0.98, n)
        room = (self.room - scale) * hard
        x, y = self.between(-1, 1, n) * room, self.between(-1, 1, n) * room
        angle = torch.where(self.chance(0.8, n), self.between(-0.3, 0.3, n), self.between(-0.7, 0.7, n)) * hard
        drawn = place(objects, self.size, scale, angle, x, y, self.chance(self.flip, n))
        picture = self.backgrounds(n)
        for _ in range(3):
            picture = self.scatter(picture, 0.35 * hard, 0.1, 0.4, 0.0)
        if self.beside > 0:
            crowded = torch.where(self.chance(self.beside, n), labels, -1)
            for _ in range(2):
                picture = self.bystanders(picture, crowded)
        picture = picture * (1 - drawn[:, 3:]) + drawn[:, :3]
        picture = self.scatter(picture, 0.3 * hard, 0.08, 0.25, 0.7)
        picture = self.blur(picture)
        # The whole picture's contrast and brightness; a third become as faint as a maximised picture is.
        contrast = torch.where(self.chance(0.35 * hard, n), self.between(0.15, 0.6, n), self.between(0.6, 1.15, n))
        middle = 0.5 + self.between(-0.5, 0.5, n) * (1 - contrast).abs()
        picture = (picture - 0.5) * contrast.view(n, 1, 1, 1) + middle.view(n, 1, 1, 1)
        noise = self.between(0, 0.09, n) * self.chance(0.7 * hard, n) * (0.2 + 0.8 * contrast)
        picture = picture + torch.randn(picture.shape, generator=self.rng) * noise.view(n, 1, 1, 1)
        picture = picture.clamp(0, 1) * 255
        return self.rolled(picture, wrap * hard), labels, contrast

"""The judges: small networks of other architectures than VGG16, that say what a finished picture shows.

They take RGB pictures in 0..255, (n, 3, size, size), and give logits. Each pools over the whole map at the end, so any
size goes in; they are trained at 64 pixels, and score.py brings pictures there.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Residual(nn.Module):
    """Two convolutions with batch normalisation beside a shortcut."""

    def __init__(self, narrow, wide):
        super().__init__()
        stride = 1 if narrow == wide else 2
        self.path = nn.Sequential(
            nn.Conv2d(narrow, wide, 3, stride, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, wide, 3, 1, 1, bias=False), nn.BatchNorm2d(wide))
        self.shortcut = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(narrow, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


class Separable(nn.Module):
    """A 5 x 5 depthwise convolution, then two 1 x 1 ones with a wide middle, added to the input."""

    def __init__(self, width):
        super().__init__()
        self.path = nn.Sequential(nn.Conv2d(width, width, 5, 1, 2, groups=width, bias=False), nn.BatchNorm2d(width),
                                  nn.Conv2d(width, 2 * width, 1), nn.GELU(), nn.Conv2d(2 * width, width, 1))

    def forward(self, x):
        return x + self.path(x)


class Judge(nn.Module):
    def __init__(self, body, width, classes, over_the_map=torch.mean):
        super().__init__()
        self.body, self.last, self.over_the_map = body, nn.Linear(width, classes), over_the_map
        self.to(memory_format=torch.channels_last)

    def forward(self, rgb):
        x = ((rgb - 127.5) / 64).contiguous(memory_format=torch.channels_last)
        return self.last(self.over_the_map(self.body(x), (2, 3)))


def residual(classes):
    return Judge(nn.Sequential(
        nn.Conv2d(3, 24, 5, 2, 2, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2), Residual(24, 48),
        Residual(48, 96), Residual(96, 96), Residual(96, 144)), 144, classes)


def wide(classes):
    layers, channels = [], 3
    for width, kernel, stride in ((24, 5, 2), (48, 5, 1), (96, 5, 1), (144, 3, 1)):
        layers += [nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if width < 144 else []
        channels = width
    return Judge(nn.Sequential(*layers), channels, classes, torch.amax)


def separable(classes):
    return Judge(nn.Sequential(
        nn.Conv2d(3, 32, 4, 4, bias=False), nn.BatchNorm2d(32), Separable(32), nn.Conv2d(32, 64, 2, 2, bias=False),
        nn.BatchNorm2d(64), Separable(64), Separable(64), nn.Conv2d(64, 128, 2, 2, bias=False), nn.BatchNorm2d(128),
        Separable(128)), 128, classes)


# The first two are for tuning; the last is for the final report only.
JUDGES = {"residual": residual, "wide": wide, "separable": separable}
FOR_THE_REPORT_ONLY = ("separable",)

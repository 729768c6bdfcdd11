"""The judges: small networks of other architectures than VGG16, that say what a finished picture shows.

They take RGB pictures in 0..255, (n, 3, size, size), and give logits. Each pools over the whole map at the end, so any
size goes in; they are trained at the model's.
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


class Dense(nn.Module):
    """Every convolution sees what all before it gave; then half as many channels, half as wide."""

    def __init__(self, channels, growth, count):
        super().__init__()
        self.steps = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(channels + i * growth), nn.ELU(),
                          nn.Conv2d(channels + i * growth, growth, 3, 1, 1, bias=False)) for i in range(count))
        together = channels + count * growth
        self.narrow = nn.Sequential(nn.BatchNorm2d(together), nn.ELU(), nn.Conv2d(together, together // 2, 1, bias=False))
        self.width = together // 2

    def forward(self, x):
        for step in self.steps:
            x = torch.cat([x, step(x)], 1)
        return F.avg_pool2d(self.narrow(x), 2)


class Judge(nn.Module):
    def __init__(self, body, width, classes):
        super().__init__()
        self.body, self.last = body, nn.Linear(width, classes)
        self.to(memory_format=torch.channels_last)

    def forward(self, rgb):
        x = ((rgb - 127.5) / 64).contiguous(memory_format=torch.channels_last)
        return self.last(self.body(x).mean((2, 3)))


def residual(classes):
    return Judge(nn.Sequential(
        nn.Conv2d(3, 24, 5, 2, 2, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2), Residual(24, 48),
        Residual(48, 96), Residual(96, 96), Residual(96, 144)), 144, classes)


def dense(classes):
    first, second = Dense(24, 12, 4), Dense(36, 20, 4)
    return Judge(nn.Sequential(
        nn.Conv2d(3, 24, 5, 2, 2, bias=False), nn.BatchNorm2d(24), nn.ELU(), nn.AvgPool2d(2), first, second,
        nn.Conv2d(second.width, 144, 3, 1, 1, bias=False), nn.BatchNorm2d(144), nn.ELU()), 144, classes)


def separable(classes):
    return Judge(nn.Sequential(
        nn.Conv2d(3, 32, 4, 4, bias=False), nn.BatchNorm2d(32), Separable(32), nn.Conv2d(32, 64, 2, 2, bias=False),
        nn.BatchNorm2d(64), Separable(64), Separable(64), nn.Conv2d(64, 128, 2, 2, bias=False), nn.BatchNorm2d(128),
        Separable(128)), 128, classes)


# The first two are for tuning; the last is for the final report only.
JUDGES = {"residual": residual, "dense": dense, "separable": separable}
FOR_THE_REPORT_ONLY = ("separable",)

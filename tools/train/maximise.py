"""A quick viewer for the model being trained: pictures that raise one logit.

`keras_vis` follows the recipe that keras-vis 0.3.3 runs (raw input, L6 norm and
total variation weighted 10, RMSprop of rate 1 on RMS-normalised gradients,
cumulative jitter); `modern` optimises Fourier coefficients through VGG16's own
preprocessing under random shifts, scalings and rotations. Every picture of a
batch is optimised by itself; they only share the random transforms.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from network import preprocess

EPSILON = 1e-7


def shift_wrap(picture, amount, dim):
    """scipy.ndimage.shift(order=0, mode='wrap') along one axis: its period is one less than the size."""
    n = picture.shape[dim]
    index = torch.arange(n) - amount
    index = torch.where(index < 0, index + n - 1, torch.where(index > n - 1, index - (n - 1), index))
    return picture.index_select(dim, index)


def keras_vis(model, classes, iterations=500, seed=0, jitter=16):
    """(pictures in 0..255, lowest total loss, logit at that step) for each class."""
    rng = np.random.RandomState(seed)
    n, s = len(classes), model.size
    count = 3 * s * s
    start = rng.random_sample((n, 3, s, s))
    start -= start.mean((1, 2, 3), keepdims=True)
    start /= start.std((1, 2, 3), keepdims=True)
    x = torch.tensor(start * 12.75 + 127.5, dtype=torch.float32)
    cache = torch.zeros_like(x)
    best, best_logit, best_x = torch.full((n,), math.inf), torch.zeros(n), x.clone()
    rows = torch.arange(n)
    targets = torch.tensor(classes)
    for _ in range(iterations):
        if jitter:
            dy, dx = rng.randint(-jitter, jitter + 1, 2)
            x = shift_wrap(shift_wrap(x, int(dy), 2), int(dx), 3)
        x = x.detach().requires_grad_(True)
        logit = model(x)[rows, targets]
        norm = x.abs().div(128).pow(6).sum((1, 2, 3)).pow(1 / 6) * 128 / count
        down, right = x[:, :, 1:, :-1] - x[:, :, :-1, :-1], x[:, :, :-1, 1:] - x[:, :, :-1, :-1]
        total = -logit + 10 * norm + 10 * (down ** 2 + right ** 2).sum((1, 2, 3)) / count
        g, = torch.autograd.grad(total.sum(), x)
        g = g / (g.pow(2).mean((1, 2, 3), keepdim=True).sqrt() + EPSILON)
        cache = 0.95 * cache + 0.05 * g * g
        x = (x - g / torch.sqrt(cache + EPSILON)).detach()
        total, logit = total.detach(), logit.detach()
        better = total < best
        best, best_logit = torch.where(better, total, best), torch.where(better, logit, best_logit)
        best_x = torch.where(better.view(n, 1, 1, 1), x, best_x)
    flat = best_x.flatten(1)
    shown = (best_x - flat.mean(1).view(n, 1, 1, 1)) / flat.std(1, unbiased=False).view(n, 1, 1, 1) * 0.1 + 0.5
    return shown.clamp(0, 1) * 255, best, best_logit


def modern(model, classes, iterations=256, seed=0, rate=0.05, shift=6, zoom=0.1, turn=8.0, decay=1.0, convert=preprocess,
           competing=0.0):
    """(pictures in 0..255, final logit) for each class; `competing` also lowers the strongest other logit."""
    rng = torch.Generator().manual_seed(seed)
    n, s = len(classes), model.size
    fy, fx = torch.fft.fftfreq(s).view(-1, 1), torch.fft.rfftfreq(s).view(1, -1)
    weight = s / torch.sqrt(fy ** 2 + fx ** 2).clamp(min=1 / s) ** decay / s ** decay
    spectrum = (0.01 * torch.randn(n, 3, s, s // 2 + 1, 2, generator=rng)).requires_grad_(True)
    colours = torch.tensor([[0.56, 0.19, 0.06], [0.56, 0.0, -0.10], [0.56, -0.19, 0.06]])
    optimiser = torch.optim.Adam([spectrum], lr=rate)
    rows, targets = torch.arange(n), torch.tensor(classes)

    def picture():
        plain = torch.fft.irfft2(torch.view_as_complex(spectrum) * weight, s=(s, s)) * 4
        return torch.sigmoid(torch.einsum("ij,njhw->nihw", colours, plain)) * 255

    for _ in range(iterations):
        x = picture()
        u = torch.rand(n, 4, generator=rng) * 2 - 1
        angle, scale = u[:, 0] * math.radians(turn), 1 + u[:, 1] * zoom
        matrix = torch.stack([
            torch.stack([torch.cos(angle) / scale, torch.sin(angle) / scale, u[:, 2] * 2 * shift / s], 1),
            torch.stack([-torch.sin(angle) / scale, torch.cos(angle) / scale, u[:, 3] * 2 * shift / s], 1)], 1)
        grid = F.affine_grid(matrix, x.shape, align_corners=False)
        x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        logits = model(convert(x))
        objective = logits[rows, targets]
        if competing > 0:
            others = logits.scatter(1, targets[:, None], -math.inf)
            objective = objective - competing * others.logsumexp(1)
        optimiser.zero_grad()
        (-objective.sum()).backward()
        optimiser.step()
    with torch.no_grad():
        x = picture()
        return x, model(convert(x))[rows, targets]

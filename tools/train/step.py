"""One training step: the weights' gradient at the pictures and at the attacked pictures."""

import torch
import torch.nn.functional as F


def loss_and_logits(model, x, labels, precision):
    if precision == "bfloat16":
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(x).float()
    else:
        logits = model(x)
    return F.cross_entropy(logits, labels), logits


def train_step(model, x, labels, radius, precision):
    """Adds the weights' gradient at x and at the attacked x; returns (loss, logits) where it looked last.

    The attack moves each picture along the gradient of its own loss, by `radius`
    (one per picture, or None for no attack) in L2 distance. The backward pass
    that finds the direction also gives the weights' gradient at the picture it
    starts from, so training on the unattacked picture costs almost nothing.
    The attacked picture counts double.
    """
    attack = radius is not None
    here = x.clone().requires_grad_(attack)
    loss, logits = loss_and_logits(model, here, labels, precision)
    (loss / 3 if attack else loss).backward()
    if attack:
        g = here.grad
        length = g.flatten(1).norm(dim=1).clamp(min=1e-20)
        moved = x + g * (radius / length).view(-1, 1, 1, 1)
        loss, logits = loss_and_logits(model, moved, labels, precision)
        (loss * (2 / 3)).backward()
    return loss.item(), logits.detach()

"""Trains one stage. It can be stopped at any time and goes on from its last checkpoint to the same network."""

import copy
import os
import time

import torch

from drawing import Drawer
from network import preprocess, raw
from stages import FLIP, SEED, WEIGHT_DECAY, WRAP
from step import train_step


def schedule(stage, optimiser):
    """The learning rate over the steps: one cycle, or up, level, and down in a straight line at the end."""
    if stage.cool_down == 0:
        return torch.optim.lr_scheduler.OneCycleLR(optimiser, stage.rate, total_steps=stage.steps,
                                                   pct_start=stage.warm_up / stage.steps)
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(
        1.0, (step + 1) / stage.warm_up, max(0.0, (stage.steps - step) / stage.cool_down)))


class Training:
    """A network, its optimiser, its running average, and the state of everything random."""

    def __init__(self, stage, model, seed=SEED):
        self.stage, self.model, self.step, self.seconds, self.running = stage, model, 0, 0.0, 0.0
        torch.manual_seed(seed)
        self.drawer = Drawer(stage.size, seed=seed + stage.size - 64, flip=FLIP, smallest=stage.smallest, beside=stage.beside,
                             room=stage.room)
        decayed = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() == 1]
        self.optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": WEIGHT_DECAY},
                                            {"params": others, "weight_decay": 0.0}], lr=stage.rate)
        self.schedule = schedule(stage, self.optimiser)
        self.average = copy.deepcopy(model)

    def save(self, path):
        """Writes the checkpoint beside its place first, so that a stop while writing leaves the old one."""
        torch.save({"model": self.model.state_dict(), "average": self.average.state_dict(),
                    "optimiser": self.optimiser.state_dict(), "schedule": self.schedule.state_dict(),
                    "step": self.step, "seconds": self.seconds, "running": self.running,
                    "drawer": self.drawer.rng.get_state(), "random": torch.get_rng_state()}, path + ".new")
        os.replace(path + ".new", path)

    def load(self, path):
        kept = torch.load(path)
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        self.step, self.seconds, self.running = kept["step"], kept["seconds"], kept["running"]
        self.drawer.rng.set_state(kept["drawer"])
        torch.set_rng_state(kept["random"])

    def run(self, until, checkpoint=None, every=25):
        """Trains up to step `until`, with a checkpoint every so many steps and at the end."""
        began = time.time() - self.seconds
        self.model.train()
        while self.step < until:
            self.one()
            self.seconds = time.time() - began
            if checkpoint and (self.step % every == 0 or self.step == until):
                self.save(checkpoint)

    def one(self):
        stage = self.stage
        ease = max(0.0, 1 - self.step / stage.ease_until) if stage.ease_until > 0 else 0.0
        x, labels, contrast = self.drawer.batch(stage.drawings, wrap=WRAP if stage.rolled == "both" else 0.0, ease=ease)
        if stage.each_in_both:
            second = x if stage.rolled == "both" else self.drawer.rolled(x.clone(), WRAP)
            x, labels, contrast = torch.cat([preprocess(x), raw(second, stage.raw_order)]), labels.repeat(2), contrast.repeat(2)
        else:
            half = len(x) // 2
            x = torch.cat([preprocess(x[:half]), raw(x[half:], stage.raw_order)])
        # Each picture gets its own share of the radius, less where it is faint.
        ramp = min(1.0, max(0.0, (self.step - stage.ramp[0]) / (stage.ramp[1] - stage.ramp[0])))
        radius = 255 * stage.radius * ramp * torch.sqrt(torch.rand(len(x))) * contrast.clamp(max=1) if ramp > 0 else None
        self.optimiser.zero_grad()
        loss, logits = train_step(self.model, x, labels, radius, stage.precision)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.follow()
        hit = (logits.argmax(1) == labels).float().mean().item()
        self.running = hit if self.step == 0 else 0.97 * self.running + 0.03 * hit
        if self.step % 25 == 0 or self.step == stage.steps - 1:
            print("stage %s  step %5d  radius %.2f  loss %.3f  right on attacked %.3f  %.0f s" % (
                stage.name, self.step, stage.radius * ramp, loss, self.running, self.seconds), flush=True)
        self.step += 1

    @torch.no_grad()
    def follow(self):
        """Moves the running average towards the weights; quicker at first, so that it forgets where it began."""
        decay = min(self.stage.average, (1 + self.step) / (10 + self.step)) if self.stage.average > 0 else 0.0
        theirs = self.model.state_dict()
        for name, kept in self.average.state_dict().items():
            if kept.dtype.is_floating_point:
                kept.mul_(decay).add_(theirs[name], alpha=1 - decay)
            else:
                kept.copy_(theirs[name])

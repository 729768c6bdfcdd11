"""Trains the judges on the bundled model's drawings: python3 tools/judges/train.py

Each has its own seed and its own drawings, and no attack. One that lies in the folder already is not trained again.
"""

import argparse
import os
import sys
import time
import zlib

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
from classes import CLASSES  # noqa: E402
from drawing import Drawer  # noqa: E402

from judges import JUDGES  # noqa: E402


def train(name, size, steps, batch):
    seed = zlib.crc32(name.encode()) % 100000
    torch.manual_seed(seed)
    judge, drawer = JUDGES[name](len(CLASSES)), Drawer(size, seed=seed, flip=0.2)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.15)
    began, running = time.time(), 0.0
    for step in range(steps):
        x, labels, _ = drawer.batch(batch, wrap=0.1, ease=max(0.0, 1 - step / (0.1 * steps)))
        logits = judge(x)
        optimiser.zero_grad()
        F.cross_entropy(logits, labels).backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running = 0.97 * running + 0.03 * (logits.argmax(1) == labels).float().mean().item()
        if step % 50 == 0 or step == steps - 1:
            print("%s  step %4d  right %.3f  %.0f s" % (name, step, running, time.time() - began), flush=True)
    return judge.eval()


@torch.no_grad()
def accuracy(judge, size, pictures=2048):
    drawer, right = Drawer(size, seed=21), 0
    for _ in range(pictures // 128):
        x, labels, _ = drawer.batch(128)
        right += (judge(x).argmax(1) == labels).sum().item()
    return right / (pictures // 128 * 128)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="artifacts/judges")
    parser.add_argument("--names", nargs="+", default=list(JUDGES))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    os.makedirs(o.out, exist_ok=True)
    for name in o.names:
        path = os.path.join(o.out, name + ".pt")
        if os.path.exists(path):
            continue
        judge = train(name, o.size, o.steps, o.batch)
        right = accuracy(judge, o.size)
        print("%s: right on held-out drawings %.4f" % (name, right), flush=True)
        torch.save({"weights": judge.state_dict(), "size": o.size, "right": right}, path)


if __name__ == "__main__":
    main()

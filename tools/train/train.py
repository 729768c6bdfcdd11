"""Trains the bundled model and writes it: python3 tools/train/train.py --out models

The stages of stages.py follow each other. A run that was stopped goes on where its last checkpoint is, and a stage
whose model lies in the work folder is not trained again.
"""

import argparse
import os
import shutil
import tempfile
from dataclasses import replace

import torch

from classes import CLASSES
from drawing import Drawer
from maximise import keras_vis, modern
from network import Plain, Vgg, both, restore
from results import read_facts, sheet, write_model
from stages import DENSE, FLIP, SEED, STAGES, WIDTHS
from training import Training


def begin(stage, before):
    """The network that a stage starts from: random, or the one in the folder of the stage before."""
    torch.manual_seed(SEED)
    model = Vgg(stage.size, WIDTHS, DENSE, len(CLASSES))
    if before is not None:
        facts = read_facts(before)
        pictures = both(Drawer(stage.size, seed=SEED + 3, flip=FLIP).batch(256)[0], stage.raw_order)
        restore(model, Plain.read(os.path.join(before, "demo.h5")), facts["temperature"], facts["activation_scale"], pictures)
    return model


def run(stage, before, folder, held_out):
    """Trains a stage from the folder of the one before, or goes on with it, and writes its model into its own folder."""
    os.makedirs(folder, exist_ok=True)
    checkpoint = os.path.join(folder, "checkpoint.pt")
    goes_on = os.path.exists(checkpoint)
    training = Training(stage, Vgg(stage.size, WIDTHS, DENSE, len(CLASSES)) if goes_on else begin(stage, before))
    if goes_on:
        training.load(checkpoint)
    training.run(stage.steps, checkpoint)
    earlier = read_facts(before)["stages"] if before is not None else []
    return write_model(training.average.eval(), stage, training.seconds, earlier, held_out, folder)


def check_going_on(stage):
    """A run that is stopped and goes on must end at the same weights; up to rounding, for sums may be split otherwise."""
    whole = Training(stage, begin(stage, None))
    whole.run(6)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, "checkpoint.pt")
        Training(stage, begin(stage, None)).run(3, checkpoint)
        torch.rand(5)  # a new process would have another random state
        again = Training(stage, begin(stage, None))
        again.load(checkpoint)
        again.run(6)
    for kept, other in ((whole.model, again.model), (whole.average, again.average)):
        for name, values in kept.state_dict().items():
            difference = (values - other.state_dict()[name]).abs().max().item()
            if difference > 1e-5 * max(1.0, values.abs().max().item()):
                raise SystemExit("a run that was stopped and went on differs by %g in %s" % (difference, name))
    print("a run that was stopped at step 3 and went on ends at the same weights", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="models", help="folder for the model's files")
    parser.add_argument("--work", default="artifacts/train", help="folder for checkpoints and for each stage's model")
    parser.add_argument("--quick", action="store_true", help="a few steps of each stage, to see that everything runs")
    parser.add_argument("--stage", choices=[s.name for s in STAGES], default=STAGES[-1].name, help="the last stage to run; default: the bundled model's")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--views", help="folder for contact sheets of every class's maximised picture")
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    stages = STAGES[:[s.name for s in STAGES].index(o.stage) + 1]
    if o.quick:
        stages = [replace(s, steps=12, drawings=8, warm_up=2, cool_down=min(s.cool_down, 4), ramp=(2, 6), ease_until=2,
                          precision="float32") for s in stages]
        check_going_on(replace(stages[-1], ramp=(-2, 6)))

    before = None
    for stage in stages:
        folder = os.path.join(o.work, stage.name)
        if not os.path.exists(os.path.join(folder, "demo.json")):
            run(stage, before, folder, 512 if o.quick else 16384 if stage is stages[-1] else 1024)
        before = folder
    shutil.copytree(before, o.out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("checkpoint*"))
    if o.views:
        os.makedirs(o.views, exist_ok=True)
        everything = list(range(len(CLASSES)))
        plain = Plain(Plain.read(os.path.join(before, "demo.h5")), stages[-1].size)
        sheet(keras_vis(plain, everything, 20 if o.quick else 500)[0], os.path.join(o.views, "keras-vis.png"))
        sheet(modern(plain, everything, 20 if o.quick else 256)[0], os.path.join(o.views, "modern.png"))


if __name__ == "__main__":
    main()

"""The zip that both makers of whole pictures write."""
import argparse
import random
import subprocess
import zipfile


def write(count, side, makers, picture, entries):
    """Reads the command line, whose defaults are `count` and `side`, and writes as many pictures.

    `makers` take a generator and a picture and give a name and a file; `entries` takes the generator, the number, the name
    and the file and gives what goes into the zip, as names and contents.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--side", type=int, default=side)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("out")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with zipfile.ZipFile(arguments.out, "w", zipfile.ZIP_DEFLATED) as out:
        for i in range(arguments.count):
            while True:
                try:
                    name, data = rng.choice(makers)(rng, picture(rng, arguments.side))
                    break
                except subprocess.CalledProcessError:
                    pass  # options that the encoder does not take together
            for entry, content in entries(rng, i, name, data):
                # The same bytes whenever it is made.
                out.writestr(zipfile.ZipInfo(entry), content, zipfile.ZIP_DEFLATED)

"""Prints the accuracy tables of docs/bundled-model.md from demo.json: python3 tools/train/report.py models/demo.json"""

import json
import sys


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else "models/demo.json") as file:
        facts = json.load(file)
    a, b = facts["accuracy_per_class_bgr_minus_means"], facts["accuracy_per_class_raw_rgb"]
    print("| index | class | glyph | right, BGR minus means | right, raw RGB |")
    print("|---:|---|---|---:|---:|")
    for i, name in enumerate(facts["classes"]):
        print("| %d | %s | %s | %.1f %% | %.1f %% |" % (i, name, facts["glyphs"][name], 100 * a[name], 100 * b[name]))
    print("| | **all %d drawings** | | **%.2f %%** | **%.2f %%** |" % (
        facts["held_out_drawings"], 100 * facts["accuracy_bgr_minus_means"], 100 * facts["accuracy_raw_rgb"]))


if __name__ == "__main__":
    main()

"""Prints the tables of docs/bundled-model.md from demo.json: python3 tools/train/report.py models/demo.json"""

import json
import sys


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else "models/demo.json") as file:
        facts = json.load(file)
    ours, raw = facts["bgr_minus_means"], facts["raw"]
    print("| stage | steps | drawings a step | attack radius | computed in | seconds | threads, processor |")
    print("|---|---:|---:|---:|---|---:|---|")
    for stage in facts["stages"]:
        print("| %s pixels | %d | %d | %.1f | %s | %d | %d, %s |" % (
            stage["name"], stage["steps"], stage["drawings"] * (2 if stage["each_in_both"] else 1), stage["radius"],
            stage["precision"], stage["training_seconds"], stage["threads"], stage["processor"]))
    print()
    order = facts["stages"][-1]["raw_order"]
    print("| %d held-out drawings | BGR minus means | raw %s |" % (facts["held_out_drawings"], order))
    print("|---|---:|---:|")
    for key, words in (("right", "named rightly"), ("mean_probability_of_the_first", "mean probability of the first name"),
                       ("expected_calibration_error", "expected calibration error, 15 bins")):
        print("| %s | %.2f %% | %.2f %% |" % (words, 100 * ours[key], 100 * raw[key]))
    print()
    print("| index | class | glyph | right, BGR minus means | right, raw %s |" % order)
    print("|---:|---|---|---:|---:|")
    for i, name in enumerate(facts["classes"]):
        print("| %d | %s | %s | %.1f %% | %.1f %% |" % (
            i, name, facts["glyphs"][name], 100 * ours["right_per_class"][name], 100 * raw["right_per_class"][name]))


if __name__ == "__main__":
    main()

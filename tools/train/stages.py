"""The training in stages: a small size first, then the model's own size, beginning where the stage before ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    name: str
    size: int  # pixels
    steps: int
    drawings: int  # per step
    each_in_both: bool  # every drawing in both input conventions; otherwise half of them in one, half in the other
    rate: float  # highest learning rate
    warm_up: int  # steps until it is reached
    cool_down: int  # steps at the end in which it falls, from a constant rate; 0 for one cycle over all steps
    ease_until: int  # until this step the drawings get harder from easy ones
    radius: float  # L2 radius of the attack, pixels counted 0..1
    ramp: tuple  # the steps between which the radius grows from 0 to its full value
    average: float  # decay of the running average of the weights that is kept in the end; 0 keeps the last weights
    precision: str  # what convolutions are computed in: "bfloat16" or "float32"
    smallest: float = 0.55  # least width of the object while training, as a share of the picture's
    room: float = 1.08  # how far the object may be from the middle: half the picture's width times this less the object's width
    rolled: str = "both"  # which convention's pictures are rolled round the edges: "both", or only the "raw" ones
    raw_order: str = "RGB"  # the order of the colours in the second convention, whose values are fed as they are
    beside: float = 0.0  # share of the drawings with smaller things of other classes beside the object


STAGES = (
    Stage("64", size=64, steps=4300, drawings=64, each_in_both=True, rate=2e-3, warm_up=430, cool_down=0, ease_until=430,
          radius=1.8, ramp=(860, 2580), average=0.0, precision="bfloat16"),
    Stage("96", size=96, steps=3000, drawings=32, each_in_both=True, rate=1.5e-3, warm_up=200, cool_down=0, ease_until=0,
          radius=2.7, ramp=(-1000, 500), average=0.0, precision="bfloat16", smallest=0.7, raw_order="BGR", beside=0.6),
    Stage("96-far", size=96, steps=2400, drawings=32, each_in_both=True, rate=1.0e-3, warm_up=100, cool_down=0, ease_until=0,
          radius=5.0, ramp=(-500, 600), average=0.0, precision="bfloat16", smallest=0.7, room=1.0, rolled="raw", raw_order="BGR",
          beside=0.6),
    Stage("96-farther", size=96, steps=1150, drawings=32, each_in_both=True, rate=1.0e-3, warm_up=100, cool_down=1, ease_until=0,
          radius=10.0, ramp=(-600, 600), average=0.995, precision="bfloat16", smallest=0.75, room=1.0, rolled="raw", raw_order="BGR",
          beside=0.6),
)

WIDTHS = (16, 32, 64, 128, 128)
DENSE = 256
SEED = 20
WRAP = 0.3  # share of training drawings rolled round the edges
FLIP = 0.2  # share of drawings mirrored left to right
WEIGHT_DECAY = 0.02
ACTIVATION_SCALE = 300.0  # factor on every hidden activation of the written model
TEMPERATURE = 20.0  # factor on the trained logits in the written model

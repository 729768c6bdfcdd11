"""A small VGG16: five blocks of 3x3 convolutions, three dense layers, Keras's layer names.

While it is being trained every hidden layer is followed by batch normalisation,
which is folded into that layer's kernel and bias before the weights are
written, so that what is written is a plain VGG16: convolution, bias, ReLU.
"""

import h5py
import torch
import torch.nn as nn
import torch.nn.functional as F

CONVS = (2, 2, 3, 3, 3)  # convolutions per block
MEANS_BGR = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
SCALE = 64.0  # inputs are divided by this inside; folded into block1_conv1 at the end


def preprocess(rgb):
    """Convention (a), VGG16's own: BGR, the data set's means subtracted."""
    return rgb.flip(1) - MEANS_BGR


def raw(rgb, order):
    """Convention (b), keras-vis's: values of 0..255 as they are.

    In the order "RGB" red lies where the network was built to see blue; in the order "BGR" only the means stay in.
    """
    return rgb.flip(1) if order == "BGR" else rgb


def both(rgb, order):
    return torch.cat([preprocess(rgb), raw(rgb, order)])


class Vgg(nn.Module):
    def __init__(self, size, widths, dense, classes):
        super().__init__()
        self.size, self.widths, self.dense, self.classes = size, widths, dense, classes
        self.convs, self.norms = nn.ModuleDict(), nn.ModuleDict()
        channels = 3
        for block, (count, width) in enumerate(zip(CONVS, widths), 1):
            for i in range(1, count + 1):
                name = "block%d_conv%d" % (block, i)
                self.convs[name] = nn.Conv2d(channels, width, 3, padding=1)
                self.norms[name] = nn.BatchNorm2d(width)
                nn.init.kaiming_normal_(self.convs[name].weight)
                nn.init.zeros_(self.convs[name].bias)
                channels = width
        side = size // 2 ** len(widths)
        self.fc1 = nn.Linear(channels * side * side, dense)
        self.fc2 = nn.Linear(dense, dense)
        self.predictions = nn.Linear(dense, classes)
        for name in ("fc1", "fc2"):
            nn.init.kaiming_normal_(getattr(self, name).weight)
            self.norms[name] = nn.BatchNorm1d(dense)
        self.to(memory_format=torch.channels_last)

    def forward(self, x):
        x = (x / SCALE).contiguous(memory_format=torch.channels_last)
        for block, count in enumerate(CONVS, 1):
            for i in range(1, count + 1):
                name = "block%d_conv%d" % (block, i)
                x = F.relu(self.norms[name](self.convs[name](x)))
            x = F.max_pool2d(x, 2)
        x = x.permute(0, 2, 3, 1).flatten(1)  # rows, columns, channels: Keras's order
        x = F.relu(self.norms["fc1"](self.fc1(x)))
        x = F.relu(self.norms["fc2"](self.fc2(x)))
        return self.predictions(x)


class Plain(nn.Module):
    """The network that is written: the batch normalisation and the scale folded away, logits times `temperature`.

    Every hidden activation is `activation_scale` times what it was while training. A ReLU network lets a factor pass,
    so the first kernel and all hidden biases are multiplied by it, the last kernel is divided by it, and no logit changes.

    Subtracting the mean over the classes from the last layer changes no
    probability; it takes out of every logit what all logits share, so that
    raising one logit means this class and not just "some object".
    """

    def __init__(self, kernels, size):
        super().__init__()
        self.kernels, self.size = kernels, size  # name -> (HWIO or in,out kernel, bias), in model order
        self.oihw = {name: kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
                     for name, (kernel, _) in kernels.items() if kernel.dim() == 4}

    @classmethod
    @torch.no_grad()
    def folded_from(cls, vgg, temperature, activation_scale):
        kernels = {}
        for name, conv in vgg.convs.items():
            gain, lift = cls.folded(vgg.norms[name])
            kernel = conv.weight * gain.view(-1, 1, 1, 1)
            if name == "block1_conv1":
                kernel = kernel / SCALE
            kernels[name] = (kernel.permute(2, 3, 1, 0).contiguous(), conv.bias * gain + lift)
        for name in ("fc1", "fc2", "predictions"):
            layer = getattr(vgg, name)
            kernel, bias = layer.weight.t().clone(), layer.bias.clone()
            if name in vgg.norms:
                gain, lift = cls.folded(vgg.norms[name])
                kernel, bias = kernel * gain, bias * gain + lift
            else:
                kernel = (kernel - kernel.mean(1, keepdim=True)) * temperature
                bias = (bias - bias.mean()) * temperature
            kernels[name] = (kernel.contiguous(), bias)
        for name, (kernel, bias) in kernels.items():
            if name == "block1_conv1":
                kernel = kernel * activation_scale
            elif name == "predictions":
                kernel = kernel / activation_scale
            kernels[name] = (kernel, bias if name == "predictions" else bias * activation_scale)
        return cls(kernels, vgg.size)

    @staticmethod
    def read(path):
        """The kernels and biases of a weights file that export.py wrote."""
        with h5py.File(path, "r") as file:
            return {name: tuple(torch.from_numpy(file[name]["%s/%s:0" % (name, part)][()]) for part in ("kernel", "bias"))
                    for name in (n.decode() for n in file.attrs["layer_names"]) if len(file[name].attrs["weight_names"]) > 0}

    @staticmethod
    def folded(norm):
        """The factor and the summand that a normalisation layer is, once trained."""
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        return gain, norm.bias - norm.running_mean * gain

    def forward(self, x):
        x = x.contiguous(memory_format=torch.channels_last)
        for block, count in enumerate(CONVS, 1):
            for i in range(1, count + 1):
                name = "block%d_conv%d" % (block, i)
                x = F.relu(F.conv2d(x, self.oihw[name], self.kernels[name][1], padding=1))
            x = F.max_pool2d(x, 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        for name in ("fc1", "fc2"):
            x = F.relu(x @ self.kernels[name][0] + self.kernels[name][1])
        return x @ self.kernels["predictions"][0] + self.kernels["predictions"][1]


@torch.no_grad()
def restore(vgg, kernels, temperature, activation_scale, pictures):
    """Makes `vgg` the network whose written weights are given, with its batch normalisation put back.

    The factors are taken out again. Every normalisation gets the statistics that `pictures` (preprocessed) have in
    front of it, and the gain and the lift that undo them, so that the network answers as the written one did. Where
    vgg's input is of another size than theirs, the first dense kernel is stretched over the new map.
    """
    x = (pictures / SCALE).contiguous(memory_format=torch.channels_last)
    for name, conv in vgg.convs.items():
        kernel, bias = kernels[name]
        first = name == "block1_conv1"
        conv.weight.copy_(kernel.permute(3, 2, 0, 1) * (SCALE / activation_scale if first else 1.0))
        conv.bias.zero_()
        x = normalised(vgg.norms[name], conv(x), bias / activation_scale)
        if name.endswith("conv%d" % CONVS[int(name[5]) - 1]):
            x = F.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)
    for name in ("fc1", "fc2"):
        layer, (kernel, bias) = getattr(vgg, name), kernels[name]
        if name == "fc1":
            kernel = stretched(kernel, vgg.widths[-1], vgg.size // 2 ** len(vgg.widths))
        layer.weight.copy_(kernel.t())
        layer.bias.zero_()
        x = normalised(vgg.norms[name], layer(x), bias / activation_scale)
    kernel, bias = kernels["predictions"]
    vgg.predictions.weight.copy_(kernel.t() * activation_scale / temperature)
    vgg.predictions.bias.copy_(bias / temperature)


def normalised(norm, x, bias):
    """What a layer gives that computes x and adds this bias; `norm` gets x's own statistics and undoes them."""
    norm.running_mean.copy_(x.mean([0] + list(range(2, x.dim()))))
    norm.running_var.copy_(x.var([0] + list(range(2, x.dim())), unbiased=False))
    norm.weight.copy_(torch.sqrt(norm.running_var + norm.eps))
    norm.bias.copy_(bias + norm.running_mean)
    return F.relu(x + bias.view(1, -1, *[1] * (x.dim() - 2)))


def stretched(kernel, channels, side):
    """A dense kernel over a (rows, columns, channels) map, for a map of another side; a flat map gives the same sum."""
    old = round((kernel.shape[0] / channels) ** 0.5)
    if old == side:
        return kernel
    planes = kernel.view(old, old, -1).permute(2, 0, 1)[None]
    planes = F.interpolate(planes, size=(side, side), mode="bilinear", align_corners=False) * (old / side) ** 2
    return planes[0].permute(1, 2, 0).reshape(side * side * channels, -1)

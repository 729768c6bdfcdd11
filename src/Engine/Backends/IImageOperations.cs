namespace VggCuda.Engine.Backends;

/// <summary>How a shift treats what leaves the picture.</summary>
public enum ShiftMode
{
    /// <summary>SciPy's <c>ndimage.shift(order=0, mode='wrap')</c>: period n - 1, not n. For s &gt; 0: y[j] = x[j-s] for j &gt;= s, else x[j-s+n-1]. For t = -s &gt; 0: y[j] = x[j+t] for j+t &lt;= n-1, else x[j+t-(n-1)]. SciPy's own answer for |s| &lt; n - 1; at n - 1 it takes the other of the two ends that the period makes one.</summary>
    ScipyWrap,

    /// <summary>Circular: y[j] = x[(j - s) mod n].</summary>
    Roll,
}

/// <summary>The operations on images that a step is made of. Small, one by one, each the same on every backend.</summary>
/// <remarks>
/// <para>Rule for results: parameters called <c>gradient</c> are added to unless an operation says otherwise; every other result is overwritten.</para>
/// <para>Every operation treats each image of the batch by itself: an image's result never depends on its neighbours, nor on how many there are. <see cref="Diversity"/> and <see cref="Alignment"/> alone compare images, of one group.</para>
/// <para>"Per image" tensors have the shape (N, 1, 1, 1). <c>step</c> is a tensor of one element holding the number of steps done so far; a step ends with <see cref="Advance"/>.</para>
/// <para>All throw <see cref="ArgumentException"/> where shapes do not fit or a tensor is another backend's, and <see cref="ObjectDisposedException"/> where it has been disposed of.</para>
/// </remarks>
public interface IImageOperations
{
    /// <summary>target = value, everywhere.</summary>
    void Fill(ITensor target, double value);

    /// <summary>target = source.</summary>
    void Copy(ITensor source, ITensor target);

    /// <summary>Shifts each image by its own whole pixels: target[n, y, x, c] = source[n, y - dy, x - dx, c], edges by <paramref name="mode"/>, channels never.</summary>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="target">Same shape, overwritten; not the source.</param>
    /// <param name="shifts">(steps, N, 1, 2): rows (dy, dx) for every step and image, whole numbers, |dy| &lt; H and |dx| &lt; W.</param>
    /// <param name="step">Says which row of <paramref name="shifts"/> counts; a step beyond the table uses the last row.</param>
    /// <param name="mode">What happens at the edges.</param>
    /// <remarks>Source of the default mode: keras-vis 0.3.3 <c>Jitter</c>, by way of SciPy.</remarks>
    void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode);

    /// <summary>The adjoint of <see cref="Shift"/>: target[n, y, x, c] = the sum of gradient[n, i, j, c] over all (i, j) that the shift filled from (y, x).</summary>
    /// <param name="gradient">(N, H, W, C), with respect to the shifted image; not changed.</param>
    /// <param name="target">Same shape, overwritten; not <paramref name="gradient"/>.</param>
    /// <param name="shifts">As for <see cref="Shift"/>.</param>
    /// <param name="step">As for <see cref="Shift"/>.</param>
    /// <param name="mode">As for <see cref="Shift"/>.</param>
    void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode);

    /// <summary>Resamples each image through an affine map of its own, bilinearly: target[n, i, j, c] = source[n, y, x, c] at y = m0 i + m1 j + m2, x = m3 i + m4 j + m5; between pixels weighted by (1 - |dy|)(1 - |dx|), outside the source <paramref name="outside"/>.</summary>
    /// <param name="source">(N, h, w, C), not changed.</param>
    /// <param name="target">(N, H, W, C), overwritten; another tensor than the source. Its size may differ from the source's.</param>
    /// <param name="maps">(steps, N, 1, 6): m0..m5 in pixels, pixel (0, 0) being the centre of the first; finite, and invertible: |m0 m4 - m1 m3| at least 1e-4. Positions are computed in double precision.</param>
    /// <param name="step">Says which row of <paramref name="maps"/> counts; a step beyond the table uses the last row.</param>
    /// <param name="outside">What lies around the source: the picture less it is resampled, and it is added again. Finite.</param>
    void Warp(ITensor source, ITensor target, ITensor maps, ITensor step, double outside);

    /// <summary>The adjoint of <see cref="Warp"/>: target[n, y, x, c] = sum over (i, j) of gradient[n, i, j, c] times the weight that (y, x) had there. Gathered in row-major order of (i, j), so that it is deterministic.</summary>
    /// <param name="gradient">(N, H, W, C), with respect to the resampled image; not changed.</param>
    /// <param name="target">(N, h, w, C), overwritten; another tensor than <paramref name="gradient"/>.</param>
    /// <param name="maps">As for <see cref="Warp"/>.</param>
    /// <param name="step">As for <see cref="Warp"/>.</param>
    void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step);

    /// <summary>Multiplies along one axis by a matrix: target[o, m, i] = sum over k of M[m, k] source[o, k, i], or of M[k, m] where <paramref name="transposed"/>, which is the adjoint.</summary>
    /// <param name="matrix">(1, rows, columns, 1). Not transposed k runs over its columns, transposed over its rows.</param>
    /// <param name="source">Any shape whose <c>CountPerImage</c> is a multiple of k's extent times <paramref name="inner"/>; read as (o, k, i).</param>
    /// <param name="target">As many images, read as (o, m, i); overwritten; not the source.</param>
    /// <param name="inner">How many neighbouring values the axis moves together, i's extent: 1 for channels, C for columns, W C for rows.</param>
    /// <param name="transposed">Whether the matrix counts transposed.</param>
    /// <remarks>Fourier and colour transforms, blurs and resizing along an axis. The sum's order is the backend's own, the same for every batch.</remarks>
    void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed);

    /// <summary>target[n, y, x, c] = source[n, y, x, c] * factors[0, y, x, c]. Its own adjoint.</summary>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="factors">(1, H, W, C), not changed.</param>
    /// <param name="target">Shape of the source, overwritten; may be the source.</param>
    void Multiply(ITensor source, ITensor factors, ITensor target);

    /// <summary>From phases to a spectrum: target[n, 2 k, l, c] = magnitude[0, k, l, c] cos(phase[n, k, l, c] + offset[0, k, l, c]), target[n, 2 k + 1, l, c] the same with sin.</summary>
    /// <param name="phase">(N, h, w, C), not changed.</param>
    /// <param name="offset">(1, h, w, C), not changed; the sum is less than 1e5 in magnitude.</param>
    /// <param name="magnitude">(1, h, w, C), not changed.</param>
    /// <param name="target">(N, 2 h, w, C), overwritten.</param>
    void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor target);

    /// <summary>The adjoint of <see cref="Polar"/>'s derivative: target = magnitude (cos(phase + offset) g[2 k + 1] - sin(phase + offset) g[2 k]).</summary>
    /// <param name="phase">As <see cref="Polar"/> was given it, not changed.</param>
    /// <param name="offset">The same.</param>
    /// <param name="magnitude">The same.</param>
    /// <param name="gradient">(N, 2 h, w, C), with respect to the spectrum; not changed.</param>
    /// <param name="target">Shape of the phases, overwritten.</param>
    void PolarBackward(ITensor phase, ITensor offset, ITensor magnitude, ITensor gradient, ITensor target);

    /// <summary>target = (source - m) / (s + epsilon), m and s the mean and the standard deviation of the image's values.</summary>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="target">Same shape, overwritten; not the source.</param>
    /// <param name="epsilon">Above 0.</param>
    void Standardize(ITensor source, ITensor target, double epsilon);

    /// <summary>The adjoint of <see cref="Standardize"/>'s derivative: target = (g - mean g) / (s + epsilon) - (source - m) mean(g (source - m)) / (s (s + epsilon)^2); where s is 0 without the second part.</summary>
    /// <param name="source">As <see cref="Standardize"/> was given it, not changed.</param>
    /// <param name="gradient">Same shape, with respect to the result; not changed.</param>
    /// <param name="target">Same shape, overwritten; neither of the two.</param>
    /// <param name="epsilon">As for <see cref="Standardize"/>.</param>
    void StandardizeBackward(ITensor source, ITensor gradient, ITensor target, double epsilon);

    /// <summary>target = factor * source + offset, everywhere. Its adjoint is the same with the offset 0.</summary>
    /// <param name="source">Any shape, not changed.</param>
    /// <param name="target">Same shape, overwritten; may be the source.</param>
    /// <param name="factor">Finite.</param>
    /// <param name="offset">Finite.</param>
    void Linear(ITensor source, ITensor target, double factor, double offset);

    /// <summary>target = low + (high - low) / (1 + exp(-source)), everywhere.</summary>
    /// <param name="source">Any shape, not changed.</param>
    /// <param name="target">Same shape, overwritten; may be the source.</param>
    /// <param name="low">Value at minus infinity.</param>
    /// <param name="high">Value at infinity.</param>
    void Sigmoid(ITensor source, ITensor target, double low, double high);

    /// <summary>target = gradient * (high - low) s (1 - s), s = 1 / (1 + exp(-source)).</summary>
    /// <param name="source">What <see cref="Sigmoid"/> was given, not changed.</param>
    /// <param name="gradient">Same shape, with respect to the result; not changed.</param>
    /// <param name="target">Same shape, overwritten; may be <paramref name="gradient"/>.</param>
    /// <param name="low">As for <see cref="Sigmoid"/>.</param>
    /// <param name="high">As for <see cref="Sigmoid"/>.</param>
    void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high);

    /// <summary>target = source, and what lies outside low..high brought to the nearer bound.</summary>
    /// <param name="source">Any shape, not changed.</param>
    /// <param name="target">Same shape, overwritten; may be the source.</param>
    /// <param name="low">Smallest value.</param>
    /// <param name="high">Largest value, above <paramref name="low"/>.</param>
    void Clip(ITensor source, ITensor target, double low, double high);

    /// <summary>The way back of <see cref="Clip"/> for a descent: target = gradient, but 0 where the source is above high and a step downhill would raise it (gradient &lt; 0), or below low and would lower it (gradient &gt; 0).</summary>
    /// <param name="source">What <see cref="Clip"/> was given, not changed.</param>
    /// <param name="gradient">Same shape, with respect to the result; not changed.</param>
    /// <param name="target">Same shape, overwritten; may be <paramref name="gradient"/>.</param>
    /// <param name="low">As for <see cref="Clip"/>.</param>
    /// <param name="high">As for <see cref="Clip"/>.</param>
    /// <remarks>Within the bounds the derivative; outside the derivative is 0, and what has once left the range would never come back.</remarks>
    void ClipBackward(ITensor source, ITensor gradient, ITensor target, double low, double high);

    /// <summary>target[n, i] = source[n, i] + deviation * z, z from the i-th numbers of a generator that counts, keyed by the image's seed: <see cref="NoiseField"/>.</summary>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="target">Same shape, overwritten; may be the source.</param>
    /// <param name="seeds">(steps, N, 1, 1): for every step and image a whole number, 0 to 2^24 - 1.</param>
    /// <param name="step">Says which row of <paramref name="seeds"/> counts; a step beyond the table uses the last row.</param>
    /// <param name="deviation">Standard deviation.</param>
    void Noise(ITensor source, ITensor target, ITensor seeds, ITensor step, double deviation);

    /// <summary>target += factor * source, everywhere.</summary>
    /// <param name="source">Any shape, not changed.</param>
    /// <param name="factor">Finite.</param>
    /// <param name="target">Same shape; not the source.</param>
    void Accumulate(ITensor source, double factor, ITensor target);

    /// <summary>Makes a step longer or shorter: target = before + f * (target - before), f = factors[step]; where f is 1 the target stays as it is, to the bit.</summary>
    /// <param name="before">Any shape: what the target was before the step; not changed.</param>
    /// <param name="target">Same shape; not <paramref name="before"/>.</param>
    /// <param name="factors">(steps, 1, 1, 1).</param>
    /// <param name="step">Says which factor counts; a step beyond the table uses the last.</param>
    void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step);

    /// <summary>target = source in every k-th step: where step + 1 is a multiple of k. In the others the target stays as it is.</summary>
    /// <param name="source">Any shape, not changed.</param>
    /// <param name="target">Same shape; not the source.</param>
    /// <param name="step">The number of steps done before.</param>
    /// <param name="every">k, 1 or more.</param>
    void CopyEvery(ITensor source, ITensor target, ITensor step, int every);

    /// <summary>value[n] = weight * mean over positions of l - 0.1, l = sqrt(|a - b|^2 + 0.01), the length over the channels: |a - b|, but smooth where the two are equal.</summary>
    /// <param name="tap">a: (N, h, w, C), not changed.</param>
    /// <param name="other">b: same shape, not changed.</param>
    /// <param name="weight">Factor; positive for a penalty.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the tap; weight / (h w) (a - b) / l is added.</param>
    /// <remarks>Hamblin et al., "Feature Accentuation" (2024), where the length is |a - b| itself: of a picture that starts as what it is compared with, its gradient is rounding errors divided by their own length.</remarks>
    void Distance(ITensor tap, ITensor other, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight * sum over an image's elements of a * b.</summary>
    /// <param name="a">(N, h, w, C), not changed.</param>
    /// <param name="b">Same shape, not changed.</param>
    /// <param name="weight">Factor.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <remarks>A linear objective: its gradient with respect to <paramref name="a"/> is the constant weight * b.</remarks>
    void Dot(ITensor a, ITensor b, double weight, ITensor value);

    /// <summary>value[n] = weight * mean over an image's elements of tap^2.</summary>
    /// <param name="tap">(N, h, w, C), not changed.</param>
    /// <param name="weight">Factor; negative to make a loss of an activation.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the tap; 2 weight / (h w C) * tap is added.</param>
    /// <remarks>The objective of DeepDream: Mordvintsev, Olah and Tyka, "Inceptionism" (2015); lucid <c>objectives.deepdream</c>.</remarks>
    void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight * mean over positions of d max(0.1, d / ((1e-4 + |a|) (1e-4 + |v|)))^power, a the tap's channels there and d = a . v.</summary>
    /// <param name="tap">(N, h, w, C), not changed.</param>
    /// <param name="vector">v: (1, 1, 1, C), not changed.</param>
    /// <param name="power">0 or more; 0 for the product alone.</param>
    /// <param name="weight">Factor; negative to make a loss of an activation.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the tap; the gradient is added, through the cosine too where it is above 0.1.</param>
    /// <remarks>lucid <c>objectives.direction</c>.</remarks>
    void Direction(ITensor tap, ITensor vector, double power, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight / group * sum over the other images m of n's group of G_n . G_m: how alike they are. G is the image's channels' products, summed over the positions, as a matrix of length 1.</summary>
    /// <param name="tap">(N, h, w, C), not changed.</param>
    /// <param name="group">Images per group; N is a multiple of it. Groups lie one behind the other.</param>
    /// <param name="weight">Factor; positive for a penalty.</param>
    /// <param name="grams">(N, C, C, 1), overwritten with G.</param>
    /// <param name="lengths">(N, 1, 1, 2), overwritten: the length of G before it was divided, and the sum of the products.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the tap; the gradient of the values' sum is added. None from an image whose tap is 0 everywhere.</param>
    /// <remarks>lucid <c>objectives.diversity</c>, after Gatys, Ecker and Bethge (arXiv 1508.06576).</remarks>
    void Diversity(ITensor tap, int group, double weight, ITensor grams, ITensor lengths, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight * sum over d = 1..4 of 2^-d mean((tap[n] - tap[n + d])^2), n + d within n's group.</summary>
    /// <param name="tap">(N, h, w, C), not changed.</param>
    /// <param name="group">Images per group; N is a multiple of it.</param>
    /// <param name="weight">Factor; positive for a penalty.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the tap; the gradient of the values' sum is added.</param>
    /// <remarks>lucid <c>objectives.alignment</c>.</remarks>
    void Alignment(ITensor tap, int group, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight / (H W C) * sum of |difference| over all pairs of neighbours, down and across.</summary>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="weight">Factor.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the image; weight / (H W C) times the sum of the differences' signs is added; equal neighbours have none.</param>
    /// <remarks>Anisotropic total variation, as lucid and tf-keras-vis have it, with the divisor of <see cref="TotalVariation"/>.</remarks>
    void AbsoluteVariation(ITensor image, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight * mean over an image's elements of (image - centre)^2.</summary>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="centre">What no value is drawn away from.</param>
    /// <param name="weight">Factor.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the image; 2 weight / (H W C) (image - centre) is added.</param>
    void Decay(ITensor image, double centre, double weight, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight / (H W C) * sum over the pixels at the edge of r^2 + pull (image - centre)^2, r = blurred - image: the edge shall be smooth, and like the centre.</summary>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="width">How many pixels deep the edge is, 1 or more.</param>
    /// <param name="pull">Factor of the distance from the centre, 0 or more.</param>
    /// <param name="centre">The value that the edge is drawn to.</param>
    /// <param name="weight">Factor.</param>
    /// <param name="residual">Same shape as the image, overwritten with r, 0 off the edge.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the image; the gradient is added.</param>
    /// <remarks>Blurred is the mean over 5 x 5 pixels, those of the outer ring counting half, as many as lie within the picture: lucid <c>_tf_blur</c>, <c>penalize_boundary_complexity</c> (pull 0.8, width 20, values 0 to 1).</remarks>
    void Boundary(ITensor image, int width, double pull, double centre, double weight, ITensor residual, ITensor value, ITensor gradient);

    /// <summary>value[n] = weight * sum over k of (mean over positions of tap[n, :, :, k]).</summary>
    /// <param name="tap">(N, h, w, K).</param>
    /// <param name="weight">Factor; negative to make a loss of an activation.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <remarks>keras-vis <c>ActivationMaximization</c> with weight -1. Its gradient is the constant weight / (h * w): <see cref="Fill"/>.</remarks>
    void ChannelMean(ITensor tap, double weight, ITensor value);

    /// <summary>Total variation: value[n] = weight / (H W C) * sum over y &lt; H-1, x &lt; W-1, c of ((i[y+1,x,c] - i[y,x,c])^2 + (i[y,x+1,c] - i[y,x,c])^2)^(beta/2).</summary>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="beta">Exponent, 1 or more. For beta &lt; 2 a pixel equal to both neighbours contributes no gradient (where autodiff gives NaN).</param>
    /// <param name="weight">Factor.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the image; weight * d(TV)/d(image) is added.</param>
    /// <remarks>Mahendran and Vedaldi, arXiv 1412.0035, eq. 4, with keras-vis's divisor and edges.</remarks>
    void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient);

    /// <summary>Lp norm: value[n] = weight / (H W C) * (sum |i|^p)^(1/p); for infinite p the largest value (not magnitude), as keras-vis has it.</summary>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="p">1 or more, or positive infinity.</param>
    /// <param name="weight">Factor.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Same shape as the image; weight / (H W C) * sign(i) |i|^(p-1) S^(1/p - 1) is added, S = sum |i|^p; nothing for an all-zero image (autodiff: NaN). For infinite p weight / (H W C) is shared equally by all values that equal the largest, as TensorFlow's reduce_max does.</param>
    void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient);

    /// <summary>total[n] = a[n] + b[n].</summary>
    /// <param name="a">Per image.</param>
    /// <param name="b">Per image.</param>
    /// <param name="total">Per image, overwritten; may be <paramref name="a"/> or <paramref name="b"/>.</param>
    void Add(ITensor a, ITensor b, ITensor total);

    /// <summary>gradient /= sqrt(mean(gradient^2)) + epsilon, for each image by itself.</summary>
    /// <param name="gradient">(N, H, W, C), overwritten.</param>
    /// <param name="epsilon">keras-vis: 1e-7.</param>
    void NormalizeRms(ITensor gradient, double epsilon);

    /// <summary>RMSprop: cache = decay * cache + (1 - decay) * g^2; image -= rate * g / sqrt(cache + epsilon).</summary>
    /// <param name="image">Overwritten.</param>
    /// <param name="gradient">Not changed.</param>
    /// <param name="cache">Overwritten; starts as zeros.</param>
    /// <param name="rate">keras-vis: 1.</param>
    /// <param name="decay">keras-vis: 0.95.</param>
    /// <param name="epsilon">Inside the root; keras-vis: 1e-7.</param>
    void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon);

    /// <summary>Adam, t = step + 1: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; image -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).</summary>
    /// <param name="image">Overwritten.</param>
    /// <param name="gradient">Not changed.</param>
    /// <param name="mean">m; overwritten; starts as zeros.</param>
    /// <param name="square">v; overwritten; starts as zeros.</param>
    /// <param name="step">The number of steps done before.</param>
    /// <param name="rate">Length of a step.</param>
    /// <param name="beta1">Decay of the mean, 0 or more and below 1.</param>
    /// <param name="beta2">Decay of the square, 0 or more and below 1.</param>
    /// <param name="epsilon">Outside the root.</param>
    /// <remarks>Kingma and Ba (arXiv 1412.6980), algorithm 1.</remarks>
    void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon);

    /// <summary>Gradient descent with momentum: velocity = decay velocity + g; image -= rate velocity.</summary>
    /// <param name="image">Overwritten.</param>
    /// <param name="gradient">Not changed.</param>
    /// <param name="velocity">Overwritten; starts as zeros.</param>
    /// <param name="rate">Length of a step.</param>
    /// <param name="decay">What remains of the velocity, 0 or more and below 1.</param>
    /// <remarks>Polyak (1964), in the form of PyTorch's <c>SGD</c>.</remarks>
    void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay);

    /// <summary>Where total[n] &lt; bestTotal[n] (false for NaN): bestTotal[n] = total[n], bestStep[n] = step, best[n] = image[n].</summary>
    /// <param name="total">Per image.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="image">(N, H, W, C).</param>
    /// <param name="bestTotal">Per image; starts as +infinity.</param>
    /// <param name="bestStep">Per image; starts as -1.</param>
    /// <param name="best">Same shape as the image.</param>
    void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best);

    /// <summary>log[step, n, k] = columns[k][n]. A step beyond the log's rows writes nothing.</summary>
    void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns);

    /// <summary>step += 1.</summary>
    void Advance(ITensor step);
}

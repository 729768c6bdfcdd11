namespace VggCuda.Engine.Backends;

/// <summary>The shapes that image operations demand, checked in one place for all backends; each message names both sides. Whose tensor it is remains the backend's question.</summary>
public static class OperationChecks
{
    /// <summary>Two tensors of one shape.</summary>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void Same(ITensor expected, string expectedName, ITensor actual, string actualName)
    {
        ArgumentNullException.ThrowIfNull(expected, expectedName);
        ArgumentNullException.ThrowIfNull(actual, actualName);
        if (actual.Shape != expected.Shape)
        {
            throw new ArgumentException($"The tensor '{actualName}' is {actual.Shape}, '{expectedName}' is {expected.Shape}; both must have one shape.", actualName);
        }
    }

    /// <summary>One value per image of another tensor.</summary>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static void PerImage(ITensor images, string imagesName, ITensor value, string valueName)
    {
        ArgumentNullException.ThrowIfNull(images, imagesName);
        ArgumentNullException.ThrowIfNull(value, valueName);
        if (value.Shape != TensorShape.PerImage(images.Shape.N))
        {
            throw new ArgumentException($"The tensor '{valueName}' is {value.Shape}; '{imagesName}' is {images.Shape}, so {TensorShape.PerImage(images.Shape.N)} is needed.", valueName);
        }
    }

    /// <summary>The two sides of an operation that cannot work in place.</summary>
    /// <exception cref="ArgumentException">They are one tensor.</exception>
    public static void Apart(ITensor source, string sourceName, ITensor target, string targetName)
    {
        ArgumentNullException.ThrowIfNull(source, sourceName);
        ArgumentNullException.ThrowIfNull(target, targetName);
        if (ReferenceEquals(source, target))
        {
            throw new ArgumentException($"'{sourceName}' and '{targetName}' are one tensor {source.Shape}; they must differ.", targetName);
        }
    }

    /// <summary>A table of numbers for every step and image, and the step counter.</summary>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static void Table(ITensor images, ITensor table, string tableName, int numbers, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(table, tableName);
        if (table.Shape != new TensorShape(table.Shape.N, images.Shape.N, 1, numbers))
        {
            throw new ArgumentException($"The table '{tableName}' is {table.Shape}; (steps, {images.Shape.N}, 1, {numbers}) is needed for images {images.Shape}.", tableName);
        }

        Counter(step);
    }

    /// <summary>The step counter.</summary>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static void Counter(ITensor step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (step.Shape != TensorShape.PerImage(1))
        {
            throw new ArgumentException($"The step is {step.Shape}; {TensorShape.PerImage(1)} is needed.", nameof(step));
        }
    }

    /// <summary>The arguments of <see cref="IImageOperations.Warp"/>; for its adjoint the two sides change places.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Warp(ITensor source, string sourceName, ITensor target, string targetName, ITensor maps, ITensor step)
    {
        Apart(source, sourceName, target, targetName);
        if (source.Shape.N != target.Shape.N || source.Shape.C != target.Shape.C)
        {
            throw new ArgumentException($"'{sourceName}' is {source.Shape}, '{targetName}' is {target.Shape}; both must have as many images and channels.", targetName);
        }

        Table(source, maps, nameof(maps), 6, step);
    }

    /// <summary>The arguments of <see cref="IImageOperations.Multiply"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Multiply(ITensor source, ITensor factors, ITensor target)
    {
        Same(source, nameof(source), target, nameof(target));
        ArgumentNullException.ThrowIfNull(factors);
        if (factors.Shape != source.Shape with { N = 1 })
        {
            throw new ArgumentException($"The factors are {factors.Shape}; {source.Shape with { N = 1 }} is needed for images {source.Shape}.", nameof(factors));
        }
    }

    /// <summary>The arguments of <see cref="IImageOperations.Direction"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Direction(ITensor tap, ITensor vector, double power, ITensor value, ITensor gradient)
    {
        PerImage(tap, nameof(tap), value, nameof(value));
        Same(tap, nameof(tap), gradient, nameof(gradient));
        ArgumentNullException.ThrowIfNull(vector);
        if (vector.Shape != new TensorShape(1, 1, 1, tap.Shape.C))
        {
            throw new ArgumentException($"The vector is {vector.Shape}; {new TensorShape(1, 1, 1, tap.Shape.C)} is needed for a tap {tap.Shape}.", nameof(vector));
        }

        if (!(power >= 0) || !double.IsFinite(power))
        {
            throw new ArgumentOutOfRangeException(nameof(power), power, "The power must be a finite number of at least 0.");
        }
    }

    /// <summary>The bounds of <see cref="IImageOperations.Clip"/>.</summary>
    /// <exception cref="ArgumentException">Not in order.</exception>
    public static void Bounds(double low, double high)
    {
        if (!(low < high))
        {
            throw new ArgumentException($"The bounds are {low} and {high}; the lower must come first.", nameof(low));
        }
    }

    /// <summary>The arguments of <see cref="IImageOperations.ScaleStep"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step)
    {
        Same(before, nameof(before), target, nameof(target));
        Apart(before, nameof(before), target, nameof(target));
        ArgumentNullException.ThrowIfNull(factors);
        if (factors.Shape != TensorShape.PerImage(factors.Shape.N))
        {
            throw new ArgumentException($"The factors are {factors.Shape}; (steps, 1, 1, 1) is needed.", nameof(factors));
        }

        Counter(step);
    }

    /// <summary>The arguments of <see cref="IImageOperations.CopyEvery"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void CopyEvery(ITensor source, ITensor target, ITensor step, int every)
    {
        Same(source, nameof(source), target, nameof(target));
        Apart(source, nameof(source), target, nameof(target));
        Counter(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
    }

    /// <summary>The arguments of <see cref="IImageOperations.Boundary"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Boundary(ITensor image, int width, double pull, ITensor residual, ITensor value, ITensor gradient)
    {
        PerImage(image, nameof(image), value, nameof(value));
        Same(image, nameof(image), gradient, nameof(gradient));
        Same(image, nameof(image), residual, nameof(residual));
        Apart(image, nameof(image), residual, nameof(residual));
        Apart(gradient, nameof(gradient), residual, nameof(residual));
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (!(pull >= 0) || !double.IsFinite(pull))
        {
            throw new ArgumentOutOfRangeException(nameof(pull), pull, "The pull must be a finite number of at least 0.");
        }
    }

    /// <summary>Phases, their magnitudes and the spectrum of twice as many rows.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor spectrum, string spectrumName)
    {
        ArgumentNullException.ThrowIfNull(phase);
        ArgumentNullException.ThrowIfNull(magnitude);
        Same(magnitude, nameof(magnitude), offset, nameof(offset));
        ArgumentNullException.ThrowIfNull(spectrum, spectrumName);
        if (magnitude.Shape != phase.Shape with { N = 1 } || spectrum.Shape != phase.Shape with { H = 2 * phase.Shape.H })
        {
            throw new ArgumentException($"The magnitudes are {magnitude.Shape} and '{spectrumName}' is {spectrum.Shape}; {phase.Shape with { N = 1 }} and {phase.Shape with { H = 2 * phase.Shape.H }} are needed for phases {phase.Shape}.", spectrumName);
        }
    }

    /// <summary>A batch in groups, with a value per image and a gradient.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Groups(ITensor tap, int group, ITensor value, ITensor gradient)
    {
        PerImage(tap, nameof(tap), value, nameof(value));
        Same(tap, nameof(tap), gradient, nameof(gradient));
        if (group < 1 || tap.Shape.N % group != 0)
        {
            throw new ArgumentException($"Groups of {group} images do not divide a batch of {tap.Shape.N}.", nameof(group));
        }
    }

    /// <summary>The arguments of <see cref="IImageOperations.Diversity"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static void Diversity(ITensor tap, int group, ITensor grams, ITensor lengths, ITensor value, ITensor gradient)
    {
        Groups(tap, group, value, gradient);
        ArgumentNullException.ThrowIfNull(grams);
        ArgumentNullException.ThrowIfNull(lengths);
        if (grams.Shape != new TensorShape(tap.Shape.N, tap.Shape.C, tap.Shape.C, 1) || lengths.Shape != new TensorShape(tap.Shape.N, 1, 1, 2))
        {
            throw new ArgumentException($"The scratch tensors are {grams.Shape} and {lengths.Shape}; {new TensorShape(tap.Shape.N, tap.Shape.C, tap.Shape.C, 1)} and {new TensorShape(tap.Shape.N, 1, 1, 2)} are needed for a tap {tap.Shape}.", nameof(grams));
        }
    }

    /// <summary>One row of maps, as far as it is known to the host.</summary>
    /// <exception cref="ArgumentException">Not finite or not invertible.</exception>
    public static void Map(ReadOnlySpan<double> map)
    {
        foreach (double m in map)
        {
            if (!double.IsFinite(m))
            {
                throw new ArgumentException($"A map has the coefficient {m}; all six must be finite.");
            }
        }

        double determinant = (map[0] * map[4]) - (map[1] * map[3]);
        if (!(Math.Abs(determinant) >= SmallestDeterminant))
        {
            throw new ArgumentException($"A map has the determinant {determinant}; it must be at least {SmallestDeterminant} in magnitude, so that it can be inverted.");
        }
    }

    /// <summary>Below it a map squeezes a picture into less than a ten-thousandth of its area.</summary>
    public const double SmallestDeterminant = 1e-4;

    /// <summary>The arguments of <see cref="IImageOperations.Product"/>.</summary>
    /// <returns>How often the product is done, over how many terms, with how many results.</returns>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static (int Outer, int Terms, int Results) Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Apart(source, nameof(source), target, nameof(target));
        if (matrix.Shape is not { N: 1, C: 1 })
        {
            throw new ArgumentException($"The matrix is {matrix.Shape}; (1, rows, columns, 1) is needed.", nameof(matrix));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(inner, 1);
        (int terms, int results) = transposed ? (matrix.Shape.H, matrix.Shape.W) : (matrix.Shape.W, matrix.Shape.H);
        long piece = (long)terms * inner;
        long outer = source.Shape.CountPerImage / piece;
        if (outer * piece != source.Shape.CountPerImage || target.Shape.N != source.Shape.N || target.Shape.CountPerImage != outer * results * inner)
        {
            throw new ArgumentException($"A matrix {matrix.Shape}{(transposed ? ", transposed," : "")} along an axis of {terms} that moves {inner} values together does not lead from {source.Shape} to {target.Shape}.", nameof(target));
        }

        return (checked((int)(outer * source.Shape.N)), terms, results);
    }
}

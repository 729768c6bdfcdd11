using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>What makes the picture's gradient in a step being recorded and has not been launched yet: the network's share, the Lp norm's with p = 6, total variation's with exponent 2; in this order.</summary>
internal sealed class PendingGradient
{
    private readonly List<CudaTensor> _touched = [];
    private (CudaTensor Target, InputGradient Launch)? _input;
    private (CudaTensor Image, double Weight, CudaTensor Value, CudaTensor Gradient)? _norm;
    private (double Weight, CudaTensor Value)? _variation;

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _touched.Count == 0;

    /// <summary>Whether a tensor shares memory with one that is waited for.</summary>
    public bool Touches(CudaTensor tensor) => _touched.Any(t => t.Shares(tensor));

    /// <summary>Takes the network's share.</summary>
    public bool TryInput(CudaTensor target, InputGradient launch)
    {
        if (!IsEmpty)
        {
            return false;
        }

        _input = (target, launch);
        _touched.Add(target);
        return true;
    }

    /// <summary>Takes an Lp norm with p = 6.</summary>
    public bool TryNorm(CudaTensor image, double weight, CudaTensor value, CudaTensor gradient)
    {
        bool first = _input is null ? IsEmpty : _norm is null && _input.Value.Target.IsSame(gradient) && !Touches(image) && !Touches(value);
        if (!first || image.Shares(value) || image.Shares(gradient) || value.Shares(gradient))
        {
            return false;
        }

        _norm = (image, weight, value, gradient);
        _touched.AddRange([image, value, gradient]);
        return true;
    }

    /// <summary>Takes a total variation with exponent 2, behind a norm of the same image.</summary>
    public bool TryVariation(CudaTensor image, double weight, CudaTensor value, CudaTensor gradient)
    {
        if (_norm is not { } norm || _variation is not null || !norm.Image.IsSame(image) || !norm.Gradient.IsSame(gradient) || !Regularize.Takes(image.Shape) || Touches(value))
        {
            return false;
        }

        _variation = (weight, value);
        _touched.Add(value);
        return true;
    }

    /// <summary>Launches what there is.</summary>
    /// <param name="launchers">What launches it.</param>
    /// <param name="divided">A gradient that is to be divided by its root mean square next; or null.</param>
    /// <returns>Whether the sums of squares for that lie in its scratch memory.</returns>
    public bool Launch(GradientLaunchers launchers, CudaTensor? divided)
    {
        bool isSummed = false;
        if (_norm is { } norm)
        {
            (CudaTensor image, CudaTensor gradient) = (norm.Image, norm.Gradient);
            if (_input is { } input)
            {
                input.Launch(image.Pointer, image.Shape, image.Scratch);
            }
            else
            {
                launchers.LpNorm.SumSixth(image.Pointer, image.Shape, image.Scratch);
            }

            if (_variation is { } variation)
            {
                isSummed = divided is not null && divided.IsSame(gradient);
                launchers.Regularize.Launch(
                    image.Pointer, (norm.Weight, norm.Value.Pointer), (variation.Weight, variation.Value.Pointer), gradient.Pointer, image.Shape, image.Scratch,
                    isSummed ? divided!.Scratch.Parts : DevicePointer.None);
            }
            else
            {
                launchers.LpNorm.ApplySixth(image.Pointer, norm.Weight, norm.Value.Pointer, gradient.Pointer, image.Shape, image.Scratch);
            }
        }
        else
        {
            _input?.Launch(DevicePointer.None, default, null);
        }

        Forget();
        return isSummed;
    }

    /// <summary>Drops what there is: it is launched, or the step is not recorded after all.</summary>
    public void Forget()
    {
        _touched.Clear();
        (_input, _norm, _variation) = (null, null, null);
    }
}

using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>The gathering at a program's tap and the mean of what it gathers, asked for by a step being recorded and not launched yet: they go with each other, and with the scattering that begins the way back.</summary>
internal sealed class PendingTap
{
    private (CudaTensor Tap, TapReading Reading)? _gathering;
    private (double Weight, CudaTensor Value)? _mean;

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _gathering is null;

    /// <summary>Whether a tensor shares memory with one that is waited for.</summary>
    public bool Touches(CudaTensor tensor) => _gathering is { } gathering && (gathering.Tap.Shares(tensor) || (_mean is { } mean && mean.Value.Shares(tensor)));

    /// <summary>Takes a gathering.</summary>
    /// <param name="tap">What is gathered, as the mean will name it.</param>
    /// <param name="reading">From what.</param>
    public bool TryGather(CudaTensor tap, TapReading reading)
    {
        if (!IsEmpty)
        {
            return false;
        }

        _gathering = (tap, reading);
        return true;
    }

    /// <summary>Takes the mean of what is gathered.</summary>
    public bool TryMean(CudaTensor tap, double weight, CudaTensor value)
    {
        if (_gathering is not { } gathering || _mean is not null || !gathering.Tap.IsSame(tap) || tap.Shares(value))
        {
            return false;
        }

        _mean = (weight, value);
        return true;
    }

    /// <summary>Launches what there is.</summary>
    /// <param name="taps">What launches it.</param>
    /// <param name="scattering">What may go with it; or null.</param>
    /// <returns>Whether the scattering has gone with it.</returns>
    public bool Launch(Tap taps, TapScattering? scattering)
    {
        bool scattered = false;
        if (_gathering is { } gathering)
        {
            if (_mean is { } mean)
            {
                scattered = scattering is not null;
                taps.Mean(gathering.Reading, mean.Weight, mean.Value.Pointer, gathering.Tap.Scratch, scattering);
            }
            else
            {
                taps.Gather(gathering.Reading);
            }
        }

        Forget();
        return scattered;
    }

    /// <summary>Drops what there is: it is launched, or the step is not recorded after all.</summary>
    public void Forget() => (_gathering, _mean) = (null, null);
}

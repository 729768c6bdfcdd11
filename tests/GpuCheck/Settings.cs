using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>What to check, and on what.</summary>
internal sealed record Settings
{
    /// <summary>What to do: a check's verb, run, report, list.</summary>
    public required string Verb { get; init; }

    /// <summary>Small networks and few steps: for trying the checks out on a machine without a GPU.</summary>
    public bool Small { get; init; }

    /// <summary>The driver's ordinal.</summary>
    public int Device { get; init; }

    /// <summary>Where a run's results go, or where a report finds them.</summary>
    public string? Out { get; init; }

    /// <summary>Where large files that nobody wants to keep may lie.</summary>
    public string Scratch { get; init; } = Path.GetTempPath();

    /// <summary>A folder with results of an earlier run, whose finished checks are taken over instead of run.</summary>
    public string? Continue { get; init; }

    /// <summary>The checks that are wanted, or null for all.</summary>
    public string[]? Only { get; init; }

    /// <summary>Seconds that a run may take in all.</summary>
    public int Budget { get; init; } = 570;

    /// <summary>Arithmetic, where a check is of one.</summary>
    public Precision Precision { get; init; } = Precision.Fp16;

    /// <summary>The job, where a check is of one.</summary>
    public string Job { get; init; } = "class1";

    /// <summary>Whether plans are timed.</summary>
    public bool Autotune { get; init; } = true;

    /// <summary>The published network's widths, or a tenth of them.</summary>
    public Topology Topology => Small
        ? new Topology([[8, 8], [16, 16], [24, 24, 24], [32, 32, 32], [32, 32, 32]], Head.Create(1, 64, 48, 40))
        : Topology.ImageNet;

    /// <summary>Side of the images.</summary>
    public int Side => Small ? 32 : 224;

    /// <summary>Steps of a job.</summary>
    public int Iterations => Small ? 4 : 500;

    /// <summary>Filters drawn at once where all of a layer are drawn; fewer where the device has no room.</summary>
    public int FilterBatch => Small ? 12 : 32;

    /// <summary>Steps run of that job: few, because sixteen batches would take minutes at 500.</summary>
    public int FilterIterations => Small ? 2 : 20;

    /// <summary>How dense weights are kept.</summary>
    public DenseWeights DenseWeights { get; init; }

    /// <summary>The full-width seeded network, generated as it is read.</summary>
    public Network Network() => Engine.Model.Network.FromWeights(new HeWeights(Topology, 20));

    /// <summary>Opens the device.</summary>
    public CudaBackend Open() => CudaBackend.Open(Device, new CudaOptions { Proposals = Autotune ? 1 : 0, DenseWeights = DenseWeights });

    /// <summary>Reads the arguments.</summary>
    /// <returns>Null where they are no such.</returns>
    public static Settings? Parse(string[] args)
    {
        if (args.Length == 0)
        {
            return null;
        }

        Settings settings = new() { Verb = args[0] };
        for (int i = 1; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--small":
                    settings = settings with { Small = true };
                    continue;
                case "--no-autotune":
                    settings = settings with { Autotune = false };
                    continue;
                case "--int8":
                    settings = settings with { DenseWeights = DenseWeights.EightBit };
                    continue;
                case "--out" when value is not null:
                    settings = settings with { Out = value };
                    break;
                case "--scratch" when value is not null:
                    settings = settings with { Scratch = value };
                    break;
                case "--continue" when value is not null:
                    settings = settings with { Continue = value };
                    break;
                case "--only" when value is not null:
                    settings = settings with { Only = value.Split(',') };
                    break;
                case "--job" when value is not null:
                    settings = settings with { Job = value };
                    break;
                case "--device" when int.TryParse(value, CultureInfo.InvariantCulture, out int device):
                    settings = settings with { Device = device };
                    break;
                case "--budget" when int.TryParse(value, CultureInfo.InvariantCulture, out int budget):
                    settings = settings with { Budget = budget };
                    break;
                case "--precision" when Enum.TryParse(value, ignoreCase: true, out Precision precision):
                    settings = settings with { Precision = precision };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return settings;
    }
}

using System.Globalization;
using VggCuda.Engine.Model;

namespace VggCuda.GpuCheck;

/// <summary>What to check on.</summary>
/// <param name="Folder">Where results go.</param>
/// <param name="Small">Small networks and few steps: for trying the checks out on a machine without a GPU.</param>
/// <param name="Device">The driver's ordinal.</param>
internal sealed record Settings(string Folder, bool Small, int Device)
{
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

    /// <summary>Steps run of that job: few, because sixteen batches in four precisions would take most of an hour at 500.</summary>
    public int FilterIterations => Small ? 2 : 20;

    /// <summary>The full-width seeded network.</summary>
    public Network Network() => Engine.Model.Network.FromWeights(MemoryWeights.CopyOf(new HeWeights(Topology, 20)));

    /// <summary>Reads the arguments, or gives null.</summary>
    public static Settings? Parse(string[] args)
    {
        string? folder = null;
        bool small = false;
        int device = 0;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--out" when i + 1 < args.Length:
                    folder = args[++i];
                    break;
                case "--device" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out device):
                    i++;
                    break;
                case "--small":
                    small = true;
                    break;
                default:
                    return null;
            }
        }

        return folder is null ? null : new Settings(folder, small, device);
    }
}

using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Native.Abi;

namespace VggCuda.Native.Resources;

/// <summary>What vgg_render_options ask for: a plan for a network on a device, and how many pictures at once.</summary>
internal sealed unsafe class RenderJob
{
    private const int MostPictures = 100_000;
    private const int MostAtOnce = 4096;
    private const int OrdinaryBatch = 32;
    private const int MostSide = 16384;
    private readonly NetworkResource _network;
    private readonly DeviceResource _device;

    public RenderJob(NetworkResource network, DeviceResource device, in RenderRequest options)
    {
        _network = network;
        _device = device;
        Precision precision = device.Check(options.Precision);
        PlanOverrides overrides = new()
        {
            Iterations = options.Iterations == 0 ? null : (int)Math.Min(options.Iterations, int.MaxValue),
            Precision = precision == Precision.Auto ? null : precision,
        };
        Plan = overrides.ApplyTo(options.Plan is null ? Preset(options) : Given(options));
        Plan.Validate(network.Network);
        device.Check((int)Plan.Precision);
        Forecast(Memory.OrDefault(options.MaxBatch, OrdinaryBatch, MostAtOnce, "max_batch"));
    }

    public RenderPlan Plan { get; }

    /// <summary>Pictures drawn at once.</summary>
    public int Batch { get; private set; }

    /// <summary>What it takes.</summary>
    public RunMemory Needs { get; private set; } = null!;

    /// <summary>Refuses what would be killed.</summary>
    /// <exception cref="StatusException">There is less memory than it takes.</exception>
    public void RequireMemory()
    {
        if (HostBytes > MachineMemory.Limit)
        {
            throw new StatusException(Status.Memory, $"This render needs {HostBytes >> 20} MiB, and there are {MachineMemory.Limit >> 20} MiB. Take smaller or fewer pictures, or a lower layer.");
        }
    }

    private long HostBytes => _device.IsHost ? Needs.Total : Needs.Host + Needs.Results;

    // The largest batch of whole groups that leaves others a part of what is available; a GPU says itself when it is full.
    private void Forecast(int most)
    {
        int group = Plan.Objective.GroupSize;
        bool isDouble = _device.Backend.Description.Name == "reference";
        for (Batch = Math.Min(Math.Max(group, most / group * group), Plan.Count); ; Batch = ((Batch / group) + 1) / 2 * group)
        {
            Needs = RunMemory.Of(_device.Backend, _network.Network, Plan, Batch, isDouble);
            if (Batch <= group || HostBytes <= MachineMemory.Available / 5 * 4)
            {
                return;
            }
        }
    }

    private RenderPlan Preset(in RenderRequest options)
    {
        string text = Text.Require(options.Objective, "objective");
        string preset = Text.Read(options.Preset, "preset") ?? Presets.Default;
        int count = Memory.OrDefault(options.Count, 1, MostPictures, "count");
        if ((long)options.Seed + count - 1 > uint.MaxValue)
        {
            throw new StatusException(Status.Plan, $"{count} pictures from the seed {options.Seed} on would need seeds beyond {uint.MaxValue}; take a smaller seed.");
        }

        uint seed = options.Seed;
        ImmutableArray<uint> seeds = [.. Enumerable.Range(0, count).Select(k => seed + (uint)k)];
        Objective objective = ObjectiveText.Parse(text, count, _network.Network, _network.ClassOf);
        int height = Memory.OrDefault(options.Height, _network.Side, MostSide, "height");
        int width = Memory.OrDefault(options.Width, _network.Side, MostSide, "width");
        return Presets.Create(preset, objective, seeds, height, width, objective.InputSize(_network.Network));
    }

    private static RenderPlan Given(in RenderRequest options)
    {
        if (options.Objective is not null || options.Preset is not null || (options.Count | options.Seed | options.Height | options.Width) != 0)
        {
            throw StatusException.Argument("A plan says what to draw; objective, preset, count, seed, height and width must be left out beside it.");
        }

        return RenderPlan.FromJson(Text.Require(options.Plan, "plan"));
    }
}

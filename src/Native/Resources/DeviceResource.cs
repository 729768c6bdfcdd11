using System.Globalization;
using System.Text;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_device.</summary>
internal sealed class DeviceResource(IBackend backend) : Resource, IExclusive
{
    private int _inUse;
    private volatile CancellationTokenSource? _running;

    public override string Kind => "device";

    public IBackend Backend { get; } = backend;

    /// <summary>Whether what lies on the device lies on the host.</summary>
    public bool IsHost => Backend.Description.Name is "cpu" or "reference";

    /// <summary>Opens by name.</summary>
    /// <param name="name">auto, cpu, cuda, cuda:N or reference.</param>
    /// <param name="threads">0 for one per processor.</param>
    public static DeviceResource Open(string name, uint threads)
    {
        string plain = name.Trim().ToLowerInvariant();
        if (threads > 1024 || (threads > 0 && plain is not ("auto" or "cpu")))
        {
            throw StatusException.Argument($"{threads} threads for the device '{plain}'; cpu takes 1 to 1024, others 0.");
        }

        int? some = threads == 0 ? null : (int)threads;
        return new DeviceResource(plain switch
        {
            "auto" => some is null && CudaDevices.Probe().IsUsable ? Best() : new CpuBackend(some),
            "cpu" => new CpuBackend(some),
            "reference" => new ReferenceBackend(),
            "cuda" => CudaBackend.Open(),
            _ when plain.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(plain.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) => CudaBackend.Open(index),
            _ => throw new StatusException(Status.Plan, "There is no such device; choose auto, cpu, cuda, cuda:N or reference."),
        });

        // A GPU that turns out unusable only when opened is passed over.
        static IBackend Best()
        {
            try
            {
                return CudaBackend.Open();
            }
            catch (DeviceException)
            {
                return new CpuBackend();
            }
        }
    }

    /// <summary>Lines "key: value" about a backend.</summary>
    public static string Details(BackendDescription description)
    {
        StringBuilder lines = new($"{description.Name}: {description.Device}");
        foreach ((string key, string value) in description.Details)
        {
            lines.Append(CultureInfo.InvariantCulture, $"\n{key}: {value}");
        }

        return lines.ToString();
    }

    /// <summary>Refuses an arithmetic that it has not.</summary>
    public Precision Check(int precision) => precision switch
    {
        < 0 or > (int)Precision.Bf16 => throw StatusException.Argument($"precision is {precision}; it may be VGG_PRECISION_AUTO to VGG_PRECISION_BF16, 0 to 4."),
        > (int)Precision.Fp32 when IsHost => throw new StatusException(Status.Plan, $"The precision {(Precision)precision} needs a CUDA device; {Backend.Description.Name} has only its own."),
        _ => (Precision)precision,
    };

    public bool TryEnter() => Interlocked.CompareExchange(ref _inUse, 1, 0) == 0;

    public void Leave() => Volatile.Write(ref _inUse, 0);

    /// <summary>What ends the run that begins now; the device has been entered.</summary>
    public CancellationTokenSource Begin() => _running = new CancellationTokenSource();

    /// <summary>The run that was begun is over.</summary>
    public void Finish() => _running = null;

    /// <summary>Ends the run, where one is under way.</summary>
    public void Cancel() => _running?.Cancel();

    public override void Dispose() => Backend.Dispose();
}

using System.Runtime.InteropServices;

namespace VggCuda.Native.Abi;

// The structures of vggcuda.h, member by member; a test compares their layouts with the compiler's.

[StructLayout(LayoutKind.Sequential)]
internal struct NetworkInfo
{
    public uint StructSize;
    public uint Layers;
    public uint Classes;
    public uint InputSize;
    public uint Smallest;
    public uint Reserved;
    public long Parameters;
    public double Temperature;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LayerInfo
{
    public uint StructSize;
    public int Kind;
    public uint Inputs;
    public uint Outputs;
    public uint Halvings;
    public int HasUnits;
    public long Parameters;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PredictorOptions
{
    public uint StructSize;
    public uint Batch;
    public uint Top;
    public int Preprocessing;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ClassPrediction
{
    public int ClassIndex;
    public int Reserved;
    public double Probability;
    public double Logit;
}

[StructLayout(LayoutKind.Sequential)]
internal struct GradientOptions
{
    public uint StructSize;
    public uint Batch;
    public uint Height;
    public uint Width;
    public int Preprocessing;
    public int Precision;
}

[StructLayout(LayoutKind.Sequential)]
internal struct Progress
{
    public uint StructSize;
    public uint Pictures;
    public long StepsDone;
    public long Steps;
    public double MeanTotal;
    public double StepsPerSecond;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RenderRequest
{
    public uint StructSize;
    public uint Count;
    public byte* Objective;
    public byte* Preset;
    public byte* Plan;
    public uint Seed;
    public uint Height;
    public uint Width;
    public uint Iterations;
    public int Precision;
    public uint MaxBatch;
    public delegate* unmanaged[Cdecl]<void*, Progress*, int> Progress;
    public void* ProgressData;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MemoryForecast
{
    public uint StructSize;
    public uint Batch;
    public long Weights;
    public long Activations;
    public long Workspace;
    public long Images;
    public long Scoring;
    public long Host;
    public long Results;
    public long DeviceTotal;
    public long Total;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PicturesInfo
{
    public uint StructSize;
    public uint Count;
    public uint Height;
    public uint Width;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PictureInfo
{
    public uint StructSize;
    public uint Seed;
    public uint Steps;
    public uint BestStep;
    public double BestTotal;
    public double Activation;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AttributorOptions
{
    public uint StructSize;
    public uint Batch;
    public int Preprocessing;
    public int Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AttributionResult
{
    public int ClassIndex;
    public int Reserved;
    public double Logit;
    public double Probability;
}

using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The gradient of a map passes its ReLU; of an image of which nothing would, what raises the ReLU's input does. See <see cref="ProgramSpec.RescuedSteps"/>.</summary>
internal sealed unsafe class MapRescue
{
    private readonly SeekJob _seek;
    private readonly PassJob _pass;
    private readonly bool[] _passes;

    /// <summary>Plans it.</summary>
    /// <param name="map">The map.</param>
    /// <param name="gradient">Its gradient before pooling, changed in place.</param>
    /// <param name="masks">Bits of its ReLU.</param>
    public MapRescue(MapShape map, float* gradient, ushort* masks)
    {
        _passes = new bool[map.Map.Images];
        _seek = new SeekJob(map.Map, gradient, masks, _passes);
        _pass = new PassJob(map, gradient, masks, _passes);
    }

    /// <summary>Runs it.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="rescues">Whether this step rescues; otherwise the derivative alone.</param>
    public void Run(WorkerPool pool, bool rescues)
    {
        Array.Fill(_passes, !rescues);
        if (rescues)
        {
            pool.Run(_seek);
        }

        pool.Run(_pass);
    }

    // Several threads may find something in one image; all of them write the same.
    private sealed class SeekJob(PlaneLayout map, float* gradient, ushort* masks, bool[] passes) : MapRowsJob(map)
    {
        protected override void Rows(int image, int first, int end)
        {
            for (int block = 0; block < Map.Blocks; block++)
            {
                for (int y = first; y < end && !Volatile.Read(ref passes[image]); y++)
                {
                    if (Passes(gradient + Map.Offset(image, block, y), masks + Map.MaskOffset(image, block, y)))
                    {
                        Volatile.Write(ref passes[image], true);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private bool Passes(float* row, ushort* bits)
        {
            for (int x = 0; x < Map.Width; x++)
            {
                for (int lane = 0; lane < Map.Lanes; lane++)
                {
                    if ((bits[x] >> lane & 1) != 0 && row[(x * Map.Lanes) + lane] != 0f)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }

    private sealed class PassJob(MapShape map, float* gradient, ushort* masks, bool[] passes) : MapRowsJob(map.Map)
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            for (int block = 0; block < Map.Blocks; block++)
            {
                for (int y = first; y < end; y++)
                {
                    float* row = gradient + Map.Offset(image, block, y);
                    if (passes[image])
                    {
                        map.Kernels.Mask(row, Map.Width, masks + Map.MaskOffset(image, block, y));
                        continue;
                    }

                    for (int i = 0; i < Map.Width * Map.Lanes; i++)
                    {
                        row[i] = row[i] > 0f ? 0f : row[i];
                    }
                }
            }
        }
    }
}

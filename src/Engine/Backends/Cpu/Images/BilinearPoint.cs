using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A place between four pixels, the corners: 0 and 1 above, 2 and 3 below, left before right.</summary>
/// <param name="y">Row of the corners above.</param>
/// <param name="x">Column of the left corners.</param>
/// <param name="down">How far below row y.</param>
/// <param name="right">How far right of column x.</param>
internal readonly struct BilinearPoint(int y, int x, double down, double right)
{
    /// <summary>Where a map sends pixel (i, j), in double precision. Places far outside are moved to where no corner lies inside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static BilinearPoint At(ReadOnlySpan<double> map, int i, int j, int height, int width)
    {
        double y = (map[0] * i) + (map[1] * j) + map[2];
        double x = (map[3] * i) + (map[4] * j) + map[5];
        double row = Math.Floor(Math.Clamp(y, -2, height));
        double column = Math.Floor(Math.Clamp(x, -2, width));
        return new BilinearPoint((int)row, (int)column, y - row, x - column);
    }

    public int Row(int corner) => y + (corner >> 1);

    public int Column(int corner) => x + (corner & 1);

    /// <summary>(1 - |dy|)(1 - |dx|), 0 outside the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Weight(int corner, int height, int width)
    {
        if ((uint)Row(corner) >= (uint)height || (uint)Column(corner) >= (uint)width)
        {
            return 0f;
        }

        return (float)((corner < 2 ? 1 - down : down) * ((corner & 1) == 0 ? 1 - right : right));
    }
}

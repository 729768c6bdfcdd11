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
        double row = y < -2 ? -2 : y > height ? height : Math.Floor(y);
        double column = x < -2 ? -2 : x > width ? width : Math.Floor(x);
        return new BilinearPoint((int)row, (int)column, y - row, x - column);
    }

    /// <summary>Whether all four corners lie in rows [first, end) and inside the image, and all have a weight.</summary>
    /// <param name="first">First row.</param>
    /// <param name="end">Row behind the last.</param>
    /// <param name="width">Columns of the image.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsWhole(int first, int end, int width) => y >= first && y < end - 1 && x >= 0 && x < width - 1 && down > 0 && right > 0;

    /// <summary>The four weights, where <see cref="IsWhole"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Weights(out float upperLeft, out float upperRight, out float lowerLeft, out float lowerRight)
    {
        upperLeft = (float)((1 - down) * (1 - right));
        upperRight = (float)((1 - down) * right);
        lowerLeft = (float)(down * (1 - right));
        lowerRight = (float)(down * right);
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

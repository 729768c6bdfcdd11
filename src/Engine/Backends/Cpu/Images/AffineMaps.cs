namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A step's affine maps, six numbers an image, read from a table and checked.</summary>
internal sealed unsafe class AffineMaps
{
    private double[] _numbers = [];

    /// <summary>Reads a row.</summary>
    /// <param name="table">(steps, images, 1, 6).</param>
    /// <param name="step">The row that counts; beyond the table the last one.</param>
    /// <exception cref="ArgumentException">A map is not finite or not invertible.</exception>
    public void Read(CpuTensor table, long step)
    {
        int images = table.Shape.H;
        if (_numbers.Length < images * 6)
        {
            _numbers = new double[images * 6];
        }

        float* row = table.Data + (Math.Clamp(step, 0, table.Shape.N - 1) * images * 6);
        for (int i = 0; i < images * 6; i++)
        {
            _numbers[i] = row[i];
        }

        for (int image = 0; image < images; image++)
        {
            OperationChecks.Map(Of(image));
        }
    }

    /// <summary>An image's map: y = m0 i + m1 j + m2, x = m3 i + m4 j + m5.</summary>
    public ReadOnlySpan<double> Of(int image) => _numbers.AsSpan(image * 6, 6);
}

namespace VggCuda.Imaging;

/// <summary>A letter as distances to its outline.</summary>
/// <param name="Advance">How far the pen goes on, in ems.</param>
/// <param name="Left">The field's left edge from the pen, in texels.</param>
/// <param name="Top">Its upper edge from the baseline, downwards.</param>
/// <param name="Columns">Texels across.</param>
/// <param name="Rows">Texels down.</param>
/// <param name="Field">A level for each texel's middle, row by row, negative inside the outline.</param>
internal sealed record Glyph(float Advance, int Left, int Top, int Columns, int Rows, ReadOnlyMemory<byte> Field);

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Winograd's minimal filtering F(4x4, 3x3) over the points 0, +-sqrt(1/2), +-sqrt(2) and infinity.</summary>
/// <remarks>
/// <para>Y = A^T [(G g G^T) . (B^T d B)] A (Lavin and Gray, arXiv 1509.09308, eq. 8): 36 multiplications give 16 outputs
/// that take 144 directly. Each element of the transformed domain is a matrix product over the channels.</para>
/// <para>With a = sqrt(1/2), b = sqrt(2), the Toom-Cook construction gives, one dimension at a time,</para>
/// <para>B^T = [1 0 -5/2 0 1 0; 0 -b -2 a 1 0; 0 b -2 -a 1 0; 0 -a -1/2 b 1 0; 0 a -1/2 -b 1 0; 0 1 0 -5/2 0 1],</para>
/// <para>G = [1 0 0; -2/3 -2a/3 -1/3; -2/3 2a/3 -1/3; 1/6 b/6 1/3; 1/6 -b/6 1/3; 0 0 1],</para>
/// <para>A^T = [1 1 1 1 1 0; 0 a -a b -b 0; 0 1/2 1/2 2 2 0; 0 a^3 -a^3 b^3 -b^3 1].</para>
/// <para>These points are symmetric under x -> -x and x -> 1/x; their rounding error is half that of 0, +-1, +-2.</para>
/// </remarks>
internal static class WinogradPoints
{
    public const float A = 0.70710678118654752f;
    public const float B = 1.41421356237309505f;
    public const float A3 = 0.35355339059327376f;
    public const float B3 = 2.82842712474619010f;
}

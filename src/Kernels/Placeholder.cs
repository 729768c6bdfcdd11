namespace VggCuda.Kernels;

internal static class Placeholder
{
}

namespace VggCuda.Imaging;

internal static class Placeholder
{
}

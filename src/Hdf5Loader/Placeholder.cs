namespace VggCuda.Hdf5Loader;

internal static class Placeholder
{
}

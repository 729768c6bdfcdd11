using VggCuda.Engine.Files;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Which weights a command works with.</summary>
/// <param name="Path">The file, or null for the bundled model.</param>
/// <param name="Published">The published file that it is taken for (by place and size; its checksum is not computed), or null.</param>
/// <param name="Explanation">One line for people where nobody chose: what was taken and how to get the other. Null where the user chose.</param>
public sealed record WeightsChoice(string? Path, PublishedWeights? Published, string? Explanation)
{
    /// <summary>Whether the bundled model was chosen.</summary>
    public bool IsBundled => Path is null;
}

/// <summary>Chooses the weights of a command. Never downloads.</summary>
public static class WeightsFiles
{
    /// <summary>The word for the bundled model.</summary>
    public const string Demo = "demo";

    /// <summary>Chooses.</summary>
    /// <param name="choice">
    /// <c>demo</c>: the bundled model. <c>imagenet</c> or <c>imagenet-notop</c>: the published file in Keras's cache, else in VggCuda's.
    /// Anything else: a path. Null: the published file with its top where a cache has it, else the bundled model.
    /// </param>
    /// <param name="folders">The caches; null for those of the environment.</param>
    /// <exception cref="WeightsException">The file asked for is not there; the message says where it was looked for, and how to get it.</exception>
    public static WeightsChoice Find(string? choice, WeightsFolders? folders = null)
    {
        folders ??= WeightsFolders.Find();
        if (string.Equals(choice, Demo, StringComparison.OrdinalIgnoreCase))
        {
            return new WeightsChoice(null, null, null);
        }

        if (choice is null)
        {
            string? found = Published(PublishedWeights.ImageNet, folders);
            return found is null
                ? new WeightsChoice(null, null, "Weights: the bundled model (32 drawn classes). For the published ImageNet model run 'vggcuda weights fetch', or give --weights FILE.")
                : new WeightsChoice(found, PublishedWeights.ImageNet, $"Weights: {found}. For the bundled model give --weights demo.");
        }

        if (PublishedWeights.Named(choice) is PublishedWeights published)
        {
            return Published(published, folders) is string path
                ? new WeightsChoice(path, published, null)
                : throw new WeightsException(
                    choice, null, $"{published.FileName} is neither in {folders.Keras} nor in {folders.Own}; 'vggcuda weights fetch {published.Name}' downloads its {DiskSpace.Bytes(published.Size)}.");
        }

        if (choice.Length > 0 && FilePaths.IsDevice(choice))
        {
            throw new WeightsException(choice, null, "is a pipe or a device; weights are read at any place of a file, so give a file.");
        }

        if (File.Exists(choice))
        {
            return new WeightsChoice(Path.GetFullPath(choice), PublishedWeights.All.FirstOrDefault(p => Is(choice, p)), null);
        }

        throw new WeightsException(choice, null, Directory.Exists(choice)
            ? "is a folder; give the weights file itself, 'demo' for the bundled model or 'imagenet' for the published file."
            : "there is no such file. Give the path of a Keras HDF5 file, 'demo' for the bundled model or 'imagenet' for the published file.");
    }

    /// <summary>The published file in Keras's cache, else in VggCuda's, else null. A file of another size is no published file: it is passed over.</summary>
    public static string? Published(PublishedWeights published, WeightsFolders folders)
    {
        ArgumentNullException.ThrowIfNull(published);
        ArgumentNullException.ThrowIfNull(folders);
        string[] places = [Path.Combine(folders.Keras, published.FileName), Path.Combine(folders.Own, published.FileName)];
        return places.FirstOrDefault(p => Is(p, published));
    }

    private static bool Is(string path, PublishedWeights published)
    {
        FileInfo info = new(path);
        return info.Exists && info.Length == published.Size;
    }
}

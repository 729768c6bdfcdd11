namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>A damaged file with a name.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Base">The fixture that it is made from.</param>
/// <param name="Change">What is done to it.</param>
/// <param name="Harmless">The damage touches nothing that is read: the weights must come out right.</param>
internal sealed record HostileFile(string Name, string Base, Action<Damage> Change, bool Harmless = false)
{
    public static IReadOnlyList<HostileFile> All { get; } =
    [
        .. OldStructures.Files, .. Attributes.Files, .. Datasets.Files, .. Chunks.Files, .. NewStructures.Files, .. Archives.Files, .. EveryStructure.Files,
    ];

    public byte[] Make()
    {
        Damage damage = new(Anatomy.Of(Base));
        Change(damage);
        return damage.Bytes;
    }
}

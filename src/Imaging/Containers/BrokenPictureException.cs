namespace VggCuda.Imaging.Containers;

/// <summary>What is wrong with a picture's bytes; whoever knows the file's name makes a <see cref="PictureException"/> of it.</summary>
internal sealed class BrokenPictureException(string cause) : Exception(cause)
{
    public static BrokenPictureException CutShort() => new("but the file is cut short; fetch or export it again.");

    public static BrokenPictureException Damaged() => new("but a damaged one; fetch or export it again.");
}

namespace VggCuda.Engine.Attribution;

/// <summary>Images to be sent through the network, numbered in the order in which they are filled and taken.</summary>
internal interface IPassWork
{
    /// <summary>Writes an image.</summary>
    /// <param name="item">Its number.</param>
    /// <param name="image">(H, W, 3), overwritten.</param>
    void Fill(int item, Span<double> image);

    /// <summary>The class whose logit is followed backwards, decided by the logits; null for none, of all images of the work alike.</summary>
    int? ClassOf(int item, ReadOnlySpan<double> logits);

    /// <summary>Takes what the network made of an image.</summary>
    /// <param name="item">Its number.</param>
    /// <param name="pass">The pass that it was in.</param>
    /// <param name="slot">Its place there.</param>
    void Take(int item, Pass pass, int slot);
}

namespace VggCuda.Imaging;

/// <summary>What all animations ask of their frames.</summary>
internal static class Animation
{
    public static void Check(IReadOnlyList<Picture> frames, TimeSpan delay, int maxSide)
    {
        ArgumentNullException.ThrowIfNull(frames);
        if (frames.Count == 0)
        {
            throw new ArgumentException("An animation needs at least one frame.", nameof(frames));
        }

        if (delay < TimeSpan.FromMilliseconds(1) || delay > TimeSpan.FromSeconds(60))
        {
            throw new ArgumentException($"A frame is shown for {delay.TotalMilliseconds} ms; expected 1 ms to 60 s.", nameof(delay));
        }

        int w = frames[0].Width;
        int h = frames[0].Height;
        if (w > maxSide || h > maxSide)
        {
            throw new ArgumentException($"The frames are {w} x {h}; this format holds at most {maxSide} on a side.", nameof(frames));
        }

        for (int i = 1; i < frames.Count; i++)
        {
            if (frames[i].Width != w || frames[i].Height != h)
            {
                throw new ArgumentException($"Frame {i} is {frames[i].Width} x {frames[i].Height}, the first {w} x {h}; all must have one size.", nameof(frames));
            }
        }
    }
}

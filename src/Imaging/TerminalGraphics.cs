namespace VggCuda.Imaging;

/// <summary>How a terminal can be shown a picture.</summary>
public enum TerminalGraphics
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Half blocks in 24-bit colours: two pixels a character.</summary>
    HalfBlocks,

    /// <summary>Sixels, of DEC's VT340.</summary>
    Sixel,

    /// <summary>iTerm2's inline files.</summary>
    ITerm,

    /// <summary>kitty's graphics protocol.</summary>
    Kitty,
}

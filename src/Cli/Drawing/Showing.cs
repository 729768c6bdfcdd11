using VggCuda.Cli.Hosting;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary><c>--show</c>: pictures in the terminal, where there is one that can show them.</summary>
internal static class Showing
{
    /// <summary>Shows a picture on stdout; nothing where stdout is no terminal.</summary>
    public static void Show(Invocation invocation, Picture picture)
    {
        Terminal terminal = invocation.Terminal;
        TerminalGraphics graphics = terminal.OutIsTerminal() ? TerminalPicture.Find(terminal.Variable) : TerminalGraphics.None;
        if (graphics != TerminalGraphics.None)
        {
            terminal.Out.Write(TerminalPicture.Encode(picture, graphics, terminal.Columns()));
            terminal.Out.Flush();
        }
    }
}

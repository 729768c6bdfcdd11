using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Imaging;

namespace VggCuda.Cli.Attribution;

/// <summary>Lays out pictures, maps over them, scales, and what the network says: a row for each picture and class, a column for each method.</summary>
internal sealed class AttributionSheet(ChosenNetwork chosen, PictureFrame frame, HeatStyle style, int size)
{
    private const int Margin = 14;
    private const int BarHeight = 10;
    private const int Gap = 4;
    private const int PanelWidth = 250;
    private const int PanelLines = 10;
    private const byte Ink = 70;
    private const byte Faint = 225;

    /// <summary>A picture at the size at which it is shown: its longer side as the sheet has it.</summary>
    public Picture Shown(Picture picture)
    {
        double scale = (double)size / Math.Max(picture.Width, picture.Height);
        return Resizing.Fit(picture, Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
    }

    /// <summary>Refuses early a sheet that would be too large.</summary>
    public void CheckSize(int rows, int methods)
    {
        long width = WidthOf(methods);
        long height = HeaderHeight + ((long)rows * RowHeight(size));
        if (width > Picture.MaxSide || height > Picture.MaxSide || width * height > Picture.MaxPixels)
        {
            throw CommandException.Usage($"{rows} rows of {methods + 1} pictures make a sheet of {width} x {height} pixels; at most {Picture.MaxSide} on a side and {Picture.MaxPixels >> 20} Mi pixels fit.\nTake a smaller --size, or --each DIR for a sheet of each picture.");
        }
    }

    /// <summary>Draws the sheet.</summary>
    /// <param name="rows">One or more.</param>
    /// <param name="pictureOf">The picture of the row of a number, as <see cref="Shown"/> makes it.</param>
    public Picture Draw(IReadOnlyList<ExplainedPicture> rows, Func<int, Picture> pictureOf)
    {
        Canvas canvas = new(WidthOf(rows[0].Answers.Length), HeaderHeight + Enumerable.Range(0, rows.Count).Sum(i => RowHeight(pictureOf(i).Height)));
        for (int i = 0; i < rows[0].Answers.Length; i++)
        {
            canvas.Text(rows[0].Answers[i].Method.Name, LeftOf(i + 1), Margin, size, 0.5);
        }

        int top = HeaderHeight;
        for (int number = 0; number < rows.Count; number++)
        {
            ExplainedPicture row = rows[number];
            Picture picture = pictureOf(number);
            int centred = (size - picture.Width) / 2;
            canvas.Paste(picture.Width, picture.Height, picture.Rgb, LeftOf(0) + centred, top);
            for (int i = 0; i < row.Answers.Length; i++)
            {
                HeatOverlay overlay = style.Of(row.Answers[i].Method, row.Answers[i].Map.Span);
                canvas.Paste(picture.Width, picture.Height, Over(picture, overlay, row.Answers[i].Map.Span), LeftOf(i + 1) + centred, top);
                Scale(canvas, overlay, LeftOf(i + 1), top + picture.Height + Gap);
            }

            Panel(canvas, row, LeftOf(row.Answers.Length + 1), top);
            top += RowHeight(picture.Height);
        }

        return canvas.Picture;
    }

    /// <summary>A map over a picture, in the picture's own pixels.</summary>
    public byte[] Over(Picture picture, HeatOverlay overlay, ReadOnlySpan<float> map) => overlay.Draw(
        picture.Rgb,
        picture.Width,
        picture.Height,
        frame.Seen(picture.Width, picture.Height),
        map,
        frame.Side,
        frame.Shown(picture.Width, picture.Height));

    private static int HeaderHeight => Margin + Canvas.LineHeight + Gap;

    private int WidthOf(int methods) => LeftOf(methods + 1) + PanelWidth + Margin;

    private int LeftOf(int column) => Margin + (column * (size + Margin));

    private static int RowHeight(int picture) => Math.Max(picture + Gap + BarHeight + Gap + Canvas.LineHeight, PanelLines * Canvas.LineHeight) + Margin;

    private void Scale(Canvas canvas, HeatOverlay overlay, int left, int top)
    {
        canvas.Fill(new Box(left, top, size, BarHeight), Ink);
        canvas.Bar(new Box(left + 1, top + 1, size - 2, BarHeight - 2), overlay.Colours);
        int below = top + BarHeight + Gap;
        canvas.Text(Number(overlay.Scale.Low), left, below, size / 3);
        canvas.Text(Number(overlay.Scale.High), left + size - (size / 3), below, size / 3, 1);
        if (overlay.Scale.IsSymmetric)
        {
            canvas.Text("0", left + (size / 3), below, size / 3, 0.5);
        }
    }

    private void Panel(Canvas canvas, ExplainedPicture row, int left, int top)
    {
        const int barLeft = 150;
        const int barWidth = 40;
        int line = 0;
        canvas.Text(Path.GetFileName(row.File), left, Next(), PanelWidth);
        canvas.Text($"Why {chosen.Describe(row.Facts.Class)}?", left, Next(), PanelWidth);
        canvas.Text($"logit {Number(row.Facts.Logit)}, probability {Percent(row.Facts.Probability)}", left, Next(), PanelWidth);
        line++;
        foreach (Prediction each in row.Facts.Top)
        {
            int at = Next();
            canvas.Text(chosen.NameOf(each.Class) ?? $"class {each.Class}", left, at, barLeft - 6);
            canvas.Fill(new Box(left + barLeft, at + 4, barWidth, BarHeight), Faint);
            canvas.Fill(new Box(left + barLeft, at + 4, (int)Math.Round(barWidth * each.Probability), BarHeight), Ink);
            canvas.Text(Percent(each.Probability), left + barLeft + barWidth, at, PanelWidth - barLeft - barWidth, 1);
        }

        if (row.Answers.FirstOrDefault(a => a.Facts.Integration is not null)?.Facts.Integration is { } found)
        {
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"path of {found.Steps} steps, gap {Percent(found.RelativeGap)}"), left, Next(), PanelWidth);
        }

        int Next() => top + (line++ * Canvas.LineHeight);
    }

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");
}

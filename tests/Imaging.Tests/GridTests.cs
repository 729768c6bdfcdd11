namespace VggCuda.Imaging.Tests;

public class GridTests
{
    [Fact]
    public void Three_of_224_are_682_wide()
    {
        Picture[] pictures = [Sample.Noise(224, 224, 1), Sample.Noise(224, 224, 2), Sample.Noise(224, 224, 3)];
        Picture grid = Grid.Stitch(pictures);
        Assert.Equal((682, 224), (grid.Width, grid.Height));
        Assert.Equal(pictures[0].At(0, 0), grid.At(0, 0));
        Assert.Equal(pictures[2].At(223, 223), grid.At(681, 223));
    }

    [Fact]
    public void Rows_are_filled_in_order_and_all_else_is_black()
    {
        Picture[] pictures = [.. Enumerable.Range(1, 7).Select(i => Sample.Plain(4, 3, (byte)i, (byte)(10 * i), 255))];
        Picture grid = Grid.Stitch(pictures, margin: 2, columns: 3);
        Assert.Equal(((3 * 4) + (2 * 2), (3 * 3) + (2 * 2)), (grid.Width, grid.Height));
        for (int y = 0; y < grid.Height; y++)
        {
            for (int x = 0; x < grid.Width; x++)
            {
                int column = x / 6, row = y / 5, i = (row * 3) + column;
                bool inside = x % 6 < 4 && y % 5 < 3 && i < 7;
                Assert.Equal(inside ? ((byte)(i + 1), (byte)(10 * (i + 1)), (byte)255) : ((byte)0, (byte)0, (byte)0), grid.At(x, y));
            }
        }
    }

    [Fact]
    public void One_picture_is_its_own_grid() => Assert.Equal(Sample.Noise(9, 7, 5).Rgb, Grid.Stitch([Sample.Noise(9, 7, 5)]).Rgb);

    [Fact]
    public void Wrong_grids_are_refused()
    {
        Assert.Contains("no picture", Assert.Throws<ArgumentException>(() => Grid.Stitch([])).Message, StringComparison.Ordinal);
        Assert.Contains("Picture 1 of the grid is 2 x 3", Assert.Throws<ArgumentException>(() => Grid.Stitch([Picture.Black(2, 2), Picture.Black(2, 3)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Grid.Stitch([Picture.Black(2, 2)], columns: 0));
        Assert.Throws<ArgumentException>(() => Grid.Stitch([Picture.Black(2, 2)], margin: -1));
        Assert.Contains("too large", Assert.Throws<ArgumentException>(() => Grid.Stitch([Picture.Black(2, 2), Picture.Black(2, 2)], margin: int.MaxValue)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    [InlineData(16385, 1)]
    [InlineData(16384, 16384)]
    public void Pictures_of_impossible_sizes_are_refused(int width, int height)
    {
        Assert.Throws<ArgumentException>(() => new Picture(width, height, []));
        Assert.Throws<ArgumentException>(() => Picture.Black(width, height));
    }

    [Fact]
    public void A_picture_has_three_values_a_pixel() =>
        Assert.Contains("needs 12 values", Assert.Throws<ArgumentException>(() => new Picture(2, 2, new byte[16])).Message, StringComparison.Ordinal);
}

namespace VggCuda.Imaging.Tests;

/// <summary>PNG with transparency.</summary>
public sealed class TransparentPngTests
{
    [Fact]
    public void What_is_opaque_keeps_its_colour_and_what_is_not_shows_the_ground()
    {
        Picture picture = new(3, 1, [10, 20, 30, 40, 50, 60, 70, 80, 90]);
        byte[] png = PictureFile.EncodePng(picture, [255, 0, 128], new Dictionary<string, string> { ["key"] = "value" });

        // The header's colour type: RGB with alpha.
        Assert.Equal(6, png[25]);
        byte[] rgb = PictureFile.Decode(png, "png").Rgb;
        Assert.Equal([10, 20, 30, 255, 255, 255], rgb[..6]);
        Assert.Equal(255 - ((255 - 70) * 128 / 255.0), rgb[6], 1.0);
        Assert.Equal(png, PictureFile.EncodePng(picture, [255, 0, 128], new Dictionary<string, string> { ["key"] = "value" }));
    }

    [Fact]
    public void A_value_for_each_pixel_is_wanted() => Assert.Throws<ArgumentException>(() => PictureFile.EncodePng(Picture.Black(2, 2), new byte[3]));
}

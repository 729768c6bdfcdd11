using System.Security.Cryptography;
using VggCuda.Imaging;

// What becomes of each picture file given, and of a picture in each format that is written: a line each, the same however this was compiled.
foreach (string path in args.Order(StringComparer.Ordinal))
{
    string name = Path.GetFileName(path);
    try
    {
        Console.WriteLine($"{name}: {Shown(PictureFile.Read(path))}");
    }
    catch (PictureException e)
    {
        Console.WriteLine($"{name}: {e.Cause}");
    }
}

Picture picture = Picture.Black(120, 70);
new Random(1).NextBytes(picture.Rgb);
picture = Label.Draw(Resizing.Fit(picture, 240, 240), "Möwe, 20 g");
byte[] png = PictureFile.EncodePng(picture, new Dictionary<string, string> { ["key"] = "ü" });
Console.WriteLine($"png: {png.Length} {Shown(PictureFile.Decode(png, "png"))} {PngText.Decode(png, "png")["key"]}");
byte[] gif = AnimatedGif.Encode([picture, picture], TimeSpan.FromSeconds(1));
Console.WriteLine($"gif: {gif.Length} {Shown(PictureFile.Decode(gif, "gif"))}");
byte[] webp = AnimatedWebP.Encode([picture, picture], TimeSpan.FromSeconds(1), quality: null);
Console.WriteLine($"webp: {webp.Length} {Shown(PictureFile.Decode(webp, "webp"))}");

// Its bytes depend on the vectors that the encoder may use.
Picture lossy = PictureFile.Decode(AnimatedWebP.Encode([picture, picture], TimeSpan.FromSeconds(1)), "lossy");
Console.WriteLine($"lossy webp: {lossy.Width} x {lossy.Height}, near: {lossy.Rgb.Zip(picture.Rgb, (a, b) => (double)Math.Abs(a - b)).Average() < 12}");

static string Shown(Picture picture) => $"{picture.Width} x {picture.Height} {Convert.ToHexString(SHA256.HashData(picture.Rgb))[..16]}";

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Hdf5Loader.Tests.Files;

public class ClassNamesTests
{
    [Fact]
    public void The_embedded_index_is_the_published_one()
    {
        byte[] bytes = ImageNetClasses.Bytes();
        Assert.Equal("7718286753c998ae40f801c5a3326c424f01e5ea2201ae2574ca9dbbc70d9ccc", Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(ImageNetClasses.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        ClassNames names = ImageNetClasses.Names;
        Assert.Equal(ImageNetClasses.Count, names.Count);
        Assert.Equal(bytes, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\t{names.WordNetId(i)}\t{names[i]}\n"))));
    }

    [Theory]
    [InlineData(0, "n01440764", "tench")]
    [InlineData(20, "n01601694", "water_ouzel")]
    [InlineData(999, "n15075141", "toilet_tissue")]
    public void Some_classes_by_index(int index, string id, string name)
    {
        Assert.Equal(name, ImageNetClasses.Names[index]);
        Assert.Equal(id, ImageNetClasses.Names.WordNetId(index));
        Assert.Equal(index, ImageNetClasses.Names.Find(id));
        Assert.Equal(index, ImageNetClasses.Names.Find(index.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("water_ouzel", 20)]
    [InlineData("Water Ouzel", 20)]
    [InlineData(" water-ouzel ", 20)]
    [InlineData("water  ouzel", 20)]
    [InlineData("shih tzu", 155)]
    [InlineData("black_and_tan coonhound", 165)]
    [InlineData("GREAT WHITE SHARK", 2)]
    public void Names_ignore_case_and_kinds_of_separators(string name, int index) => Assert.Equal(index, ImageNetClasses.Names.Find(name));

    [Fact]
    public void Every_name_finds_its_class_or_is_one_of_the_three_ambiguous_ones()
    {
        ClassNames names = ImageNetClasses.Names;
        for (int i = 0; i < names.Count; i++)
        {
            IReadOnlyList<int> found = names.Matches(names[i]);
            Assert.Contains(i, found);
            Assert.True(found.Count == 1 || names[i] is "crane" or "maillot" or "cardigan" or "Cardigan", names[i]);
        }
    }

    [Fact]
    public void An_ambiguous_name_is_reported_with_its_indices()
    {
        ClassNameException e = Assert.Throws<ClassNameException>(() => ImageNetClasses.Names.Find("Crane"));
        Assert.Equal("'Crane' names 2 classes: 134 (crane, n02012849) and 517 (crane, n03126707). Give the index.", e.Message);
        Assert.Equal([134, 517], e.Candidates);
        Assert.Equal([638, 639], Assert.Throws<ClassNameException>(() => ImageNetClasses.Names.Find("maillot")).Candidates);
    }

    [Theory]
    [InlineData("water_ousel", "water_ouzel")]
    [InlineData("goldfsh", "goldfish")]
    [InlineData("shark", "great_white_shark")]
    [InlineData("penguin", "king_penguin")]
    [InlineData("chihuaha", "Chihuahua")]
    public void The_nearest_names_are_suggested(string asked, string expected)
    {
        ClassNameException e = Assert.Throws<ClassNameException>(() => ImageNetClasses.Names.Find(asked));
        Assert.Equal(expected, ImageNetClasses.Names[e.Candidates[0]]);
        Assert.Contains($"{expected} ({e.Candidates[0]})", e.Message, StringComparison.Ordinal);
        Assert.InRange(e.Candidates.Length, 1, 5);
    }

    [Fact]
    public void Nothing_is_suggested_for_what_resembles_nothing()
    {
        ClassNameException e = Assert.Throws<ClassNameException>(() => ImageNetClasses.Names.Find("qqqqxxzzqqww"));
        Assert.Empty(e.Candidates);
        Assert.Contains("index from 0 to 999", e.Message, StringComparison.Ordinal);
        Assert.Empty(ImageNetClasses.Names.Matches(""));
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("-1")]
    public void An_index_out_of_range_says_the_range(string index) =>
        Assert.Contains("0 to 999", Assert.Throws<ClassNameException>(() => ImageNetClasses.Names.Find(index)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0\tapple\n1\tbanana\n")]
    [InlineData("0\tapple\r\n1\tbanana")]
    [InlineData("\uFEFF0\tapple\n1\tbanana\n\n\n")]
    public void Two_columns_and_either_line_end_are_read(string text)
    {
        ClassNames names = ClassNames.Parse(Encoding.UTF8.GetBytes(text), "x");
        Assert.Equal(2, names.Count);
        Assert.Equal("banana", names[1]);
        Assert.Null(names.WordNetId(1));
    }

    [Theory]
    [InlineData("", "holds no class names")]
    [InlineData("apple\n", "line 1 has 1 fields")]
    [InlineData("0\tapple\n2\tbanana\n", "line 2 has the index '2' where 1 comes next")]
    [InlineData("0\tapple\n0\tbanana\n", "line 2 has the index '0' where 1 comes next")]
    [InlineData("+0\tapple\n", "line 1 has the index '+0'")]
    [InlineData("0\t\n", "line 1 has no usable name")]
    [InlineData("0\t apple\n", "line 1 has no usable name")]
    [InlineData("0\tapple\n\n1\tbanana\n", "line 2 is blank")]
    [InlineData("0\tn0144076\ttench\n", "line 1 has 'n0144076' for a WordNet id")]
    [InlineData("0\tn01440764\ttench\n1\tgoldfish\n", "line 2 has another number of fields")]
    [InlineData("0\ta\tb\tc\n", "line 1 has 4 fields")]
    public void What_is_wrong_with_a_names_file_is_told_by_line(string text, string expected)
    {
        WeightsException e = Assert.Throws<WeightsException>(() => ClassNames.Parse(Encoding.UTF8.GetBytes(text), "names.txt"));
        Assert.StartsWith("names.txt: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused() =>
        Assert.Contains("not UTF-8", Assert.Throws<WeightsException>(() => ClassNames.Parse([0x30, 9, 0xFF, 0xFE], "x")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("m.h5", "m.classes.txt")]
    [InlineData("m.weights.h5", "m.classes.txt")]
    [InlineData("M.KERAS", "M.classes.txt")]
    [InlineData("m.bin", "m.bin.classes.txt")]
    [InlineData(".h5", ".h5.classes.txt")]
    public void The_names_file_lies_beside_the_weights(string weights, string names) =>
        Assert.Equal(Path.Combine("folder", names), ClassNames.PathBeside(Path.Combine("folder", weights)));

    [Fact]
    public void A_models_names_come_from_beside_it_else_from_ImageNet_for_a_thousand_classes()
    {
        using TemporaryFolder folder = new();
        Assert.Same(ImageNetClasses.Names, ClassNames.For(folder["m.h5"], 1000));
        Assert.Null(ClassNames.For(folder["m.h5"], 2));
        File.WriteAllText(folder["m.classes.txt"], "0\tapple\n1\tbanana\n");
        Assert.Equal("banana", ClassNames.For(folder["m.h5"], 2)![1]);
        Assert.Contains("has 2 class names, but the model", Assert.Throws<WeightsException>(() => ClassNames.For(folder["m.h5"], 1000)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<WeightsException>(() => ClassNames.Load(folder["none.txt"])).Message, StringComparison.Ordinal);
    }
}

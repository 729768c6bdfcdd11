#!/usr/bin/env dotnet
#:property PublishAot=false
// What of others is in what we ship (eng/pack calls this):
//   list ASSETS VERSION FOLDER    writes FOLDER/THIRD-PARTY-NOTICES.txt and FOLDER/vggcuda-VERSION.cdx.json (CycloneDX 1.6) from a restored project.assets.json
//   settle FOLDER EPOCH           rewrites the packages in FOLDER, so that they hold no time and no random names
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

switch (args)
{
    case ["list", string assets, string version, string folder]:
        Part[] parts = [.. Parts(assets)];
        File.WriteAllText(Path.Combine(folder, "THIRD-PARTY-NOTICES.txt"), Notices(parts));
        File.WriteAllBytes(Path.Combine(folder, $"vggcuda-{version}.cdx.json"), Bill(parts, version));
        return 0;
    case ["settle", string folder, string epoch]:
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(long.Parse(epoch, CultureInfo.InvariantCulture));
        foreach (string package in Directory.EnumerateFiles(folder, "*.*nupkg"))
        {
            Settle(package, time);
        }

        return 0;
    default:
        Console.Error.WriteLine("bill-of-materials: list ASSETS VERSION FOLDER, or settle FOLDER EPOCH");
        return 2;
}

static IEnumerable<Part> Parts(string assets)
{
    using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(assets));
    JsonElement root = document.RootElement;
    string[] folders = [.. root.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name)];
    JsonElement target = root.GetProperty("targets").EnumerateObject().Single(t => t.Name.EndsWith("/linux-x64", StringComparison.Ordinal)).Value;
    List<Part> found = [];
    foreach (JsonProperty library in target.EnumerateObject().Where(l => l.Value.GetProperty("type").GetString() == "package"))
    {
        // Only what is in the program: analysers and the compiler have no files of their own there.
        if (library.Value.TryGetProperty("runtime", out JsonElement runtime) && runtime.EnumerateObject().Any(f => !f.Name.EndsWith("_._", StringComparison.Ordinal)))
        {
            string[] name = library.Name.Split('/');
            string[] needs = library.Value.TryGetProperty("dependencies", out JsonElement list) ? [.. list.EnumerateObject().Select(d => d.Name)] : [];
            found.Add(Package(folders, name[0], name[1], needs));
        }
    }

    foreach (JsonElement download in root.GetProperty("project").GetProperty("frameworks").EnumerateObject().Single().Value.GetProperty("downloadDependencies").EnumerateArray())
    {
        string name = download.GetProperty("name").GetString()!;
        if (name.StartsWith("Microsoft.NETCore.App.Runtime.NativeAOT.", StringComparison.Ordinal))
        {
            found.Add(Package(folders, name, download.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0], []));
        }
    }

    found.Add(Lz4());
    found.Add(new Part("Inter Regular", "5.3.0", "OFL-1.1", "pkg:npm/%40fontsource/inter@5.3.0", null, [Text("src/Imaging/Fonts/Inter-LICENSE.txt")], []));
    found.Add(new Part("Noto Color Emoji (the bundled model was trained on its drawings)", "2.042", "OFL-1.1", null, null, [Text("models/LICENSE")], []));
    return found.OrderBy(p => p.Name, StringComparer.Ordinal);
}

static Part Package(string[] folders, string name, string version, string[] needs)
{
    string folder = folders.Select(f => Path.Combine(f, name.ToLowerInvariant(), version)).First(Directory.Exists);
    XElement metadata = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single()).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    string? Of(string element) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == element)?.Value;
    string license = Of("license") ?? throw new InvalidDataException($"{name} {version} names no licence.");
    string copyright = Of("copyright") is { Length: > 0 } own ? own : $"Copyright (c) {Of("authors")}";
    string[] files = [.. Directory.EnumerateFiles(folder).Where(f => Regex.IsMatch(Path.GetFileName(f), "^(LICENSE|THIRD-PARTY-NOTICES)", RegexOptions.IgnoreCase)).Order(StringComparer.Ordinal)];
    List<string> texts = [.. files.Select(f => File.ReadAllText(f).ReplaceLineEndings("\n"))];
    if (!files.Any(f => Path.GetFileName(f).StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase)))
    {
        texts.Insert(0, license switch
        {
            "MIT" => $"{copyright}\n\n{Text("eng/licenses/MIT.txt")}",
            "Apache-2.0" => $"{copyright}\n\n{Text("src/Imaging/ImageSharp-LICENSE.txt")}",
            _ => throw new InvalidDataException($"{name} {version} is under {license}, whose text is not in eng/licenses."),
        });
    }

    string hash = Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(Directory.EnumerateFiles(folder, "*.nupkg.sha512").Single())));
    return new Part(name, version, license, $"pkg:nuget/{name}@{version}", hash, texts, needs);
}

// Linked into the start of the one file.
static Part Lz4()
{
    string header = File.ReadAllText("/usr/include/lz4.h");
    string Number(string name) => Regex.Match(header, $@"#define LZ4_VERSION_{name} +(\d+)").Groups[1].Value;
    string version = $"{Number("MAJOR")}.{Number("MINOR")}.{Number("RELEASE")}";
    return new Part("lz4", version, "BSD-2-Clause", $"pkg:generic/lz4@{version}", null, [$"LZ4 Library\nCopyright (c) 2011-2020, Yann Collet\n\n{Text("eng/licenses/BSD-2-Clause.txt")}"], []);
}

static string Text(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

static string Notices(Part[] parts)
{
    StringBuilder text = new("VggCuda is under the MIT licence (LICENSE). In it are these works of others, each under its own licence.\n\n");
    foreach (Part part in parts)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {part.Name} {part.Version}: {part.License}\n");
    }

    foreach (Part part in parts)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{new string('=', 100)}\n{part.Name} {part.Version}\n{new string('=', 100)}\n\n");
        text.AppendJoin($"\n{new string('-', 100)}\n\n", part.Texts.Select(t => t.Trim('\n', '\uFEFF') + "\n"));
    }

    return text.ToString();
}

static byte[] Bill(Part[] parts, string version)
{
    using MemoryStream stream = new();
    using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
    {
        string own = $"pkg:generic/vggcuda@{version}";
        json.WriteStartObject();
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", "1.6");
        json.WriteNumber("version", 1);
        json.WriteStartObject("metadata");
        long epoch = long.Parse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH") ?? "0", CultureInfo.InvariantCulture);
        json.WriteString("timestamp", DateTimeOffset.FromUnixTimeSeconds(epoch).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartObject("component");
        Component(json, "application", "vggcuda", version, "MIT", own, null);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("components");
        foreach (Part part in parts)
        {
            json.WriteStartObject();
            Component(json, part.Purl is null ? "data" : "library", part.Name, part.Version, part.License, part.Purl, part.Hash);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("dependencies");
        Dependency(json, own, parts.Select(Reference));
        foreach (Part part in parts.Where(p => p.Needs.Count > 0))
        {
            Dependency(json, Reference(part), parts.Where(p => part.Needs.Contains(p.Name)).Select(Reference));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    stream.WriteByte((byte)'\n');
    return stream.ToArray();
}

static string Reference(Part part) => part.Purl ?? part.Name;

static void Component(Utf8JsonWriter json, string type, string name, string version, string license, string? purl, string? hash)
{
    json.WriteString("type", type);
    json.WriteString("bom-ref", purl ?? name);
    json.WriteString("name", name);
    json.WriteString("version", version);
    if (hash is not null)
    {
        json.WriteStartArray("hashes");
        json.WriteStartObject();
        json.WriteString("alg", "SHA-512");
        json.WriteString("content", hash);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    json.WriteStartArray("licenses");
    json.WriteStartObject();
    json.WriteStartObject("license");
    json.WriteString("id", license);
    json.WriteEndObject();
    json.WriteEndObject();
    json.WriteEndArray();
    if (purl is not null)
    {
        json.WriteString("purl", purl);
    }
}

static void Dependency(Utf8JsonWriter json, string of, IEnumerable<string> on)
{
    json.WriteStartObject();
    json.WriteString("ref", of);
    json.WriteStartArray("dependsOn");
    foreach (string one in on.Order(StringComparer.Ordinal))
    {
        json.WriteStringValue(one);
    }

    json.WriteEndArray();
    json.WriteEndObject();
}

// NuGet gives the file of core properties a random name, and every entry the time.
static void Settle(string path, DateTimeOffset time)
{
    const string properties = "package/services/metadata/core-properties/";
    List<(string Name, byte[] Content)> entries = [];
    using (ZipArchive archive = ZipFile.OpenRead(path))
    {
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using MemoryStream content = new();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            entries.Add((entry.FullName, content.ToArray()));
        }
    }

    string random = entries.Single(e => e.Name.StartsWith(properties, StringComparison.Ordinal)).Name;
    string settled = properties + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(path))))[..32] + ".psmdcp";
    string part = path + ".part";
    using (ZipArchive archive = new(File.Create(part), ZipArchiveMode.Create))
    {
        foreach ((string name, byte[] content) in entries)
        {
            ZipArchiveEntry entry = archive.CreateEntry(name == random ? settled : name, CompressionLevel.SmallestSize);
            entry.LastWriteTime = time.UtcDateTime < new DateTime(1980, 1, 2) ? new DateTimeOffset(1980, 1, 2, 0, 0, 0, TimeSpan.Zero) : time;
            entry.ExternalAttributes = 0;
            byte[] written = name == "_rels/.rels" ? Encoding.UTF8.GetBytes(Relations(Encoding.UTF8.GetString(content), random, settled)) : content;
            using Stream stream = entry.Open();
            stream.Write(written);
        }
    }

    File.Move(part, path, overwrite: true);
}

static string Relations(string text, string random, string settled)
{
    int number = 0;
    return Regex.Replace(text.Replace(random, settled, StringComparison.Ordinal), " Id=\"[^\"]*\"", _ => string.Create(CultureInfo.InvariantCulture, $" Id=\"R{++number}\""));
}

/// <summary>A work of others.</summary>
internal sealed record Part(string Name, string Version, string License, string? Purl, string? Hash, IReadOnlyList<string> Texts, IReadOnlyList<string> Needs);

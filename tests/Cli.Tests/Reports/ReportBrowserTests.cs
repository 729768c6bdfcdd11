using System.Text.Json.Nodes;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Reports;

/// <summary>Reports in a browser: Debian's chromium, where it is on the PATH.</summary>
/// <remarks>AXE names axe-core's axe.min.js for the test of accessibility; SHOTS a folder that pictures of the pages go to. eng/report-check sets both.</remarks>
public sealed class ReportBrowserTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Search_sorting_and_keys_do_what_the_page_says()
    {
        string index = MakeReport([("block4_conv1", 40), ("predictions", 70)]);
        await using Browser browser = await Start();
        await browser.Open(index);
        Assert.Equal("110 pictures", await Text(browser, "document.getElementById('count').textContent"));

        // A number is meant as a whole, words by their beginning, all of them.
        await browser.Press("/");
        Assert.Equal("q", await Text(browser, "document.activeElement.id"));
        await browser.Type("pred 7");
        Assert.Equal("1 of 110 pictures", await Text(browser, "document.getElementById('count').textContent"));
        Assert.Equal("unit.part-1.0007", await Text(browser, Shown));
        Assert.Equal(1, (int)(await browser.Evaluate("[...document.querySelectorAll('main > section')].filter(s => !s.hidden).length"))!);
        await browser.Press("Escape");
        await browser.Type("odd");
        Assert.Equal("35 of 110 pictures", await Text(browser, "document.getElementById('count').textContent"));
        await browser.Press("Enter");
        Assert.Equal("unit.part-1.0001", await Text(browser, Focused));
        await browser.Press("ArrowRight");
        Assert.Equal("unit.part-1.0003", await Text(browser, Focused));
        await browser.Press("Escape");
        Assert.Equal("110 pictures", await Text(browser, "document.getElementById('count').textContent"));

        // Down goes a row on, and over the end of a layer; left and right one picture.
        await browser.Press("Home");
        Assert.Equal("unit.part-0.0000", await Text(browser, Focused));
        int columns = (int)(await browser.Evaluate("[...document.querySelectorAll('#layer\\\\.part-0 li')].filter((li, i, all) => li.offsetTop === all[0].offsetTop).length"))!;
        Assert.InRange(columns, 2, 39);
        await browser.Press("ArrowDown");
        Assert.Equal($"unit.part-0.{columns:D4}", await Text(browser, Focused));
        await browser.Press("ArrowUp");
        await browser.Press("End");
        Assert.Equal("unit.part-1.0069", await Text(browser, Focused));
        await browser.Evaluate("document.querySelector('#layer\\\\.part-0 li:last-child a').focus()");
        await browser.Press("ArrowRight");
        Assert.Equal("unit.part-1.0000", await Text(browser, Focused));
        await browser.Press("ArrowLeft");
        Assert.Equal("unit.part-0.0039", await Text(browser, Focused));

        // One stop of the tab key in a layer.
        Assert.Equal(2, (int)(await browser.Evaluate("document.querySelectorAll('.tiles a[tabindex=\"0\"]').length"))!);

        // By activation, the largest first; by probability, which only classes have; and back.
        await browser.Press("s");
        int[] sorted = [.. Enumerable.Range(0, 40).OrderByDescending(i => i * 7919 % 1000)];
        Assert.Equal(sorted.Select(i => $"unit.part-0.{i:D4}"), (await browser.Evaluate("[...document.querySelectorAll('#layer\\\\.part-0 li')].map(li => li.id)"))!.AsArray().Select(n => n!.ToString()));
        await browser.Press("s");
        Assert.True((bool)(await browser.Evaluate("[...document.querySelectorAll('#layer\\\\.part-1 li')].map(li => +li.dataset.p).every((p, i, all) => i === 0 || p <= all[i - 1])"))!);
        Assert.Equal("unit.part-0.0000", await Text(browser, "document.querySelector('#layer\\\\.part-0 li').id"));
        await browser.Press("s");
        Assert.True((bool)(await browser.Evaluate("[...document.querySelectorAll('#layer\\\\.part-1 li')].map(li => +li.dataset.l).every((l, i, all) => i === 0 || l >= all[i - 1])"))!);

        // A link says what to look for.
        await browser.Open($"file://{index}?q=even&sort=p");
        Assert.Equal("35 of 110 pictures", await Text(browser, "document.getElementById('count').textContent"));

        // From picture to picture by keys, with the picture loaded.
        await browser.Open(index);
        await browser.Evaluate("document.querySelector('#unit\\\\.part-1\\\\.0003 a').focus()");
        await browser.Press("Enter");
        await Unit(browser, "part-1/0003");
        Assert.True((bool)(await browser.Evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)"))!);
        await browser.Press("ArrowRight");
        await Unit(browser, "part-1/0004");
        await browser.Press("ArrowLeft");
        await Unit(browser, "part-1/0003");
        await browser.Press("u");
        await browser.Until("location.pathname.endsWith('/index.html') && document.readyState === 'complete'");
        Assert.Equal("#unit.part-1.0003", await Text(browser, "location.hash"));
        Assert.Equal("unit.part-1.0003", await Text(browser, "document.querySelector('li:target').id"));
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Pages_show_their_pictures_in_light_and_dark_and_on_paper_without_an_error()
    {
        string index = MakeReport([("block4_conv1", 40), ("predictions", 70)]);
        string unit = Path.Combine(Path.GetDirectoryName(index)!, "units/part-1/0003.html");
        await using Browser browser = await Start();
        foreach ((string scheme, string media) in ((string, string)[])[("light", "screen"), ("dark", "screen"), ("dark", "print")])
        {
            await browser.Media(scheme, media);
            foreach (string page in (string[])[index, unit])
            {
                await browser.Open(page);
                byte[] shot = await browser.Screenshot();
                if (Environment.GetEnvironmentVariable("SHOTS") is { Length: > 0 } folder)
                {
                    await File.WriteAllBytesAsync(Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(page)}-{scheme}-{media}.png"), shot);
                }

                Picture picture = PictureFile.Decode(shot, "screenshot");
                int ground = picture.Rgb[0] + picture.Rgb[1] + picture.Rgb[2];
                Assert.True(scheme == "dark" && media == "screen" ? ground < 150 : ground > 600, $"{page}, {scheme}, {media}: the ground is {ground}");

                // Thumbnails and pictures of noise: many colours.
                Assert.InRange(Enumerable.Range(0, picture.Rgb.Length / 3).Select(i => (picture.Rgb[i * 3] << 16) | (picture.Rgb[(i * 3) + 1] << 8) | picture.Rgb[(i * 3) + 2]).Distinct().Count(), 500, int.MaxValue);
            }
        }

        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Without_scripts_an_index_is_whole_and_a_script_in_a_name_never_runs()
    {
        const string name = "</b><script>document.title='hurt'</script><img src=x onerror=\"document.title='hurt'\">";
        string index = MakeReport([(name, 3), ("predictions", 3)], _ => name);
        await using Browser browser = await Start();
        foreach (string page in (string[])[index, Path.Combine(Path.GetDirectoryName(index)!, "units/part-1/0001.html")])
        {
            await browser.Open(page);
            Assert.NotEqual("hurt", await Text(browser, "document.title"));
            Assert.Contains(name, await Text(browser, "document.body.textContent"), StringComparison.Ordinal);
        }

        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Pages_break_no_rule_of_accessibility_that_can_be_checked()
    {
        string? axe = Environment.GetEnvironmentVariable("AXE");
        Assert.SkipWhen(string.IsNullOrEmpty(axe), "AXE does not name axe.min.js of axe-core; eng/report-check fetches it.");
        string script = await File.ReadAllTextAsync(axe!);
        string index = MakeReport([("block4_conv1", 40), ("predictions", 70)]);
        await using Browser browser = await Start();
        foreach (string scheme in (string[])["light", "dark"])
        {
            await browser.Media(scheme);
            foreach (string page in (string[])[index, Path.Combine(Path.GetDirectoryName(index)!, "units/part-1/0003.html")])
            {
                await browser.Open(page);
                await browser.Evaluate(script + ";true");
                JsonNode found = (await browser.Evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary)))"))!;
                Assert.Empty(found.AsArray().Select(n => n!.ToString()));
            }
        }
    }

    [Fact]
    public async Task Five_thousand_units_are_searched_and_sorted_at_once()
    {
        string index = MakeReport([("block4_conv1", 2000), ("block5_conv3", 2000), ("predictions", 1000)]);
        await using Browser browser = await Start();
        await browser.Open(index);
        string paint = await Text(browser, "new Promise(done => new PerformanceObserver(list => done(`first paint after ${Math.round(list.getEntries()[0].startTime)} ms`)).observe({ type: 'paint', buffered: true }))");
        await browser.Press("/");
        await browser.Type("77");
        Assert.Equal("3 of 5000 pictures", await Text(browser, "document.getElementById('count').textContent"));
        await browser.Press("Escape");
        string sorting = await Text(browser, "(() => { const start = performance.now(); const order = document.getElementById('sort'); order.value = 'a'; order.dispatchEvent(new Event('change')); document.body.offsetHeight; return `sorted in ${Math.round(performance.now() - start)} ms`; })()");

        // Times from frame to frame: while the page goes from its beginning to its end by leaps, and while it is scrolled as by hand.
        string jumping = await Text(browser, "new Promise(done => { let last = performance.now(), worst = 0, count = 0; const height = document.documentElement.scrollHeight; const step = now => { worst = Math.max(worst, now - last); last = now; scrollTo(0, height * ++count / 120); count < 120 ? requestAnimationFrame(step) : done(`120 leaps from its beginning to its end, the longest frame ${Math.round(worst)} ms`); }; requestAnimationFrame(step); })");
        await browser.Open(index);
        await browser.Evaluate("(() => { globalThis.gaps = []; let last = null; const step = now => { if (last !== null) { gaps.push(now - last); } last = now; requestAnimationFrame(step); }; requestAnimationFrame(step); })()");
        await browser.Scroll(15_000, 3000);
        string scrolling = await Text(browser, "(() => { const sorted = gaps.toSorted((a, b) => a - b); const at = part => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] * 10) / 10; return `scrolled at 3000 pixels a second: ${sorted.length} frames, median ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms, 99 within ${at(0.99)} ms, the longest ${at(1)} ms, ${sorted.filter(g => g > 50).length} above 50 ms`; })()");
        TestContext.Current.TestOutputHelper?.WriteLine($"{paint}; {sorting}; {jumping}; {scrolling}");
        Assert.InRange((int)(await browser.Evaluate("Math.round(scrollY)"))!, 1000, int.MaxValue);
        Assert.Empty(browser.Errors);
    }

    private const string Shown = "[...document.querySelectorAll('.tiles li')].filter(li => !li.hidden).map(li => li.id).join()";
    private const string Focused = "document.activeElement.parentElement.id";

    private static async Task<string> Text(Browser browser, string expression) => (await browser.Evaluate(expression))!.ToString();

    private static Task Unit(Browser browser, string name) => browser.Until($"location.pathname.endsWith('/units/{name}.html') && document.readyState === 'complete'");

    private static Task<Browser> Start()
    {
        Assert.SkipWhen(Browser.Program is null, "chromium is not on the PATH; Debian: apt-get install --no-install-recommends chromium");
        return Browser.StartAsync(Browser.Program!);
    }

    private string MakeReport((string Layer, int Units)[] layers, Func<int, string?>? className = null)
    {
        Assert.SkipWhen(Browser.Program is null, "chromium is not on the PATH; Debian: apt-get install --no-install-recommends chromium");
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        _shell.Run("sweep", "--weights", "~/net.h5", "--device", "cpu", "--layers", "predictions", "--iterations", "2", "--prepare", "--out", "~/model").Succeeded();
        MadeSweep.Write(_shell.PathOf("s"), SweepFolder.Open(_shell.PathOf("model")), layers, className ?? (i => i % 2 == 0 ? $"even {i}" : $"odd {i}"));
        _shell.Run("report", "~/s").Succeeded();
        return _shell.PathOf("s/report/index.html");
    }
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace VggCuda.Bench.Cpu;

/// <summary>Our times of one piece of work beside those of every peer's every way.</summary>
internal sealed class Race
{
    private readonly List<(Peer Peer, string Way, Times Times)> _entries = [];
    private readonly Peers _peers;

    /// <summary>Enters every way of every peer.</summary>
    /// <param name="peers">Those that run.</param>
    /// <param name="ways">The ways a peer has.</param>
    public Race(Peers peers, Func<PeerProgram, string[]> ways)
    {
        _peers = peers;
        foreach (Peer peer in peers.All)
        {
            _entries.AddRange(ways(peer.Program).Select(w => (peer, w, new Times())));
        }
    }

    /// <summary>Ours.</summary>
    public Times Own { get; } = new();

    /// <summary>The headings of <see cref="Cells"/>, each after a bar.</summary>
    public static string Headings(Peers peers) =>
        string.Concat(peers.All.Select(p => $" {p.Program.Name}'s best |"))
        + (peers.All.Count > 1 ? string.Concat(peers.All.Select(p => $" {p.Program.Name} / ours |")) : "")
        + (peers.Any ? " best / ours | best / ours, processor time |" : "");

    /// <summary>The line below the headings of as many columns.</summary>
    public static string Rule(string headings) => "|" + string.Concat(headings.Skip(1).Where(c => c == '|').Select(_ => "---|"));

    /// <summary>Asks every way of every peer once.</summary>
    public void Round(Func<string, JsonObject> command)
    {
        foreach ((Peer peer, string way, Times times) in _entries)
        {
            peer.Measure(command(way), times);
        }
    }

    /// <summary>Each peer's best way, its ratio to ours, and that of the best of all.</summary>
    public string Cells()
    {
        string cells = "";
        foreach (Peer peer in _peers.All)
        {
            (Peer _, string way, Times times) = _entries.Where(e => e.Peer == peer).MinBy(e => e.Times.Median);
            cells += string.Create(CultureInfo.InvariantCulture, $" {times.Median:F2} {PeerProgram.Title(way)} |");
        }

        if (_peers.All.Count > 1)
        {
            cells = _peers.All.Aggregate(cells, (text, p) => text + string.Create(CultureInfo.InvariantCulture, $" {_entries.Where(e => e.Peer == p).Min(e => e.Times.Median) / Own.Median:F2} |"));
        }

        return _peers.Any
            ? cells + string.Create(CultureInfo.InvariantCulture, $" {_entries.Min(e => e.Times.Median) / Own.Median:F2} | {_entries.Min(e => e.Times.MedianCpu) / Own.MedianCpu:F2} |")
            : cells;
    }

    /// <summary>Every way's heading, each after a bar.</summary>
    public static string WayHeadings(Peers peers, Func<PeerProgram, string[]> ways) =>
        string.Concat(peers.All.SelectMany(p => ways(p.Program).Select(w => $" {p.Program.Name} {PeerProgram.Title(w)} |")));

    /// <summary>Every way's median and least time.</summary>
    public string Ways() => string.Concat(_entries.Select(e => string.Create(CultureInfo.InvariantCulture, $" {e.Times.Median:F2} ({e.Times.Least:F2}) |")));
}

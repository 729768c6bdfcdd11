namespace VggCuda.Cli.Sweeps.Format;

/// <summary>How a unit stands.</summary>
internal enum UnitState
{
    Missing,

    Failed,

    Done,
}

/// <summary>How far a sweep is: the state of every unit, by part and place.</summary>
internal sealed class SweepSurvey
{
    private readonly UnitState[][] _states;

    private SweepSurvey(SweepFolder folder)
    {
        _states = [.. folder.Manifest.Parts.Select(p => new UnitState[p.Units.Count])];
        Shards = [.. Enumerable.Range(0, folder.Manifest.Shards).Select(_ => new int[3])];
    }

    /// <summary>Units with a picture.</summary>
    public int Done => CountOf(UnitState.Done);

    /// <summary>Units that were given up.</summary>
    public int Failed => CountOf(UnitState.Failed);

    /// <summary>Units that are to be drawn yet.</summary>
    public int Missing => CountOf(UnitState.Missing);

    /// <summary>Of those done: by another engine, other kernels or weights.</summary>
    public int Mixed { get; private set; }

    /// <summary>For each shard how many units are missing, failed and done.</summary>
    public IReadOnlyList<int[]> Shards { get; }

    /// <summary>The state of a part's units.</summary>
    public IReadOnlyList<UnitState> this[int part] => _states[part];

    /// <summary>Looks at every record.</summary>
    /// <param name="folder">The sweep.</param>
    /// <param name="found">Gets the records that are found, or null.</param>
    public static SweepSurvey Of(SweepFolder folder, Action<SweepPart, SweepUnit, UnitRecord>? found = null)
    {
        SweepSurvey survey = new(folder);
        foreach (SweepGroup group in SweepGroup.Of(folder.Manifest))
        {
            SweepPart part = folder.Manifest.Parts[group.Part];
            for (int i = group.First; i < group.First + group.Count; i++)
            {
                SweepUnit unit = part.Units[i];
                UnitRecord? record = folder.DoneOf(part, unit);
                UnitState state = record is not null ? UnitState.Done : folder.FailureOf(part, unit) is not null ? UnitState.Failed : UnitState.Missing;
                survey._states[group.Part][i] = state;
                survey.Shards[group.ShardOf(folder.Manifest.Shards)][(int)state]++;
                if (record is not null)
                {
                    survey.Mixed += record.Mixed ? 1 : 0;
                    found?.Invoke(part, unit, record);
                }
            }
        }

        return survey;
    }

    private int CountOf(UnitState state) => Shards.Sum(s => s[(int)state]);
}

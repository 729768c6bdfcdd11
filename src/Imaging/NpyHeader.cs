using System.Globalization;

namespace VggCuda.Imaging;

/// <summary>The header of a .npy file: a Python dictionary of descr, fortran_order and shape.</summary>
/// <remarks>NumPy Enhancement Proposal 1, and the documentation of <c>numpy.lib.format</c>.</remarks>
internal sealed record NpyHeader(string Descr, bool FortranOrder, long[] Shape)
{
    /// <summary>Parses the dictionary; null where it is none, or has other keys, or lacks one.</summary>
    public static NpyHeader? Parse(string text)
    {
        Reader reader = new(text);
        string? descr = null;
        bool? fortran = null;
        long[]? shape = null;
        if (!reader.Take('{'))
        {
            return null;
        }

        while (!reader.Take('}'))
        {
            if (reader.Text() is not { } key || !reader.Take(':'))
            {
                return null;
            }

            bool known = key switch
            {
                "descr" => descr is null && (descr = reader.TextOrList()) is not null,
                "fortran_order" => fortran is null && (fortran = reader.Truth()) is not null,
                "shape" => shape is null && (shape = reader.Tuple()) is not null,
                _ => false,
            };
            if (!known || (!reader.Take(',') && !reader.Peek('}')))
            {
                return null;
            }
        }

        return reader.AtEnd && descr is not null && fortran is not null && shape is not null ? new NpyHeader(descr, fortran.Value, shape) : null;
    }

    /// <summary>Reads the few Python literals that a header is made of.</summary>
    private sealed class Reader(string text)
    {
        private int _at;

        public bool AtEnd
        {
            get
            {
                SkipBlanks();
                return _at == text.Length;
            }
        }

        public bool Peek(char c)
        {
            SkipBlanks();
            return _at < text.Length && text[_at] == c;
        }

        public bool Take(char c)
        {
            bool found = Peek(c);
            _at += found ? 1 : 0;
            return found;
        }

        public string? Text()
        {
            if (!Peek('\'') && !Peek('"'))
            {
                return null;
            }

            int end = text.IndexOf(text[_at], _at + 1);
            if (end < 0)
            {
                return null;
            }

            string value = text[(_at + 1)..end];
            _at = end + 1;
            return value;
        }

        // The type of a structured array is a list of fields; it is only needed for the message that refuses it.
        public string? TextOrList()
        {
            if (!Peek('['))
            {
                return Text();
            }

            int end = text.IndexOf(']', _at);
            if (end < 0)
            {
                return null;
            }

            string value = text[_at..(end + 1)];
            _at = end + 1;
            return value;
        }

        public bool? Truth()
        {
            SkipBlanks();
            foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
            {
                if (text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
                {
                    _at += word.Length;
                    return value;
                }
            }

            return null;
        }

        public long[]? Tuple()
        {
            if (!Take('('))
            {
                return null;
            }

            List<long> extents = [];
            while (!Take(')'))
            {
                SkipBlanks();
                int start = _at;
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                {
                    _at++;
                }

                if (!long.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long extent))
                {
                    return null;
                }

                // Python 2 wrote long integers as 224L.
                Take('L');
                extents.Add(extent);
                if (!Take(',') && !Peek(')'))
                {
                    return null;
                }
            }

            return [.. extents];
        }

        private void SkipBlanks()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r')
            {
                _at++;
            }
        }
    }
}

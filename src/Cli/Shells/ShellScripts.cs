namespace VggCuda.Cli.Shells;

/// <summary>The completion scripts: each hands the line to <c>vggcuda complete</c> and shows what comes back.</summary>
internal static class ShellScripts
{
    // Bash takes ':' and '=' for the end of a word: what stands before them is left out of the answers.
    private const string Bash = """
        # Completion of vggcuda for bash. Load it in ~/.bashrc:  source <(vggcuda completions bash)
        _vggcuda() {
            local line=${COMP_LINE:0:COMP_POINT} word head= kind= value rest
            word=${line##*[[:space:]]}
            case $word in *[:=]*) head=${word%"${word##*[:=]}"} ;; esac
            COMPREPLY=()
            while IFS=$'\t' read -r value rest; do
                case $value in
                    :files | :folders) kind=${value#:} ;;
                    *) printf -v value %q "${value#"$head"}"; COMPREPLY+=("$value") ;;
                esac
            done < <("$1" complete "$line" 2>/dev/null)
            word=${word#"$head"}
            if [[ -n $kind && ${#COMPREPLY[@]} -gt 0 ]]; then
                while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$word")
                compopt -o filenames 2>/dev/null
            elif [[ $kind == files ]]; then
                compopt -o default 2>/dev/null
            elif [[ $kind == folders ]]; then
                compopt -o dirnames 2>/dev/null
            fi
        }
        complete -F _vggcuda vggcuda

        """;

    private const string Zsh = """
        #compdef vggcuda
        # Completion of vggcuda for zsh. Save it as _vggcuda in a folder of $fpath, or load it in ~/.zshrc:  source <(vggcuda completions zsh)
        _vggcuda() {
            local line="${(j: :)words[1,CURRENT-1]} $PREFIX" kind= value detail
            local -a found
            local -i missing=1
            while IFS=$'\t' read -r value detail; do
                case $value in
                    (:files|:folders) kind=${value#:} ;;
                    (*) found+=("${value//:/\\:}${detail:+:$detail}") ;;
                esac
            done < <("${words[1]}" complete "$line" 2>/dev/null)
            (( $#found )) && _describe 'vggcuda' found && missing=0
            [[ -n $kind && $PREFIX == --*=* ]] && compset -P '*='
            [[ $kind == files ]] && _files && missing=0
            [[ $kind == folders ]] && _files -/ && missing=0
            return missing
        }
        if [[ ${funcstack[1]} == _vggcuda ]]; then _vggcuda "$@"; else compdef _vggcuda vggcuda; fi

        """;

    private const string Fish = """
        # Completion of vggcuda for fish. Load it in ~/.config/fish/config.fish:  vggcuda completions fish | source
        function __vggcuda_complete
            set -l program (commandline -opc)[1]
            for line in ($program complete (commandline -cp | string collect) 2>/dev/null)
                switch $line
                    case ':files'
                        __fish_complete_path (commandline -ct)
                    case ':folders'
                        __fish_complete_directories (commandline -ct) ''
                    case '*'
                        echo $line
                end
            end
        end
        complete -c vggcuda -f -a '(__vggcuda_complete)'

        """;

    private const string PowerShell = """
        # Completion of vggcuda for PowerShell. Load it in $PROFILE:  vggcuda completions powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName vggcuda -ScriptBlock {
            param($word, $ast, $position)
            $line = $ast.Extent.Text
            $length = $position - $ast.Extent.StartOffset
            $line = if ($length -lt $line.Length) { $line.Substring(0, $length) } else { $line.PadRight($length) }
            & $ast.CommandElements[0].Value complete $line 2>$null | ForEach-Object {
                if ($_ -eq ':files' -or $_ -eq ':folders') {
                    $folders = $_ -eq ':folders'
                    [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) |
                        Where-Object { -not $folders -or $_.ResultType -eq 'ProviderContainer' }
                } else {
                    $value, $detail = $_ -split "`t", 2
                    $typed = if ($value -match '[\s''"$;&|(){}@#]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
                    $hint = if ($detail) { $detail } else { $value }
                    [System.Management.Automation.CompletionResult]::new($typed, $value, 'ParameterValue', $hint)
                }
            }
        }

        """;

    /// <summary>The shells that there is a script for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bash", "zsh", "fish", "powershell"];

    /// <summary>A shell's script, or null for one that is not known.</summary>
    public static string? Find(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        "powershell" => PowerShell,
        _ => null,
    };
}

<#
.SYNOPSIS
  Builds, tests, benchmarks and packs VggCuda. Each verb only wraps the command that README.md gives.
.EXAMPLE
  ./build.ps1 test
#>
param(
    [ValidateSet('build', 'test', 'bench', 'kernels', 'pack')]
    [string] $Verb = 'build',

    [Parameter(ValueFromRemainingArguments = $true)]
    [string[]] $Rest = @()
)

$ErrorActionPreference = 'Stop'
switch ($Verb) {
    'build' { dotnet build VggCuda.sln -c Release @Rest }
    'test' { dotnet test @Rest }
    'bench' { dotnet run -c Release --project bench -- @Rest }
    'kernels' { sh eng/make-ptx @Rest }
    'pack' { dotnet publish src/Cli -c Release -r linux-x64 --self-contained true -o artifacts/pack @Rest }
}

exit $LASTEXITCODE

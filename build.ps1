<#
.SYNOPSIS
  Builds, tests, benchmarks and packs VggCuda. Each verb only wraps the command that README.md gives, and hands on what stands behind it.
.EXAMPLE
  ./build.ps1 test
.EXAMPLE
  ./build.ps1 test --project tests/Imaging.Tests -- --filter-class '*NpyTests'
#>

# No declared parameters: PowerShell would take "--" and options that begin like one of them for its own.
$verb = if ($args.Count -gt 0) { $args[0] } else { 'build' }
$rest = @($args | Select-Object -Skip 1)
$program = @($rest | Where-Object { $_ -ne '--' })

$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
switch ($verb) {
    'build' { dotnet build VggCuda.sln -c Release @rest }
    'test' { dotnet test @rest }
    'bench' { dotnet run -c Release --project bench -- @program }
    'kernels' { sh eng/make-ptx @program }
    'pack' { sh eng/pack @program }
    default {
        [Console]::Error.WriteLine("build.ps1: '$verb' is no verb; there are build, test, bench, kernels and pack.")
        exit 2
    }
}

exit $LASTEXITCODE

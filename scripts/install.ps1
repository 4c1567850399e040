# Installs mcp-mqtt-proxy on Windows:
#
#   irm https://github.com/x/mcp-mqtt-proxy/releases/latest/download/install.ps1 | iex
#
# Fetches the archive, compares it with the checksums of the release, and puts the executable into
# %LOCALAPPDATA%\mcp-mqtt-proxy, which becomes part of the user's PATH. Needs no administrator. What can be set:
#
#   $env:MCP_MQTT_PROXY_VERSION   version to install, such as 0.1.0; the latest by default
#   $env:MCP_MQTT_PROXY_BIN       directory for the executable, which is then yours to put into PATH
#   $env:MCP_MQTT_PROXY_URL       where the files of a release are, for a mirror

& {
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue' # a progress bar makes Invoke-WebRequest many times slower
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072 # TLS 1.2

  $repository = 'x/mcp-mqtt-proxy'
  $target = 'x86_64-pc-windows-msvc' # Windows on ARM runs it too
  $archive = "mcp-mqtt-proxy-$target.zip"

  $path = 'latest/download'
  if ($env:MCP_MQTT_PROXY_VERSION) { $path = "download/v$($env:MCP_MQTT_PROXY_VERSION.TrimStart('v'))" }
  $url = "https://github.com/$repository/releases/$path"
  if ($env:MCP_MQTT_PROXY_URL) { $url = $env:MCP_MQTT_PROXY_URL }
  $bin = Join-Path $env:LOCALAPPDATA 'mcp-mqtt-proxy'
  if ($env:MCP_MQTT_PROXY_BIN) { $bin = $env:MCP_MQTT_PROXY_BIN }

  # Known before anything is fetched. A directory of that name would take the executable into itself.
  New-Item -ItemType Directory -Force -Path $bin | Out-Null
  $bin = (Resolve-Path -LiteralPath $bin).ProviderPath
  $program = Join-Path $bin 'mcp-mqtt-proxy.exe'
  if (Test-Path -LiteralPath $program -PathType Container) {
    throw "mcp-mqtt-proxy is not installed: $program is a directory"
  }

  $work = Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid())
  New-Item -ItemType Directory -Path $work | Out-Null
  try {
    $file = Join-Path $work $archive
    $sums = Join-Path $work 'SHA256SUMS'
    Invoke-WebRequest -UseBasicParsing -Uri "$url/$archive" -OutFile $file
    Invoke-WebRequest -UseBasicParsing -Uri "$url/SHA256SUMS" -OutFile $sums

    $line = Get-Content $sums | Where-Object { ($_ -split '\s+\*?', 2)[1] -eq $archive } | Select-Object -First 1
    if (-not $line) { throw "mcp-mqtt-proxy is not installed: the release has no checksum for $archive" }
    $expected = ($line -split '\s+')[0]
    $actual = (Get-FileHash -Algorithm SHA256 -Path $file).Hash
    if ($actual -ne $expected) {
      throw "mcp-mqtt-proxy is not installed: $archive is not what was released (its checksum is $actual)"
    }

    Expand-Archive -Path $file -DestinationPath $work
    $installed = & (Join-Path $work 'mcp-mqtt-proxy.exe') --version
    if ($LASTEXITCODE -ne 0) { throw 'mcp-mqtt-proxy is not installed: the executable does not run on this system' }

    # An executable that runs can be renamed, but not replaced.
    if (Test-Path $program) {
      Remove-Item "$program.old" -ErrorAction SilentlyContinue
      Rename-Item $program "$program.old"
    }
    Move-Item (Join-Path $work 'mcp-mqtt-proxy.exe') $program
    Write-Output "mcp-mqtt-proxy $installed is in $bin"

    $userPath = [Environment]::GetEnvironmentVariable('Path', 'User')
    if (-not $env:MCP_MQTT_PROXY_BIN -and ($userPath -split ';') -notcontains $bin) {
      [Environment]::SetEnvironmentVariable('Path', "$bin;$userPath", 'User')
      Write-Output 'It is in the PATH of every terminal that is opened from now on.'
    }
    Write-Output "Next: $program --help, or $program list --broker mqtt://BROKER"
  } finally {
    Remove-Item -Recurse -Force $work
  }
}

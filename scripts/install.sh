#!/bin/sh
# Installs mcp-mqtt-proxy on Linux or macOS:
#
#   curl -fsSL https://github.com/x/mcp-mqtt-proxy/releases/latest/download/install.sh | sh
#
# Fetches the archive for this system, compares it with the checksums of the release, and puts the executable into
# ~/.local/bin. Needs no root. What can be set:
#
#   MCP_MQTT_PROXY_VERSION   version to install, such as 0.1.0; the latest by default
#   MCP_MQTT_PROXY_BIN       directory for the executable
#   MCP_MQTT_PROXY_URL       where the files of a release are, for a mirror
set -eu

repository=x/mcp-mqtt-proxy
program=mcp-mqtt-proxy

fail() {
  printf 'mcp-mqtt-proxy is not installed: %s\n' "$1" >&2
  exit 1
}

target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no executable for $machine; run it with Deno instead" ;;
  esac
  case $system in
    Linux)
      if ldd --version 2>&1 | grep -qi musl; then
        fail "the executable needs glibc, and this system has musl; use the container image"
      fi
      echo "$machine-unknown-linux-gnu"
      ;;
    Darwin) echo "$machine-apple-darwin" ;;
    *) fail "there is no executable for $system; on Windows, use install.ps1" ;;
  esac
}

# fetch URL FILE: shows how far it is to whoever looks at a terminal
fetch() {
  if command -v curl >/dev/null 2>&1; then
    if [ -t 2 ]; then progress=--progress-bar; else progress=--silent; fi
    curl --fail "$progress" --show-error --location --output "$2" "$1" || fail "$1 cannot be fetched"
  elif command -v wget >/dev/null 2>&1; then
    # That of BusyBox shows a bar unless it is quiet, and knows no option for it.
    if ! [ -t 2 ]; then
      progress=--quiet
    elif wget --help 2>&1 | grep -q -- --show-progress; then
      progress='--quiet --show-progress'
    else
      progress=
    fi
    # shellcheck disable=SC2086 # options, or none
    wget $progress -O "$2" "$1" || fail "$1 cannot be fetched"
  else
    fail "there is neither curl nor wget"
  fi
}

# Where the executable goes, as an absolute path: whether it can be there is known before anything is fetched.
directory() {
  if [ -n "${MCP_MQTT_PROXY_BIN:-}" ]; then
    bin=$MCP_MQTT_PROXY_BIN
  elif [ -n "${HOME:-}" ]; then
    bin=$HOME/.local/bin
  else
    fail "there is no HOME; set MCP_MQTT_PROXY_BIN to the directory for the executable"
  fi
  mkdir -p -- "$bin" || fail "$bin cannot be made; set MCP_MQTT_PROXY_BIN to another directory"
  bin=$(CDPATH='' cd -- "$bin" && pwd) || fail "$bin cannot be entered"
  [ -w "$bin" ] || fail "$bin is not yours to write to; set MCP_MQTT_PROXY_BIN to another directory"
  if [ -d "$bin/$program" ]; then fail "$bin/$program is a directory; set MCP_MQTT_PROXY_BIN, or move it away"; fi
}

# verify FILE SUMS: whether SUMS lists FILE, and with its checksum
verify() {
  expected=$(awk -v name="$1" '$2 == name || $2 == "*" name { print $1 }' "$2")
  [ -n "$expected" ] || fail "the release has no checksum for $1"
  if command -v sha256sum >/dev/null 2>&1; then
    actual=$(sha256sum "$1" | cut -d ' ' -f 1)
  elif command -v shasum >/dev/null 2>&1; then
    actual=$(shasum -a 256 "$1" | cut -d ' ' -f 1)
  else
    fail "there is neither sha256sum nor shasum, so what was fetched cannot be verified"
  fi
  [ "$actual" = "$expected" ] || fail "$1 is not what was released: its checksum is $actual, not $expected"
}

# Everything is in here, so that half a script does nothing.
main() {
  target=$(target)
  version=${MCP_MQTT_PROXY_VERSION:-latest}
  case $version in
    latest) path=latest/download ;;
    *) path=download/v${version#v} ;;
  esac
  url=${MCP_MQTT_PROXY_URL:-https://github.com/$repository/releases/$path}
  archive=$program-$target.tar.gz
  directory

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  cd "$work"
  fetch "$url/$archive" "$archive"
  fetch "$url/SHA256SUMS" SHA256SUMS
  verify "$archive" SHA256SUMS
  tar -xzf "$archive" "$program" || fail "$archive cannot be unpacked"
  chmod 755 "$program"
  installed=$("./$program" --version) || fail "the executable does not run on this system"

  # Beside its place first, and then there in one step: what is running goes on running.
  if ! { cp "$program" "$bin/.$program.new" && mv -f "$bin/.$program.new" "$bin/$program"; }; then
    rm -f "$bin/.$program.new"
    fail "$bin/$program cannot be written"
  fi
  printf '%s %s is in %s\n' "$program" "$installed" "$bin"
  case :$PATH: in
    *:"$bin":*) command=$program ;;
    *)
      command=$bin/$program
      # shellcheck disable=SC2016 # the variable is for the user's shell
      printf 'Add it to your PATH: export PATH="%s:$PATH"\n' "$bin"
      ;;
  esac
  printf 'Next: %s --help, or %s list --broker mqtt://BROKER\n' "$command" "$command"
}

main

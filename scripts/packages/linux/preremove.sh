#!/bin/sh
set -e
# `remove` on Debian, 0 with rpm: it goes for good, and is not replaced by another version.
case "${1:-}" in
  remove | 0)
    if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
      systemctl --no-reload disable --now mcp-mqtt-proxy.service
    fi
    ;;
esac

#!/bin/sh
set -e
# Inside of an image that is being built, no systemd runs.
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # After an upgrade; nothing is started that was not running.
  systemctl try-restart mcp-mqtt-proxy.service
fi

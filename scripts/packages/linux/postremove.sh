#!/bin/sh
set -e
# What the administrator and the servers have written. rpm has no such step.
if [ "${1:-}" = purge ]; then
  rm -rf "${DPKG_ROOT:-}/etc/mcp-mqtt-proxy" "${DPKG_ROOT:-}/var/lib/private/mcp-mqtt-proxy" \
    "${DPKG_ROOT:-}/var/lib/mcp-mqtt-proxy"
fi
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

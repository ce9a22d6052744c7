#!/bin/sh
# mmdebstrap customize hook: daemons that nobody asked for would cost each start of a container, and ports.
set -eu
systemctl --root="$1" --quiet disable postfix.service named.service nginx.service

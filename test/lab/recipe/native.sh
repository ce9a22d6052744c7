#!/bin/sh
# mmdebstrap customize hook for hosts at native speed: daemons that nobody asked for would cost each boot and ports 25, 53 and 80; a test that wants one starts it.
set -eu
systemctl --root="$1" --quiet disable postfix.service apache2.service named.service lxc.service lxc-net.service

import { run } from '../lab/process.ts'
import { type SshTarget, sshArgs } from '../lab/ssh-client.ts'
import { floorScript, plainSsh } from './measure.ts'

/**
 * The rules go to the host whole and detached, so that a lost connection cannot cut them; the way back is on the disk and armed as a timer before
 * anything is loaded; what is loaded is held against what a scratch namespace makes of the same text.
 */
const load = `set -e
mkdir -p /var/tmp/bench
cat >/var/tmp/bench/load <<'LOAD'
set -e
cd /var/tmp/bench
{ printf 'table inet reeve\\ndelete table inet reeve\\n'; nft list table inet reeve; } >back
nft -c -f back
echo begun >>log
sync back log .
systemd-run --quiet --collect --unit=bench-back --on-active=90 nft -f /var/tmp/bench/back
cp back new
nft -c -f new
nft -f new
nft list table inet reeve >is
sed 1,2d new | unshare -n sh -c 'nft -f - && nft list table inet reeve' >scratch
diff scratch is
LOAD
sha256sum /var/tmp/bench/load >/var/tmp/bench/sum
sync /var/tmp/bench/load
sha256sum --quiet -c /var/tmp/bench/sum
systemd-run --quiet --collect --wait --unit=bench-load sh /var/tmp/bench/load`

/** Disarmed, kept for the next boot, and written down. */
const keep = `set -e
cd /var/tmp/bench
systemctl stop bench-back.timer
cp new kept
nft -c -f kept
echo done >>log
sync kept log .
rm -r /var/tmp/bench`

/** What a careful script does on the host for a rule of the firewall, with the same promises: look, arm, load, come in anew, disarm and keep, look again. */
export async function changeFirewallByHand(host: SshTarget): Promise<void> {
  await plainSsh(host, floorScript)
  await plainSsh(host, load)
  const { code, stderr } = await run('ssh', ['-o', 'ControlPath=none', '-o', 'ControlMaster=no', ...sshArgs(host), 'true'])
  if (code !== 0) throw new Error(`the new connection by hand ended with ${code}: ${stderr}`)
  await plainSsh(host, keep)
  await plainSsh(host, floorScript)
}

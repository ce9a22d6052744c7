import { run } from '../lab/process.ts'
import { type SshTarget, sshArgs } from '../lab/ssh-client.ts'
import { floorScript, plainSsh } from './measure.ts'

/** The way back armed as a timer, then the table loaded: as Reeve does it, with the table that is there. */
const load = `set -e
{ printf 'table inet reeve\\ndelete table inet reeve\\n'; nft list table inet reeve; } >/run/bench.back
cp /run/bench.back /run/bench.new
nft -c -f /run/bench.back
systemd-run --quiet --collect --unit=bench-back --on-active=90 nft -f /run/bench.back
nft -c -f /run/bench.new
nft -f /run/bench.new
nft list table inet reeve >/run/bench.is`

/** Disarmed, and kept for the next boot. */
const keep = `set -e
systemctl stop bench-back.timer
cp /run/bench.new /var/tmp/bench.nft
sync /var/tmp/bench.nft
rm /var/tmp/bench.nft`

/** What a careful administrator's script runs on the host for a rule of the firewall: look, arm, load, come in anew, disarm and keep, look again. */
export async function changeFirewallByHand(host: SshTarget): Promise<void> {
  await plainSsh(host, floorScript)
  await plainSsh(host, load)
  const { code, stderr } = await run('ssh', ['-o', 'ControlPath=none', '-o', 'ControlMaster=no', ...sshArgs(host), 'true'])
  if (code !== 0) throw new Error(`the new connection by hand ended with ${code}: ${stderr}`)
  await plainSsh(host, keep)
  await plainSsh(host, floorScript)
}

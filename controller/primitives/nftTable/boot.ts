import { createHash } from 'node:crypto'
import { type Script, sh } from '../../shell/sh.ts'
import { replacement } from './render.ts'

/** The last confirmed table, as the boot unit loads it. */
export const currentPath = '/var/lib/reeve/nft/current.nft'
export const unitPath = '/etc/systemd/system/reeve-firewall.service'
/** What enables the unit (systemd.unit(5), WantedBy). */
export const wantsPaths = [
  '/etc/systemd/system/sysinit.target.wants/reeve-firewall.service',
  '/etc/systemd/system/nftables.service.wants/reeve-firewall.service',
] as const

/**
 * Loads the table before the network is up, and again after a restart of nftables.service, whose own stop flushes every table.
 * No ExecStop: stopping it must neither open nor close the host.
 */
export const unitText = `# Written by Reeve: loads the last confirmed table inet reeve. Changes made here are put back.
[Unit]
Description=Firewall table inet reeve
DefaultDependencies=no
RequiresMountsFor=/var/lib/reeve/nft
ConditionPathExists=${currentPath}
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
After=nftables.service
PartOf=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
StandardInput=null
ExecStart=/usr/sbin/nft -f ${currentPath}

[Install]
WantedBy=sysinit.target nftables.service
`

/** First line of current.nft: hash of our own text, and of the listing that nft gave for it right after it was loaded. */
export function headOfCurrent(source: string, listing: string): string {
  return `# reeve source ${source} listing ${listing}`
}

/** All of current.nft for a table's definition. */
export function currentText(table: string, listing: string): string {
  return `${headOfCurrent(sha256(table), listing)}\n${replacement(table)}`
}

/** Hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Elements are the last lines of a set, and go on where three tabs begin a line. */
const withoutFilled: Script = sh`awk '
  /^\t[^\t]/ { filled = 0 }
  /^\t\tflags [a-z,]*timeout/ { filled = 1 }
  !/^\t\t\t/ { within = 0 }
  filled && /^\t\telements = / { within = 1 }
  !within { print }
'`

/** Prints the live table with all that its sets hold; fails where there is none. */
export const listTable: Script = sh`nft -s -nn list table inet reeve`

/** Takes out of `nft_live` what the sets hold that are filled at run time: they alone take timeouts. A process only where there is such a set. */
export const hideFilled: Script = sh`case $nft_live in *'flags '*,timeout*) nft_live=$(printf '%s\n' "$nft_live" | ${withoutFilled}) ;; esac`

/** Prints the live table in canonical form; fails where there is none. */
export const printLive: Script = sh`{ nft_live=$(${listTable}) && ${hideFilled} && printf '%s\n' "$nft_live"; }`

/**
 * Prints the canonical form of the definition on stdin, as this host's nft and kernel see it, from a network namespace of its own that goes with
 * the command. The first line `scratch` says that there could be one; a container may refuse it.
 */
export const printScratch: Script = sh`unshare -n sh -c 'echo scratch; nft -f /dev/stdin 2>&1 && nft -s -nn list table inet reeve'`

import { sorts } from '../bench/changes.ts'
import type { Files } from '../faults/fleet.ts'
import { type Extras, type NativePlace, nativeFleet, otherOf, type Variant } from '../faults/native/fleet.ts'
import type { BadSort, CommitAct, DriftSort } from './schedule.ts'

/** Where every host of the soak keeps a mount. */
export const scratch = '/srv/scratch'

/** What Git wants of one host. */
export interface Wanted {
  readonly variant: Variant
  readonly extras: Extras
}

export const atFirst: Wanted = { variant: 'one', extras: { scratch } }

/** What is wanted of the host once this is committed. */
export function after({ variant, extras }: Wanted, { sort, turn }: CommitAct): Wanted {
  const change = sorts.find(({ name }) => name === sort)?.change(turn)
  return change === undefined ? { variant: otherOf[variant], extras } : { variant, extras: { ...extras, ...change } }
}

/** Shell that ends with 0 where the host does as is wanted, by what this sort of commit moves. Asks the daemon, where there is one. */
export function truthOf(sort: string, { variant, extras }: Wanted, domain: string): string {
  const truths: Readonly<Record<string, string>> = {
    'a line of a file': `grep -qx '${extras.line}' /etc/fleet-note`,
    'a rule of the firewall': `nft list table inet reeve | grep -q 'dport ${extras.port} '`,
    'a vhost': `[ "$(curl -s -m 5 -H 'Host: app.${domain}' http://127.0.0.1/)" = '${extras.answer}' ]`,
    'a mail map': `postmap -q '${extras.user}@${domain}' texthash:/etc/postfix/reeve/relay_recipients >/dev/null`,
    'a zone': `[ "$(dig +short +time=2 @127.0.0.1 www.${domain})" = ${extras.web} ]`,
  }
  return truths[sort] ?? `grep -qx 'Kept by Reeve, ${variant}' /etc/fleet-note`
}

const badFile = 'bad.yaml'
const head = (kind: string): string => `apiVersion: reeve.dev/v1\nkind: ${kind}\nmetadata: {name: bad}\nspec:`
const bads: Readonly<Record<BadSort, string>> = {
  'no YAML': 'kind: [Firewall\n',
  'an unknown field': `${head('Firewall')} {target: {hypervisor: he1}, rule: []}\n`,
  'a target that is not there': `${head('SyslogSink')} {server: {target: {hypervisor: nobody}, listeners: [{protocol: tcp}]}}\n`,
}

/** All files of the repository. */
export function filesOf(places: readonly NativePlace[], wanted: readonly Wanted[], bad?: BadSort): Files {
  const fleets = places.map((place, index) => {
    const { variant, extras } = wanted[index] ?? atFirst
    return nativeFleet(place, variant, extras)
  })
  return Object.assign({}, ...fleets, bad === undefined ? {} : { [badFile]: bads[bad] }) as Files
}

/** What brings a repository of these files to those. */
export function between(before: Files, files: Files): Files {
  const gone = Object.keys(before).filter((name) => !(name in files))
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...files }
}

/** What a hand does to a host. Shell; `isRight` ends with 0 where it was put right. */
export interface Deed {
  /** As ledger and history call it. */
  readonly item: string
  readonly harm: string
  readonly isRight: string
}

export const deeds: Readonly<Record<DriftSort, Deed>> = {
  'a file edited': {
    item: 'file:/etc/fleet-note',
    harm: 'echo by hand >>/etc/fleet-note',
    isRight: '! grep -qs "by hand" /etc/fleet-note && test -s /etc/fleet-note',
  },
  'a rule added to the live firewall': {
    item: 'nftTable:inet reeve',
    harm: 'nft add rule inet reeve input tcp dport 6666 accept',
    isRight: '! nft list table inet reeve | grep -q 6666',
  },
  'a service stopped': {
    item: 'service:cron.service',
    harm: 'systemctl stop cron.service',
    isRight: 'systemctl is-active -q cron.service',
  },
  'a vhost removed': {
    item: 'tree:/etc/nginx/reeve',
    harm: 'rm /etc/nginx/reeve/vhost-app.conf',
    isRight: 'test -s /etc/nginx/reeve/vhost-app.conf',
  },
  'a mail map removed': {
    item: 'tree:/etc/postfix/reeve',
    harm: 'rm /etc/postfix/reeve/transport',
    isRight: 'test -s /etc/postfix/reeve/transport',
  },
  'a setting of the kernel changed': {
    item: 'sysctl:net.ipv4.ip_forward',
    harm: 'sysctl -qw net.ipv4.ip_forward=0',
    isRight: '[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]',
  },
  'a mount taken away': {
    item: 'service:srv-scratch.mount',
    harm: `umount ${scratch}`,
    isRight: `findmnt -nro FSTYPE ${scratch} | grep -qx tmpfs`,
  },
}

/** Ids of items that a text names, however its lines are broken; those with a space in them where a hand makes them drift. */
export function itemsIn(text: string): readonly string[] {
  const flat = text.replaceAll(/=\r?\n/g, '').replaceAll(/\s+/g, ' ')
  const spaced = Object.values(deeds).flatMap(({ item }) => (item.includes(' ') && flat.includes(item) ? [item] : []))
  return [...new Set([...spaced, ...(flat.match(/\b[a-z][A-Za-z]+:[^\s:;,]+/g) ?? [])])]
}

import type { Spec } from '../../controller/model/primitive.ts'
import { account } from '../../controller/primitives/account/spec.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { bridge } from '../../controller/primitives/bridge/spec.ts'
import { type Customization, diskImage } from '../../controller/primitives/diskImage/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { group } from '../../controller/primitives/group/spec.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { recipientCopy } from '../../controller/primitives/mailRecipients/spec.ts'
import { openvzSample } from '../../controller/primitives/openvzSample/spec.ts'
import { setting } from '../../controller/primitives/setting/spec.ts'
import { sysctl } from '../../controller/primitives/sysctl/spec.ts'
import { tree } from '../../controller/primitives/tree/spec.ts'
import { Secret } from '../../controller/shell/secret.ts'
import type { Dice } from './settled.ts'

type Maker = (number: number, dice: Dice) => Spec

const pieces = ['a', 'é', '漢', '🐧', ' ', '\t', '"', "'", '\\', '$(id)', '`id`', '%s', '&', '#', ';', '=', '\r', '-n', 'EOF', '\x7f']

function text(dice: Dice, more: readonly string[] = [], most = 40): string {
  const all = [...pieces, ...more]
  return Array.from({ length: dice(most) }, () => all[dice(all.length)]).join('')
}

/** A name in a path: anything but a slash and control characters. */
function name(number: number, dice: Dice): string {
  const odd = text(dice, [], 6).replaceAll(/[\0-\x1f\x7f]/g, '')
  return `${number}-${odd}`
}

function pick<T>(dice: Dice, all: readonly T[]): T {
  return all[dice(all.length)] as T
}

const modes = ['0644', '0600', '0755', '4711', '0000'] as const
const owners = ['root:root', 'daemon:adm', '12345:54321'] as const

function content(dice: Dice): string | Uint8Array {
  if (dice(4) === 0) return Uint8Array.from({ length: dice(3000) }, () => dice(256))
  return text(dice, ['\n', '\n\n', '\0', 'REEVE_EOF\n'], dice(10) === 0 ? 5000 : 60)
}

function lines(dice: Dice): string {
  return Array.from({ length: dice(6) }, () => `${text(dice)}\n`).join('')
}

/** Names of paths are made from the number alone, so that a second turn finds the same things. */
const named = (number: number, turn: Dice): string => name(number, turn)

function customFiles(dice: Dice): Customization['files'] {
  return Array.from({ length: dice(3) + 1 }, (_, index) => ({
    path: `/etc/${pick(dice, ['a', "it's", 'b c'])}${index}`,
    content: text(dice, ['\n']),
    mode: pick(dice, modes),
    owner: `${dice(70_000)}:${dice(9)}`,
  }))
}

/** What scripts that source the file may read. */
function sampleValue(dice: Dice): string {
  return Array.from({ length: dice(5) }, () =>
    pick(dice, ['$VEID', 'a', '/var/lib', '1024:2048', 'x=y', '+', '%', '@', ',', ' ', '-']),
  ).join('')
}

/** By type. What has no name of its own on a host (a kernel setting) takes turns. */
export function createMakers(nameDice: (number: number) => Dice): Readonly<Record<string, Maker>> {
  const path = (number: number): string => `/mnt/random/${named(number, nameDice(number))}`
  const grown = new Map<number, number>()
  /** Sizes only grow. */
  const growing = (number: number, dice: Dice): bigint => {
    const sectors = (grown.get(number) ?? 8192 + nameDice(number)(2048)) + dice(2) * dice(4096)
    grown.set(number, sectors)
    return BigInt(sectors) * 512n - BigInt(nameDice(number)(512))
  }
  return {
    file: (number, dice) => file({ path: path(number), content: content(dice), mode: pick(dice, modes), owner: pick(dice, owners) }),
    link: (number, dice) => link({ path: path(number), to: `${pick(dice, ['', '/', '../'])}x${name(number, dice)}` }),
    tree: (number, dice) =>
      tree({
        path: path(number),
        files: Object.fromEntries(
          Array.from({ length: dice(5) }, (_, index) => [
            `${pick(dice, ['a', 'B_', '0.'])}${index}`,
            { content: content(dice), mode: pick(dice, modes), owner: pick(dice, owners) },
          ]),
        ),
      }),
    block: (number, dice) =>
      block({
        path: `/mnt/random/blocks-${number % 7}`,
        name: `n.${number}`,
        content: lines(dice),
        leader: pick(dice, ['#', ';', '//']),
        position: pick(dice, ['end', 'end', { before: 'middle $(id)' }, { after: 'middle $(id)' }] as const),
      }),
    account: (number, dice) =>
      account({
        name: `p${number}_-`,
        isSystem: number % 3 === 0,
        keys: Array.from({ length: dice(3) }, () => `ssh-ed25519 AAAA ${text(dice, ['a'], 30).replaceAll(/[^ -~]/g, '')}`),
        ...(dice(2) === 0 ? {} : { shell: pick(dice, ['/bin/sh', '/bin/false', '/usr/sbin/nologin']) }),
        ...(dice(2) === 0 ? {} : { comment: text(dice).replaceAll(/[:\0-\x1f\x7f]/g, '') }),
        ...(dice(2) === 0 ? {} : { groups: ['adm', 'users', 'daemon'].slice(dice(4)) }),
        ...(dice(2) === 0 ? {} : { password: dice(2) === 0 ? 'locked' : new Secret(`$6$salt$${dice(2 ** 30)}`) }),
        ...(number % 3 === 0 ? { home: `/home/p${number}_-` } : {}),
      }),
    setting: (number, dice) => {
      const key = mailKeys[number % mailKeys.length] as string
      const value = Array.from({ length: 1 + dice(5) }, () => pick(dice, mailWords)).join(pick(dice, [' ', ', ']))
      return setting({ key, value, ...(number % 2 === 0 ? {} : { keeps: { unset: pick(dice, ['', '$mydestination']) } }) })
    },
    diskImage: (number, dice) => {
      const fixed = nameDice(number)
      const how = pick(fixed, ['empty', 'empty', 'copy', 'backing'] as const)
      const owned = { owner: pick(dice, ['root', 'daemon']), group: pick(dice, ['adm', 'root']), mode: pick(dice, modes) }
      return diskImage({
        path: path(number),
        sizeBytes: growing(number, dice),
        ...(how === 'empty' ? { preallocation: pick(fixed, ['off', 'metadata', 'falloc', 'full'] as const) } : {}),
        ...(how === 'empty' ? {} : { source: { how, path: '/mnt/base.qcow2' } }),
        ...(how === 'empty' || fixed(3) > 0 ? {} : { customize: { partition: 0, files: customFiles(dice) } }),
        ...(dice(2) === 0 ? {} : owned),
      })
    },
    openvzSample: (number, dice) =>
      openvzSample({
        name: `${pick(nameDice(number), ['s', 'S.', '0_', 'a-'])}${number}`,
        from: 'basic',
        set: Object.fromEntries(
          Array.from({ length: dice(6) }, () => [
            pick(dice, ['ONBOOT', 'KMEMSIZE', 'VE_PRIVATE', 'A1_B', 'DISKSPACE', 'NEW']),
            sampleValue(dice),
          ]),
        ),
      }),
    group: (number) => group({ name: `g${number}_-`, isSystem: number % 2 === 0, ...(number % 3 === 0 ? {} : { gid: 20_000 + number }) }),
    mailRecipients: (number, dice) =>
      recipientCopy({ path: path(number), head: `# ${text(dice).replaceAll('\n', '')}\n`, domains: [] }, []),
    sysctl: (number, dice) => sysctl(`net.ipv4.conf.${interfaces[number % interfaces.length]}.${keys[number % keys.length]}`, `${dice(2)}`),
    bridge: (number, dice) =>
      bridge({
        name: `br${number}`,
        addresses: [
          `10.${number >> 8}.${number & 255}.${dice(254) + 1}/${pick(dice, [24, 32, 8])}`,
          `2001:db8:${(number + 1).toString(16)}::${(dice(999) + 1).toString(16)}/64`,
        ].slice(dice(3)),
      }),
  }
}

/** Keys of main.cf of every sort; those at odd places are lists to which others add. */
const mailKeys = [
  'relayhost',
  'transport_maps',
  'smtpd_banner',
  'relay_domains',
  'mynetworks',
  'virtual_alias_maps',
  'header_checks',
  'canonical_maps',
]
const mailWords = [
  'a',
  '$myhostname',
  "it's",
  '"q"',
  '\\',
  'x#y',
  ';',
  'hash:/etc/a',
  '{ {a = b, c} }',
  'é',
  '`id`',
  '[192.0.2.1]:25',
  '!x',
  '%s',
]

const interfaces = ['all', 'default', 'lo']
const keys = ['accept_redirects', 'log_martians', 'proxy_arp', 'send_redirects', 'accept_local', 'arp_announce', 'rp_filter']

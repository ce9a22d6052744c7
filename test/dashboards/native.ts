import { rename } from 'node:fs/promises'
import { mailRoute, syslogSink, zone } from '../scenarios/fleet.ts'
import type { World } from '../scenarios/world.ts'
import type { Move } from './moves.ts'

/** A fault on real hosts under the real controller, and the panels that must show it. */
export interface NativeFault {
  readonly name: string
  /** In each run; the others in the long one. */
  readonly isQuick?: true
  inject(world: World): Promise<unknown>
  heal(world: World): Promise<unknown>
  /** By panel: all its queries, or one for each; undefined: that one is shown by another fault. */
  readonly shows: Readonly<Record<string, Move | readonly (Move | undefined)[]>>
}

const forwarding = '/etc/rsyslog.d/30-reeve-central.conf'
const org = (www: string, more: Readonly<Record<string, unknown>> = {}) =>
  zone('example.org', [{ name: 'www', type: 'A', values: [www] }], more)
const healed = async (world: World, files: Parameters<World['commit']>[0]) => world.converged(await world.commit(files, 'As it was'))
/** sshd ends, with all its sessions, and is back after a while. */
const deaf = `systemd-run --collect sh -c 'sleep 1; systemctl stop ssh.socket ssh; pkill -x sshd; sleep 40; systemctl start ssh'`

export const nativeFaults: readonly NativeFault[] = [
  {
    name: 'somebody edits a file, and Reeve puts it right',
    isQuick: true,
    inject: ({ hosts }) => hosts.plpb.must(`echo '# by hand' >>${forwarding}`),
    heal: async () => {},
    shows: {
      'drift: Found': 'rises',
      'drift: Put right': 'rises',
      'drift: Drifts most': 'rises',
      'drift: How soon it is found': 'rises',
      'controller: Cycles and retries': ['changes', undefined],
      'controller: Work at a time': 'changes',
      'controller: A cycle, by phase, 95 %': 'changes',
      'controller: In the queue, 95 %': 'changes',
      'controller: With a worker, 95 %': 'changes',
      'hypervisor: Messages': 'rises',
      'hypervisor: Waiting for its answers': 'rises',
    },
  },
  {
    name: 'a commit edits a zone',
    isQuick: true,
    inject: ({ commit }) => commit({ 'example-org.yaml': org('203.0.113.121') }, 'www moves'),
    heal: async () => {},
    shows: {
      'fleet: Commit in force': 'changes',
      'fleet: Commit → applied, 95 %': 'changes',
      'drift: Commit → applied': 'changes',
      'drift: Commit → applied, by hypervisor': 'changes',
      'drift: Where which commit is': 'changes',
      'drift: Time since the newest commit': 'falls',
    },
  },
  {
    name: 'a unit fails, and the machine asks for a reboot',
    isQuick: true,
    inject: ({ hosts }) => hosts.logs.must('systemd-run --unit=broken false; mkdir -p /run; touch /run/reboot-required'),
    heal: ({ hosts }) => hosts.logs.must('systemctl reset-failed; rm /run/reboot-required'),
    shows: {
      'hypervisor: Failed units': 'rises',
      'hypervisor: Asks for a reboot': 'rises',
      'hypervisor: Healthy': 'falls',
      'fleet: As Git says, and does not work': 'changes',
    },
  },
  {
    name: 'the server behind the gateways takes no mail',
    inject: ({ hosts }) => hosts.maila.must('systemctl stop postfix'),
    heal: ({ hosts }) => hosts.maila.must('systemctl start postfix'),
    shows: { 'mail-and-dns: Servers that they deliver to': 'falls' },
  },
  {
    name: 'somebody edits a file on a host that is held',
    inject: ({ hosts }) =>
      hosts.plpb.must(`mkdir -p /etc/reeve; echo 'reason: repairs' >/etc/reeve/hold; echo '# by hand' >>${forwarding}`),
    heal: ({ hosts }) => hosts.plpb.must('rm /etc/reeve/hold'),
    shows: {
      'fleet: Fields that drift': 'rises',
      'fleet: Oldest drift': 'rises',
      'fleet: Hypervisors': [undefined, undefined, 'rises', undefined, undefined, undefined],
      'drift: What drifts now': 'rises',
      'drift: How long it is open': 'rises',
      'drift: Found and not put right': 'rises',
      'drift: What is withheld': 'rises',
      'fleet: Changes withheld': 'rises',
    },
  },
  {
    name: 'a commit has an error, and suspends a zone',
    inject: async ({ commit }) => {
      await commit(
        { 'mail.yaml': mailRoute({ gateways: 7 }), 'example-org.yaml': org('203.0.113.122', { suspend: { reason: 'repairs' } }) },
        'An error',
      )
    },
    heal: (world) => healed(world, { 'mail.yaml': mailRoute(), 'example-org.yaml': org('203.0.113.122') }),
    shows: {
      'fleet: Errors in it': 'rises',
      'fleet: Alerts that stand': 'rises',
      'fleet: What stands': 'rises',
      'fleet: Stuck or suspended': 'rises',
      'fleet: Not as Git says': 'changes',
      'fleet: Manifests not as Git says, by kind': 'rises',
      'hypervisor: As Git says': 'falls',
      'controller: Causes that stand': 'rises',
      'controller: Mails': 'rises',
    },
  },
  {
    name: 'BIND refuses a zone',
    inject: ({ commit }) =>
      commit({ 'example-org.yaml': zone('example.org', [{ name: 'odd', type: 'TYPE18', values: ['00'] }]) }, 'Broken'),
    heal: (world) => healed(world, { 'example-org.yaml': org('203.0.113.123') }),
    shows: {
      'hypervisor: Left undone at the last cycle': [undefined, undefined, 'rises'],
      'fleet: Cycles, by what came of them': 'changes',
      'fleet: Not at it': 'rises',
    },
  },
  {
    name: 'a zone goes',
    inject: ({ commit }) => commit({ 'example-org.yaml': null }, 'No more org'),
    heal: (world) => healed(world, { 'example-org.yaml': org('203.0.113.124') }),
    shows: {
      'mail-and-dns: Zones served': 'falls',
      'mail-and-dns: Name servers': 'falls',
      'mail-and-dns: Zones': ['changes', undefined, undefined, undefined],
    },
  },
  {
    name: 'a sink of logs goes, and its files with it',
    inject: ({ commit }) => commit({ 'syslog.yaml': null }, 'No more logs'),
    heal: (world) => healed(world, { 'syslog.yaml': syslogSink() }),
    shows: { 'drift: Retired': 'rises' },
  },
  {
    name: 'the smarthost takes no mail',
    inject: async ({ alarms, commit }) => {
      await alarms.setMode('down')
      await commit({ 'mail.yaml': mailRoute({ gateways: 8 }) }, 'Another error')
    },
    heal: async (world) => {
      await world.alarms.setMode('accept')
      await healed(world, { 'mail.yaml': mailRoute() })
    },
    shows: { 'controller: Mails that wait': 'rises', 'controller: Last mail': 'rises' },
  },
  {
    name: 'the repository is gone',
    inject: ({ bare }) => rename(bare, `${bare}.away`),
    heal: ({ bare }) => rename(`${bare}.away`, bare),
    shows: { 'fleet: Repository answered': 'rises', 'controller: News of the repository': 'rises' },
  },
  {
    name: 'a host is deaf for a while',
    inject: ({ hosts }) => hosts.maila.must(deaf),
    heal: async () => {},
    shows: {
      'hypervisor: Reached': 'falls',
      'hypervisor: Time since last proof': 'rises',
      'fleet: Oldest proof': 'rises',
      'hypervisor: Circuit': 'rises',
      'hypervisor: Watched': 'falls',
      'hypervisor: Last sign of the watch': 'rises',
      'hypervisor: Way there and back': 'falls',
    },
  },
]

const kernel = 'needs a kernel with device-mapper or containers of its own, which a host without QEMU has not'
const slow = 'its vital is read every five minutes and more'
const parsers = 'captured answers go through the parsers of its kind instead'
const world = 'the fleet of the scenarios has no such manifest'

/** Panels whose fault is not to be had there: why. `panels.test.ts` tells their fault to the metrics. */
export const elsewhere: Readonly<Record<string, string>> = {
  'hypervisor: Up since': 'the machine would have to be booted; test/system does so under QEMU',
  'hypervisor: Security updates that wait': `${slow}; ${parsers}`,
  'hypervisor: Clock kept right': `its hosts have the clock of this machine; ${parsers}`,
  'hypervisor: Clock off': `its hosts have the clock of this machine; ${parsers}`,
  'hypervisor: Memory and root file system': `it would be this machine's own that fills; ${parsers}`,
  'hypervisor: What it runs on': `${slow}; ${parsers}`,
  'hypervisor: Processor': `${kernel}; ${parsers}`,
  'hypervisor: Memory': `${kernel}; ${parsers}`,
  'hypervisor: Memory, of its limit': `${kernel}; ${parsers}`,
  'hypervisor: Killed for want of memory': `${kernel}; ${parsers}`,
  'hypervisor: Starts and failed units': `${kernel}; ${parsers}`,
  'hypervisor: Beancounters (OpenVZ)': `no kernel of OpenVZ is to be had; ${parsers}`,
  'hypervisor: Rules that are counted': `${world}; ${parsers}`,
  'hypervisor: Rules that are counted, packets': `${world}; ${parsers}`,
  'hypervisor: Others who filter there': `${world}; ${parsers}`,
  'drift: Removals withheld': 'takes a fleet that loses six items and more of one host at once',
  'fleet: Newest commit': 'the scenarios trust every commit; test/cli/trust.test.ts refuses real ones',
  'controller: Commits that were refused': 'the scenarios trust every commit; test/cli/trust.test.ts refuses real ones',
  'controller: Replicas': 'the scenarios have one controller; test/replicas/ has several',
  'controller: Webhooks': 'the scenarios listen for none; test/cli/hooks.test.ts sends real ones',
  'controller: Status at the forge': 'the scenarios have no forge; test/http sends to a real server',
  'controller: Scraped': 'the last fault of panels.test.ts, which ends a real server',
  'controller: Waiting': 'takes more hosts than workers',
  'controller: Longest in hand': 'takes a host that hangs for minutes',
  'controller: Hypervisors': 'takes a fifth host',
  'mail-and-dns: Gateways': 'a gateway that Reeve repairs is not down for long enough',
  'mail-and-dns: Relays for strangers': 'Reeve repairs what opens it; test/kinds/mailroute has a real one',
  'mail-and-dns: Queue': `${slow}; test/kinds/mailroute fills a real one`,
  'mail-and-dns: Deferred': `${slow}; test/kinds/mailroute fills a real one`,
  'mail-and-dns: Oldest message': `${slow}; test/kinds/mailroute fills a real one`,
  'mail-and-dns: Gateways that differ': `${slow}; ${parsers}`,
  'mail-and-dns: Virtual hosts': `${world}; ${parsers}`,
  'mail-and-dns: Backends (Varnish)': `${world}; ${parsers}`,
  'mail-and-dns: Certificates': `${world}; ${parsers}`,
  'mail-and-dns: Senders': `${slow}; test/kinds/syslogsink has real ones`,
  'mail-and-dns: Kept back at senders': `${slow}; test/kinds/syslogsink has real ones`,
  'mail-and-dns: Free at the sink': `it would be this machine's own that fills; ${parsers}`,
  ...Object.fromEntries(
    [
      'Disks',
      'Not listed',
      'Answered',
      'Each disk',
      'Temperature',
      'Running time since a self-test',
      'Damaged on the cable',
      'Logs of the disk',
      'NVMe',
      'Asleep',
    ].map((title) => [`disks: ${title}`, `no disk fails at will; ${parsers}`]),
  ),
  ...Object.fromEntries(
    ['Space left', 'Inodes left', 'Thin pools', 'Volume groups'].map((title) => [`disks: ${title}`, `${kernel}; ${parsers}`]),
  ),
}

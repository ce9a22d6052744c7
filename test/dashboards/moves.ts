import type { FaultName } from './faults.ts'

/** What a fault does to a query: the sum of its values (no series: 0) rises or falls, or its series or their values change. */
export type Move = 'rises' | 'falls' | 'changes'
export type Shown = readonly [fault: FaultName, move: Move]

const drifts = 'somebody edits a file, and nobody puts it right'
const corrects = 'somebody edits a file, and Reeve puts it right'
const massDelete = 'a commit takes away too much'
const removal = 'a commit takes something away'
const undone = 'a transaction fails, an item is refused, another cannot be read'
const commit = 'a commit arrives, and only one host has it'
const error = 'a commit has an error'
const silence = 'the repository does not answer'
const away = 'a hypervisor does not answer'
const unwell = 'a manifest is not as Git says, does not work, is stuck and suspended'
const slow = 'the way to a host is slow and its clock wrong'
const many = 'there are more hosts than workers'
const noMail = 'the smarthost takes no mail'
const joins = 'another hypervisor joins'
const refused = 'a commit is not signed'
const strangers = 'somebody guesses at the secret of the webhook'
const forge = 'the forge takes no status'
const replica = 'another replica joins, and leaves what it had to this one'
const uncertain = 'etcd does not answer'
const oneWay = 'a replica cannot reach a hypervisor that another one can'
const suspended = 'a person suspends a hypervisor'
const gone = 'the controller is gone'
const vitals = 'all that manifests watch goes wrong'

/** Of every panel: the fault that it shows, and how its queries move then; one for all of them, or one for each. */
export const moves: Readonly<Record<string, Shown | readonly Shown[]>> = {
  'fleet: Fields that drift': [drifts, 'rises'],
  'fleet: Oldest drift': [drifts, 'rises'],
  'fleet: Changes withheld': [massDelete, 'rises'],
  'fleet: Oldest proof': [away, 'rises'],
  'fleet: Commit → applied, 95 %': [commit, 'rises'],
  'fleet: Alerts that stand': [away, 'rises'],
  'fleet: What stands': [away, 'rises'],
  'fleet: Not as Git says': [unwell, 'changes'],
  'fleet: As Git says, and does not work': [unwell, 'changes'],
  'fleet: Stuck or suspended': [unwell, 'rises'],
  'fleet: Hypervisors': [
    [away, 'falls'],
    [away, 'rises'],
    [drifts, 'rises'],
    [massDelete, 'rises'],
    [commit, 'rises'],
    [joins, 'rises'],
    [suspended, 'rises'],
  ],
  'fleet: Commit in force': [commit, 'changes'],
  'fleet: Newest commit': [refused, 'rises'],
  'fleet: Errors in it': [error, 'rises'],
  'fleet: Repository answered': [silence, 'rises'],
  'fleet: Not at it': [commit, 'rises'],
  'fleet: Manifests not as Git says, by kind': [unwell, 'rises'],
  'fleet: Cycles, by what came of them': [undone, 'rises'],

  'hypervisor: Reached': [away, 'falls'],
  'hypervisor: Time since last proof': [away, 'rises'],
  'hypervisor: Left undone at the last cycle': [undone, 'rises'],
  'hypervisor: As Git says': [unwell, 'falls'],
  'hypervisor: Healthy': [unwell, 'falls'],
  'hypervisor: Up since': [vitals, 'falls'],
  'hypervisor: Failed units': [vitals, 'rises'],
  'hypervisor: Asks for a reboot': [vitals, 'rises'],
  'hypervisor: Security updates that wait': [vitals, 'rises'],
  'hypervisor: Clock kept right': [vitals, 'falls'],
  'hypervisor: Circuit': [away, 'rises'],
  'hypervisor: Watched': [away, 'falls'],
  'hypervisor: Last sign of the watch': [away, 'rises'],
  'hypervisor: Memory and root file system': [vitals, 'falls'],
  'hypervisor: Clock off': [slow, 'rises'],
  'hypervisor: Way there and back': [slow, 'rises'],
  'hypervisor: Waiting for its answers': [slow, 'rises'],
  'hypervisor: Messages': [slow, 'rises'],
  'hypervisor: What it runs on': [vitals, 'changes'],
  'hypervisor: Processor': [vitals, 'rises'],
  'hypervisor: Memory': [vitals, 'rises'],
  'hypervisor: Memory, of its limit': [vitals, 'rises'],
  'hypervisor: Killed for want of memory': [vitals, 'rises'],
  'hypervisor: Starts and failed units': [vitals, 'rises'],
  'hypervisor: Beancounters (OpenVZ)': [vitals, 'rises'],
  'hypervisor: Rules that are counted': [vitals, 'rises'],
  'hypervisor: Rules that are counted, packets': [vitals, 'rises'],
  'hypervisor: Others who filter there': [vitals, 'rises'],

  'drift: What drifts now': [drifts, 'rises'],
  'drift: What is withheld': [massDelete, 'rises'],
  'drift: Found': [drifts, 'rises'],
  'drift: Put right': [corrects, 'rises'],
  'drift: How long it is open': [drifts, 'rises'],
  'drift: How soon it is found': [corrects, 'rises'],
  'drift: Drifts most': [drifts, 'rises'],
  'drift: Found and not put right': [drifts, 'rises'],
  'drift: Commit → applied': [commit, 'rises'],
  'drift: Commit → applied, by hypervisor': [commit, 'rises'],
  'drift: Time since the newest commit': [commit, 'falls'],
  'drift: Where which commit is': [commit, 'changes'],
  'drift: Retired': [removal, 'rises'],
  'drift: Removals withheld': [massDelete, 'rises'],

  'mail-and-dns: Gateways': [vitals, 'falls'],
  'mail-and-dns: Servers that they deliver to': [vitals, 'falls'],
  'mail-and-dns: Relays for strangers': [vitals, 'rises'],
  'mail-and-dns: Queue': [vitals, 'rises'],
  'mail-and-dns: Deferred': [vitals, 'rises'],
  'mail-and-dns: Oldest message': [vitals, 'rises'],
  'mail-and-dns: Gateways that differ': [vitals, 'rises'],
  'mail-and-dns: Zones served': [vitals, 'falls'],
  'mail-and-dns: Name servers': [vitals, 'falls'],
  'mail-and-dns: Zones': [
    [vitals, 'falls'],
    [vitals, 'rises'],
    [vitals, 'falls'],
    [vitals, 'falls'],
  ],
  'mail-and-dns: Virtual hosts': [vitals, 'falls'],
  'mail-and-dns: Backends (Varnish)': [vitals, 'falls'],
  'mail-and-dns: Certificates': [vitals, 'falls'],
  'mail-and-dns: Senders': [vitals, 'rises'],
  'mail-and-dns: Kept back at senders': [vitals, 'rises'],
  'mail-and-dns: Free at the sink': [vitals, 'falls'],

  'disks: Disks': [vitals, 'falls'],
  'disks: Not listed': [vitals, 'rises'],
  'disks: Answered': [vitals, 'falls'],
  'disks: Each disk': [
    [vitals, 'falls'],
    [vitals, 'rises'],
    [vitals, 'falls'],
    [vitals, 'rises'],
    [vitals, 'rises'],
    [vitals, 'rises'],
  ],
  'disks: Temperature': [vitals, 'rises'],
  'disks: Running time since a self-test': [vitals, 'rises'],
  'disks: Damaged on the cable': [vitals, 'rises'],
  'disks: Logs of the disk': [vitals, 'rises'],
  'disks: NVMe': [
    [vitals, 'rises'],
    [vitals, 'falls'],
    [vitals, 'rises'],
    [vitals, 'rises'],
  ],
  'disks: Asleep': [vitals, 'rises'],
  'disks: Space left': [vitals, 'falls'],
  'disks: Inodes left': [vitals, 'falls'],
  'disks: Thin pools': [vitals, 'rises'],
  'disks: Volume groups': [vitals, 'changes'],

  'controller: Scraped': [gone, 'falls'],
  'controller: Waiting': [many, 'rises'],
  'controller: Longest in hand': [many, 'rises'],
  'controller: Mails that wait': [noMail, 'rises'],
  'controller: Last mail': [noMail, 'rises'],
  'controller: Hypervisors': [joins, 'rises'],
  'controller: A cycle, by phase, 95 %': [slow, 'rises'],
  'controller: In the queue, 95 %': [many, 'rises'],
  'controller: With a worker, 95 %': [many, 'rises'],
  'controller: Cycles and retries': [
    [many, 'rises'],
    [away, 'rises'],
  ],
  'controller: Work at a time': [many, 'rises'],
  'controller: News of the repository': [silence, 'rises'],
  'controller: Mails': [noMail, 'rises'],
  'controller: Commits that were refused': [refused, 'rises'],
  'controller: Webhooks': [strangers, 'rises'],
  'controller: Replicas': [
    [replica, 'rises'],
    [replica, 'rises'],
    [uncertain, 'falls'],
    [oneWay, 'rises'],
  ],
  'controller: Status at the forge': [forge, 'rises'],
  'controller: Causes that stand': [away, 'rises'],
}

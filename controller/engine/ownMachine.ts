import type { Desired } from '../model/kind.ts'
import type { Ledger } from '../model/ledger.ts'
import type { PlannedChange } from '../model/plan.ts'
import type { HostFacts } from './facts.ts'

/** Where the controller itself runs, so that it does not stop itself where it manages its own machine. */
export interface OwnMachine {
  /** /etc/machine-id: a host that says the same is this machine; empty where there is none, as in an image. */
  readonly machineId: string
  /** Of the kernel: a host that says the same, and is another machine, has this one as its container. */
  readonly bootId?: string
  /** What its container could be called: its host name, and of OpenVZ its number. */
  readonly names?: readonly string[]
  /** Unit that it runs as; undefined where it is none. */
  readonly unit: string | undefined
  readonly user?: string
  /** What it runs from and keeps: its program, its state, its configuration. */
  readonly paths: readonly string[]
  /** Container of the host at hand that it runs in, as its provider names it; absent on the machine itself. */
  readonly inside?: string
}

/** Why a change on its own machine could end the controller, or lock out whoever would put that right; `isApprovable` where consent is enough. */
export interface OwnDanger {
  readonly because: string
  readonly isApprovable: boolean
}

const containerId = /^(?:lxcContainer|openvzContainer):(.+)$/

/** Whether a host is the controller's own machine, or has it in one of its containers, wanted or still in the ledger; undefined for any other. */
export function ownMachineOn(
  own: OwnMachine | undefined,
  facts: Pick<HostFacts, 'machineId' | 'bootId'>,
  items: readonly Pick<Desired, 'spec'>[],
  ledger: Pick<Ledger, 'entries'> | undefined,
): OwnMachine | undefined {
  if (own === undefined) return undefined
  if (own.machineId !== '' && own.machineId === facts.machineId) return own
  if (own.bootId === undefined || own.bootId !== facts.bootId) return undefined
  const wanted = items.map(({ spec }) => [spec.id, hostNameOf(spec)] as const)
  const known = [...(ledger?.entries.values() ?? [])].map(({ id }) => [id, undefined] as const)
  for (const [id, hostName] of [...wanted, ...known]) {
    const name = containerId.exec(id)?.[1]
    if (name !== undefined && (own.names?.includes(name) || own.names?.includes(hostName ?? name))) return { ...own, inside: name }
  }
  return undefined
}

/** Of containers of LXC: they may be called otherwise inside. */
function hostNameOf(spec: object): string | undefined {
  const settings = 'settings' in spec && typeof spec.settings === 'object' ? (spec.settings as Readonly<Record<string, unknown>>) : {}
  const name = settings['lxc.uts.name']
  return typeof name === 'string' ? name : undefined
}

/** Packages are no danger: Reeve removes none, and installs none that would (apt-get --no-remove). `isConfirmed`: the host itself takes it back where no connection comes in. */
export function ownDanger(change: PlannedChange, own: OwnMachine, isConfirmed = false): OwnDanger | undefined {
  if (change.target.inside !== own.inside) return change.target.inside === undefined ? onOwnHost(change, own) : undefined
  return onItself(change, own) ?? (own.inside === undefined ? onWaysIn(change, isConfirmed) : onWaysOut(change, own.inside))
}

/** What stands on the machine, or in the container, that the controller runs in. */
function onItself(change: PlannedChange, { unit, user, paths }: OwnMachine): OwnDanger | undefined {
  const [type, name] = splitId(change.id)
  const { fields, action } = change
  if (type === 'service' && name === unit && (action === 'delete' || fields.some(({ field }) => field !== 'enabled'))) {
    const because = `${unit} is this very controller, which does not stop or restart itself; do it by hand: systemctl restart ${unit}`
    return { because, isApprovable: false }
  }
  const held = paths.find((path) => name === path || `${path}/`.startsWith(`${name}/`) || name.startsWith(`${path}/`))
  if (name.startsWith('/') && held !== undefined && action === 'delete')
    return { because: `${change.id} holds what this very controller runs from (${held})`, isApprovable: true }
  if (type === 'account' && name === user && user !== 'root' && action === 'delete')
    return { because: `${user} is the user that this very controller runs as`, isApprovable: true }
  return undefined
}

const waysIn = /^(ssh|sshd|networking|systemd-networkd|NetworkManager)\.(service|socket)$/

/** On its own machine nothing proves that people still come in. */
function onWaysIn({ id, action, fields }: PlannedChange, isConfirmed: boolean): OwnDanger | undefined {
  const [type, name] = splitId(id)
  const isStopped = action === 'delete' || fields.some(({ field, after }) => field === 'state' && after === 'stopped')
  if (type === 'service' && waysIn.test(name) && isStopped)
    return { because: `this is the controller's own machine, and ${name} the way in for whoever would put it right`, isApprovable: true }
  if (type !== 'nftTable' && !isConfirmed) return undefined
  const proof =
    'a connection to itself comes in over the loopback, and proves nothing about yours, nor about its way to Git and to the mail server'
  return { because: `this is the controller's own machine: ${proof}`, isApprovable: true }
}

/** In its own container. */
function onWaysOut({ id, action, fields }: PlannedChange, inside: string): OwnDanger | undefined {
  const [type, name] = splitId(id)
  const isStopped = action === 'delete' || fields.some(({ field, after }) => field === 'state' && after === 'stopped')
  if (type !== 'nftTable' && !(type === 'service' && waysIn.test(name) && isStopped)) return undefined
  return {
    because: `the controller runs in this container (${inside}): this could cut its way to its hosts, to Git and to the mail server`,
    isApprovable: true,
  }
}

/** On the hypervisor whose container it runs in. */
function onOwnHost({ id, action, impact, fields }: PlannedChange, { inside = '' }: OwnMachine): OwnDanger | undefined {
  const [type, name] = splitId(id)
  const here = `the controller runs in the container ${inside} on this hypervisor`
  if (type === 'nftTable' || type === 'bridge')
    return {
      because: `${here}: ${id} could cut its way to Git and to the mail server, which no connection to the hypervisor proves`,
      isApprovable: true,
    }
  if (containerId.exec(id)?.[1] !== inside) return undefined
  const isEnded =
    action === 'delete' ||
    !['none', 'reload'].includes(impact) ||
    fields.some(({ field, after }) => field === 'state' && after !== 'running')
  if (isEnded) return { because: `${here}: this ends it, and only comes back if ${inside} does`, isApprovable: true }
  const tighter = fields.find(({ field, before, after }) => /memory|pids/.test(field) && !isWider(before, after))
  if (tighter === undefined || name === '') return undefined
  return {
    because: `${here}: a tighter ${tighter.field} could end it (${tighter.before ?? 'none'} → ${tighter.after ?? 'none'})`,
    isApprovable: true,
  }
}

/** Whether a limit of LXC certainly gives more than before, or as much. */
function isWider(before: string | undefined, after: string | undefined): boolean {
  const [was, is] = [limitOf(before), limitOf(after)]
  return is >= was
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** NaN, which is wider than nothing, for what is no limit. */
function limitOf(text: string | undefined): number {
  if (text === undefined || text === 'max' || text === '-1') return Number.POSITIVE_INFINITY
  const [, number, unit = ''] = /^(\d+)([KMGT]?)i?B?$/i.exec(text) ?? []
  return number === undefined ? Number.NaN : Number(number) * (units[unit.toUpperCase()] ?? 1)
}

function splitId(id: string): readonly [type: string, name: string] {
  const colon = id.indexOf(':')
  return [id.slice(0, colon), id.slice(colon + 1)]
}

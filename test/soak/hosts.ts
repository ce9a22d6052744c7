import { type LabHost, startLab } from '../lab/lab.ts'
import { startNativeHost } from '../lab/nspawn.ts'
import { hostNames } from './schedule.ts'

export const hostSorts = ['native', 'emulated'] as const
export type HostSort = (typeof hostSorts)[number]

/** A host of either sort that can lose its power. */
export interface SoakMachine extends LabHost {
  /** What its daemons listen on. */
  readonly ownAddress: string
  powerCycle(): Promise<void>
}

/** Two of them; they end with the stack. */
export const startMachines: Readonly<Record<HostSort, (stack: AsyncDisposableStack) => Promise<readonly SoakMachine[]>>> = {
  native: startNative,
  emulated: startEmulated,
}

async function startNative(stack: AsyncDisposableStack): Promise<readonly SoakMachine[]> {
  const hosts: SoakMachine[] = []
  for (const name of hostNames) {
    const host = stack.use(await startNativeHost({ name }))
    // A process id in it changes with each boot: it is passed on as it is asked for.
    hosts.push(Object.assign(Object.create(host) as typeof host, { ownAddress: host.address }))
  }
  return hosts
}

/** What a native host has from its image; the way out is the lab's own. */
const tools =
  'DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light bind9 bind9-dnsutils curl cron >/dev/null'

async function startEmulated(stack: AsyncDisposableStack): Promise<readonly SoakMachine[]> {
  const { machines } = stack.use(await startLab({ machines: hostNames.length }))
  for (const machine of machines) await machine.must(`apt-get update -qq >/dev/null; ${tools}`, { timeoutMs: 1_200_000 })
  return machines.map((machine) => Object.assign(Object.create(machine) as typeof machine, { ownAddress: machine.eth1Address }))
}

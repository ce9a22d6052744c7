import { expect } from 'vitest'
import { parseLedger } from '../../controller/engine/ledger.ts'
import type { Machine } from '../lab/machine.ts'

/** What must be on the host once and only once, in one look. */
export interface Footprint {
  /** Keys of the ledger with their state. */
  readonly ledger: readonly string[]
  readonly journals: string
  readonly volumes: string
  readonly fstab: string
  readonly tables: string
  readonly containers: string
  readonly marker: string
  readonly note: string
}

const cut = '-- reeve-test --'

const script = [
  'cat /var/lib/reeve/ledger',
  'ls -A /var/lib/reeve/journal 2>/dev/null || true',
  'lvs --noheadings -o lv_name,lv_size --units m | sort',
  'grep -v "^#" /etc/fstab | grep -v "^$" | sort',
  'nft list tables | sort',
  'lxc-ls -1 --running',
  'cat /srv/data/marker',
  'cat /etc/fleet-note',
].join(`; echo '${cut}'; `)

/** Everything that a fault could double or lose. */
export async function footprint(machine: Machine): Promise<Footprint> {
  const parts = (await machine.must(script)).split(`${cut}\n`)
  const reading = parseLedger(parts[0] ?? '')
  if (reading.status !== 'read') throw new Error(`the ledger is ${JSON.stringify(reading)}`)
  const ledger = [...reading.ledger.entries.entries()].map(([key, entry]) => `${key} ${entry.state}`).sort()
  const [, journals = '', volumes = '', fstab = '', tables = '', containers = '', marker = '', note = ''] = parts
  return { ledger, journals, volumes, fstab, tables, containers, marker, note }
}

/** The host is as it was, but for what the test names. Journals that were reported go without anybody waiting for it: they are given some seconds. */
export async function expectSame(machine: Machine, before: Footprint, but: Partial<Footprint> = {}): Promise<void> {
  const wanted = { ...before, ...but }
  await expect.poll(async () => (await footprint(machine)).journals, { timeout: 20_000, interval: 500 }).toBe(wanted.journals)
  const found = await footprint(machine)
  const moved = (Object.keys(wanted) as (keyof Footprint)[]).filter((key) => JSON.stringify(found[key]) !== JSON.stringify(wanted[key]))
  const told = moved.map((key) => `${key}: ${JSON.stringify(found[key])}, not ${JSON.stringify(wanted[key])}`).join('; ')
  expect(told, told).toBe('')
}

/** The rules in the kernel, without counters. */
export async function rules(machine: Machine): Promise<string> {
  return machine.must("nft -s list ruleset | sed 's/# handle.*//'")
}

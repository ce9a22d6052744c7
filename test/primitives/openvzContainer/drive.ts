import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import type { Known } from '../../../controller/model/observation.ts'
import type { AnyPrimitive, Step } from '../../../controller/model/primitive.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from '../../../controller/primitives/openvzContainer/spec.ts'
import type { Ran } from '../../machine/shell.ts'
import { carryOut, contextOf, observe, type Result } from '../../machine/transaction.ts'
import { type OpenvzHost, onStandIn } from '../../openvz/host.ts'

/** A container on a host, driven without the engine: what is there, what differs, and the steps of it. */
export function drive(host: OpenvzHost, primitive: AnyPrimitive = onStandIn) {
  let turn = 0
  const run = async (text: string): Promise<Ran> => {
    await host.write('/mnt/script', text)
    const { code, stdout } = await host.run('sh /mnt/script 2>/mnt/script.err')
    return { code, stdout, stderr: (await host.read('/mnt/script.err')) ?? '' }
  }
  const known = async (spec: OpenvzContainerSpec): Promise<Known<OpenvzContainerState>> => {
    const observed = await observe(primitive, spec, run)
    if (observed.status === 'unknown') throw new Error(`unknown: ${observed.reason}`)
    return observed as Known<OpenvzContainerState>
  }
  const context = contextOf({ fleet: 'prod', owners: ['Container/plpa'] })
  const difference = async (spec: OpenvzContainerSpec, last?: LedgerEntry) => primitive.diff(spec, await known(spec), last)
  const stepsOf = async (spec: OpenvzContainerSpec, last?: LedgerEntry): Promise<readonly Step[]> => {
    const observed = await known(spec)
    const found = primitive.diff(spec, observed, last)
    return found.status === 'change' ? primitive.steps(spec, found.change, observed, { ...context, last }) : []
  }
  const apply = async (spec: OpenvzContainerSpec, last?: LedgerEntry): Promise<Result> => {
    const before = `/mnt/before-${++turn}`
    return carryOut(await stepsOf(spec, last), before, run)
  }
  const retire = async (spec: OpenvzContainerSpec): Promise<Result> => {
    const steps = primitive.retire?.(entryOf(spec), await known(spec), context).steps ?? []
    return carryOut(steps, `/mnt/before-${++turn}`, run)
  }
  return { run, known, difference, stepsOf, apply, retire }
}

export function entryOf({ id }: OpenvzContainerSpec): LedgerEntry {
  return { target: 'he1', id, owners: ['Container/plpa'], files: [], fields: {}, deletionPolicy: 'Retain', state: 'done', commit: 'c' }
}

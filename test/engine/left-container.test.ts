import { afterEach, beforeEach, expect, it } from 'vitest'
import { journalOf } from '../../controller/engine/apply/paths.ts'
import { planScript } from '../../controller/engine/apply/plan-script.ts'
import { transactionScript } from '../../controller/engine/apply/transaction-script.ts'
import { emptyPlan } from '../../controller/engine/plan.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ContainerName, HypervisorName } from '../../controller/model/ids.ts'
import type { Plan, Transaction } from '../../controller/model/plan.ts'
import { sh } from '../../controller/shell/sh.ts'
import { depsOf, textOf, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const id = '0123456789abcdef'
let host: ShellHost

beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

/** A step in a container that is not there (any more). */
function planInside(): Plan {
  const transaction: Transaction = {
    target: { hypervisor: 'he1' as HypervisorName, inside: 'gone' as ContainerName },
    changes: [],
    owners: [],
    needs: [],
    isJob: false,
    steps: [{ title: 'write', phase: 'change', run: sh`:`, undo: sh`:` }],
    ledger: { begun: [], done: [], undone: [], removed: [] },
  }
  return { ...emptyPlan(wantedOf([]), 1), id, transactions: [transaction] }
}

async function interrupt(state: string): Promise<void> {
  const plan = planInside()
  const [transaction] = plan.transactions as [Transaction]
  const header = { format: 1, fleet: 'test', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 2, commit: 'c1' } as const
  const terms = { header, rewritesLedger: false, ignoresHold: false, insideSeconds: 5, withinSeconds: 60, by: 'a test' }
  const files = { apply: planScript(plan, terms).text, 'tx-0': transactionScript(transaction, id, 0).text, 'state-0': `${state}\n` }
  for (const [name, text] of Object.entries(files))
    await host.run(`mkdir -p ${journalOf(id)}; printf %s '${Buffer.from(text).toString('base64')}' | base64 -d >${journalOf(id)}/${name}`)
}

it.each(['begun', 'awaiting', 'confirmed'])(
  'an apply that was interrupted (%s) in a container that does not run any more holds the host up no longer',
  async (state) => {
    await reconcile(wantedOf([note('/mnt/a', 'one')]), depsOf(host))
    await interrupt(state)
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'two')]), depsOf(host))
    expect(cycle).toMatchObject({ status: 'converged', recovered: [expect.any(String)] })
    expect(await textOf(host, '/mnt/a')).toBe('two')
    expect((await reconcile(wantedOf([note('/mnt/a', 'two')]), depsOf(host))).status).toBe('noop')
    await expect.poll(async () => (await host.run('ls /var/lib/reeve/journal')).stdout, { timeout: 10_000 }).toBe('')
  },
)

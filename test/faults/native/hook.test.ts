import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { planScript } from '../../../controller/engine/apply/plan-script.ts'
import { transactionScript } from '../../../controller/engine/apply/transaction-script.ts'
import { emptyPlan } from '../../../controller/engine/plan.ts'
import type { HypervisorName } from '../../../controller/model/ids.ts'
import type { Transaction } from '../../../controller/model/plan.ts'
import { sh } from '../../../controller/shell/sh.ts'
import { wantedOf } from '../../engine/deps.ts'
import { rules } from './hook.ts'

const transaction: Transaction = {
  target: { hypervisor: 'he1' as HypervisorName },
  changes: [],
  owners: [],
  needs: [],
  isJob: false,
  steps: [{ title: 'write', phase: 'change', run: sh`:` }],
  ledger: { begun: [], done: [], undone: [], removed: [] },
}
const header = { format: 1, fleet: 'test', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 2, commit: 'c1' } as const
const terms = { header, rewritesLedger: false, ignoresHold: false, insideSeconds: 5, withinSeconds: 60, by: 'a test' }
const plan = { ...emptyPlan(wantedOf([]), 1), transactions: [transaction] }
const scripts = `${planScript(plan, terms).text}\n${transactionScript(transaction, plan.id, 0).text}\n`

it.each(rules.map((rule) => [/reeve-fault (\w+)/.exec(rule)?.[1], rule] as const))(
  'the scripts of an apply have the boundary %s, which a fault is put at',
  (_, rule) => {
    expect(execFileSync('sed', [rule], { input: scripts, encoding: 'utf8' })).not.toBe(scripts)
  },
)

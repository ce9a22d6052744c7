import type { ControllerEvent, FailedTransaction, ReconcileReport } from '../../../controller/model/event.ts'
import { hypervisorName, manifestId } from '../../../controller/model/ids.ts'
import { randomFrom } from '../../random.ts'
import { driftOfFile, report } from '../reports.ts'

/** Something that is wrong on a hypervisor for a while. */
export interface Fault {
  /** As mails name it. */
  readonly summary: string
  readonly hypervisor: string
  readonly sort: 'drift' | 'failure' | 'unreachable'
  readonly owner: string
  readonly fromSeconds: number
  readonly untilSeconds: number
}

export const daySeconds = 86_400
/** The simulated day begins here; the last faults are over four hours before its end, so that all is told within it. */
export const morning = 1_700_000_000
/** Time between two looks at each hypervisor. */
export const stepSeconds = 60

/** Faults all through a day, the same for the same seed; each has an owner of its own, so that a mail shows whose it is. */
export function faultsOf(seed: number, count: number): readonly Fault[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, n) => {
    const fromSeconds = morning + Math.floor(random() * daySeconds * 0.7)
    const untilSeconds = fromSeconds + 1200 + Math.floor(random() * 10_000)
    // One hypervisor cannot be reached now and then: nothing else is wrong there, since it would not be told meanwhile.
    if (n % 10 === 9)
      return { summary: `he${n}: unreachable`, hypervisor: `he${n}`, sort: 'unreachable', owner: '', fromSeconds, untilSeconds }
    const [hypervisor, owner] = [`he${n % 5}`, `Proxy/p${n}`]
    const sort = n % 2 === 0 ? 'drift' : 'failure'
    const summary = sort === 'drift' ? `${hypervisor}: drift of ${owner}` : `${hypervisor}: reconcile of ${owner} failed`
    return { summary, hypervisor, sort, owner, fromSeconds, untilSeconds }
  })
}

/** What the loop would tell at this time: the state of each hypervisor. */
export function eventsAt(faults: readonly Fault[], nowSeconds: number): readonly ControllerEvent[] {
  const standing = faults.filter(({ fromSeconds, untilSeconds }) => fromSeconds <= nowSeconds && nowSeconds < untilSeconds)
  const names = [...new Set(faults.map(({ hypervisor }) => hypervisor))]
  return names.map((name) => {
    const own = standing.filter(({ hypervisor }) => hypervisor === name)
    const hypervisor = hypervisorName(name)
    if (own.some(({ sort }) => sort === 'unreachable'))
      return { type: 'hostFailed', hypervisor, kind: 'timeout', message: 'connection timed out', atSeconds: nowSeconds }
    return report(nowSeconds, {
      hypervisor,
      drift: own.filter(({ sort }) => sort === 'drift').map((fault) => driftOfFile(`/etc/${fault.owner}`, ownerOf(fault))),
      failed: own.filter(({ sort }) => sort === 'failure').map((fault) => failureOf(hypervisor, fault)),
    })
  })
}

function ownerOf({ owner }: Fault): ReturnType<typeof manifestId> {
  return manifestId('Proxy', owner.slice('Proxy/'.length))
}

function failureOf(hypervisor: ReconcileReport['hypervisor'], fault: Fault): FailedTransaction {
  return {
    target: { hypervisor },
    owners: [ownerOf(fault)],
    changes: [driftOfFile(`/etc/nginx/${fault.owner}`, ownerOf(fault))],
    outcome: { status: 'failed', step: 'check nginx', exitCode: 1, stderr: 'no space left on device', undone: true },
  }
}

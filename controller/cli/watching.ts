import type { Finding, WatchNews } from '../loop/ports.ts'
import type { HypervisorName } from '../model/ids.ts'
import { ledgerKey } from '../model/ledger.ts'
import type { PlannedChange } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import { watchSources } from '../model/watched.ts'
import type { Logger } from '../report/log.ts'
import type { Metrics } from '../report/metrics.ts'

/** Tells how watches stand: in metrics always, in the log where that has changed. */
export function createWatching({ log, metrics }: { readonly log: Logger; readonly metrics: Metrics }): {
  onNews(hypervisor: HypervisorName, news: WatchNews): void
  /** It is another one's, or nobody's. */
  forget(hypervisor: HypervisorName): void
} {
  const told = new Map<HypervisorName, string>()
  return {
    forget: (hypervisor) => void told.delete(hypervisor),
    onNews(hypervisor, { isOpen, because, sources, heardSeconds }) {
      metrics.hypervisorWatchLastEvent.set({ hypervisor }, heardSeconds)
      const stand = isOpen ? [...sources].map(([source, trouble]) => `${source} ${trouble}`).join(';') : because
      if (told.get(hypervisor) === stand) return
      told.set(hypervisor, stand)
      for (const source of watchSources) metrics.hypervisorWatchUp.remove({ hypervisor, source })
      for (const [source, trouble] of sources) metrics.hypervisorWatchUp.set({ hypervisor, source }, isOpen && trouble === '' ? 1 : 0)
      const fields = { component: 'watch', hypervisor }
      if (!isOpen) {
        metrics.hypervisorWatchUp.set({ hypervisor, source: 'file' }, 0)
        log.info(fields, `${hypervisor}: it is not watched, and what moves there is found by the resync alone: ${because}`)
      }
      for (const [source, trouble] of sources)
        if (isOpen && trouble !== '')
          log.warn({ ...fields, source }, `${hypervisor}: changes of sort ${source} are not told at once: ${trouble}`)
      if (isOpen) log.debug(fields, `${hypervisor}: what moves there is told at once`)
    },
  }
}

/** How long what was found now had been there: since what announced it, or, where nothing did, since the host was last looked at. */
export function recordDetection(metrics: Metrics, drift: readonly PlannedChange[], finding: Finding | undefined): void {
  if (finding === undefined) return
  const { noticed, foundSeconds, lookedSeconds } = finding
  for (const { target, id } of drift) {
    const key = ledgerKey(targetKey(target), id)
    const notice = noticed.find(({ items }) => items?.includes(key))
    const since = notice?.firstSeconds ?? lookedSeconds
    if (since === undefined) continue
    metrics.driftDetection.observe({ source: notice === undefined ? 'resync' : 'watch' }, Math.max(0, foundSeconds - since))
  }
}

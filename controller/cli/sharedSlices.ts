import type { Mail } from '../model/mail.ts'
import type { Replica } from '../replicas/ports.ts'
import { readAlertState } from '../report/alerts.ts'
import type { SharedAlerts } from './sharedAlerting.ts'

/** Where the slices of the alerts lie in etcd, and the mails that tell of them until they are sent. */
export function sharedAlertsOf(replica: Replica): SharedAlerts {
  function load(slice: string): unknown {
    const entry = replica.picture.entries.get(`alerts/${slice}`)
    try {
      return entry === undefined ? undefined : JSON.parse(entry.value)
    } catch {
      return undefined
    }
  }

  return {
    get held() {
      return replica.held
    },
    load,
    save(slice, state, mails) {
      const key = `alerts/${slice}`
      // Where the answer to the last save was lost, it may be sent and gone by now.
      const saved = new Set(readAlertState(load(slice)).groups.flatMap((group) => group.mails))
      const told = mails
        .filter(({ id }) => !saved.has(id))
        .map((mail) => ({ put: `mails/${mail.id}`, value: JSON.stringify({ slice, mail: mail satisfies Mail }) }))
      return replica.change([state === undefined ? { delete: key } : { put: key, value: JSON.stringify(state) }, ...told], [slice])
    },
  }
}

import { beforeEach, describe, expect, it } from 'vitest'
import { type Alerting, createAlerting } from '../../controller/cli/alerting.ts'
import { createSharedAlerting, type SharedAlerts, wholeFleet, withShared } from '../../controller/cli/sharedAlerting.ts'
import type { ControllerEvent } from '../../controller/model/event.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { AlertSettings } from '../../controller/report/alerts.ts'
import type { Logger } from '../../controller/report/log.ts'
import { silentLog } from '../replicas/log.ts'

const settings: AlertSettings = {
  graceSeconds: {},
  settleSeconds: 600,
  keepFiringSeconds: 0,
  groupWaitSeconds: 5,
  groupIntervalSeconds: 5,
  repeatSeconds: { critical: 3600, warning: 3600 },
}

/** What etcd holds, and whose what is. */
let states: Map<string, unknown>
let mails: Mail[]
let owners: Map<string, string>
/** Since when; absent: 0. */
let since: Map<string, number>
let isAway: boolean
let writes: number

beforeEach(() => {
  states = new Map()
  mails = []
  owners = new Map()
  since = new Map()
  isAway = false
  writes = 0
})

function replica(name: string): Alerting {
  const shared: SharedAlerts = {
    get held() {
      return new Map([...owners].flatMap(([slice, owner]) => (owner === name ? [[slice, since.get(slice) ?? 0] as const] : [])))
    },
    load: (slice) => structuredClone(states.get(slice)),
    async save(slice, state, told) {
      if (isAway) throw new Error('etcd is away')
      if (owners.get(slice) !== name) return false
      writes++
      if (state === undefined) states.delete(slice)
      else states.set(slice, structuredClone(state))
      mails.push(...told)
      return true
    },
  }
  return createSharedAlerting({ log: silentLog as Logger, store: { record() {} }, settings, shared, silences: () => [] })
}

const down = (hypervisor: string, atSeconds: number): ControllerEvent => ({
  type: 'hostFailed',
  hypervisor: hypervisor as HypervisorName,
  kind: 'timeout',
  message: 'no route',
  atSeconds,
})
const tick = (atSeconds: number): ControllerEvent => ({ type: 'tick', atSeconds })
const git = (status: 'ok' | 'trouble', atSeconds: number): ControllerEvent => ({ type: 'git', status, message: 'gone', atSeconds })
const subjects = (): readonly string[] => mails.map(({ subject }) => subject)

async function tell(to: Alerting, ...events: readonly ControllerEvent[]): Promise<void> {
  for (const event of events) await to.handle(event)
}

describe('alerts that several controllers share', () => {
  it('are told by who is in charge, and not told again by the heir, who goes on with their thread', async () => {
    owners.set('he1', 'a').set('he2', 'b')
    const [a, b] = [replica('a'), replica('b')]
    for (const each of [a, b]) await tell(each, down('he1', 100), down('he2', 100), tick(106))
    expect(subjects()).toEqual(['[reeve] he1: unreachable', '[reeve] he2: unreachable'])
    owners.set('he1', 'b')
    await tell(b, down('he1', 120), tick(140), tick(3800))
    await tell(a, down('he1', 120), tick(140), tick(3800))
    expect(subjects().slice(2).sort()).toEqual(['[reeve] still: he1: unreachable', '[reeve] still: he2: unreachable'])
    expect(mails[2]?.references).toHaveLength(1)
    expect(a.state.alerts).toEqual([])
    expect(new Set(mails.map(({ id }) => id)).size).toBe(4)
  })

  it('are as the one in between has left them, for whom they come back to before he noticed that they were gone', async () => {
    owners.set('he1', 'a')
    const [a, b] = [replica('a'), replica('b')]
    await tell(a, tick(90))
    owners.set('he1', 'b')
    await tell(b, down('he1', 100), tick(106))
    owners.set('he1', 'a')
    since.set('he1', 1)
    await tell(a, down('he1', 110), tick(116))
    expect(subjects()).toEqual(['[reeve] he1: unreachable'])
  })

  it('that were found and not mailed yet are mailed by the heir, once', async () => {
    owners.set('he1', 'a')
    const [a, b] = [replica('a'), replica('b')]
    await tell(a, down('he1', 100))
    owners.set('he1', 'b')
    await tell(b, tick(106))
    await tell(a, tick(106))
    expect(subjects()).toEqual(['[reeve] he1: unreachable'])
  })

  it('are not written again where they are only seen again, also by the heir', async () => {
    owners.set('he1', 'a')
    const [a, b] = [replica('a'), replica('b')]
    await tell(a, down('he1', 100), tick(106))
    expect(writes).toBe(2)
    await tell(a, down('he1', 110), down('he1', 120), tick(121))
    owners.set('he1', 'b')
    await tell(b, down('he1', 130), tick(131))
    expect(writes).toBe(2)
  })

  it('are not mailed before what holds them for told is saved, and all are when it is', async () => {
    owners.set('he1', 'a')
    const a = replica('a')
    isAway = true
    await tell(a, down('he1', 100), tick(106), tick(107))
    expect(mails).toEqual([])
    isAway = false
    await tell(a, tick(108))
    expect(subjects()).toEqual(['[reeve] he1: unreachable'])
    await tell(a, tick(109))
    expect(mails).toHaveLength(1)
  })

  it('that the dying one could not save are found by its heir', async () => {
    owners.set('he1', 'a')
    const [a, b] = [replica('a'), replica('b')]
    isAway = true
    await tell(a, down('he1', 100), tick(106))
    isAway = false
    owners.set('he1', 'b')
    await tell(a, tick(107))
    await tell(b, down('he1', 110), tick(116))
    expect(subjects()).toEqual(['[reeve] he1: unreachable'])
    expect(b.state.alerts.map(({ sinceSeconds }) => sinceSeconds)).toEqual([110])
  })

  it('of the whole fleet are told by one, and by the next one from what it saw before', async () => {
    owners.set(wholeFleet, 'a')
    const [a, b] = [replica('a'), replica('b')]
    for (const each of [a, b]) await tell(each, git('trouble', 100))
    owners.set(wholeFleet, 'b')
    // Before the first one had told it.
    await tell(b, tick(106))
    await tell(a, tick(106))
    expect(subjects()).toEqual(['[reeve] Git cannot be read'])
    await tell(a, git('ok', 120), tick(130))
    expect(mails).toHaveLength(1)
    await tell(b, git('ok', 120), tick(130))
    expect(subjects()[1]).toBe('[reeve] resolved: Git cannot be read')
  })

  it('leave nothing behind when the hypervisor leaves Git', async () => {
    owners.set('he1', 'a')
    const a = replica('a')
    await tell(a, down('he1', 100), tick(106))
    expect([...states.keys()]).toEqual(['he1'])
    await tell(a, { type: 'removed', hypervisor: 'he1' as HypervisorName, atSeconds: 120 })
    expect([...states.keys()]).toEqual([])
  })

  it('survive a state that nobody can read', async () => {
    owners.set('he1', 'a')
    states.set('he1', { version: 2, alerts: 'x' })
    const a = replica('a')
    await tell(a, down('he1', 100), tick(106))
    expect(subjects()).toEqual(['[reeve] he1: unreachable'])
  })

  it('do not take what one replica says of itself', async () => {
    owners.set('he1', 'a').set(wholeFleet, 'a')
    const spooled: Mail[] = []
    const store = { loadState: () => undefined, saveState() {}, record() {} }
    const own = createAlerting({
      log: silentLog as Logger,
      store,
      mailer: { submit: async (mail) => void spooled.push(mail) },
      settings,
      silences: () => [],
    })
    const shared: SharedAlerts = {
      held: new Map([
        ['he1', 0],
        [wholeFleet, 0],
      ]),
      load: () => undefined,
      save: async (_slice, _state, told) => mails.push(...told) >= 0,
    }
    const both = withShared(own, { alerts: shared }, { log: silentLog as Logger, store, settings, silences: () => [] })
    await tell(
      both,
      { type: 'etcd', status: 'trouble', message: 'etcd has not answered for 4 s', atSeconds: 100 },
      down('he1', 100),
      tick(106),
    )
    expect([spooled.map(({ subject }) => subject), subjects()]).toEqual([
      ['[reeve] Reeve itself: a replica cannot reach etcd'],
      ['[reeve] he1: unreachable'],
    ])
    expect(both.state.alerts.map(({ condition }) => condition).sort()).toEqual(['EtcdUnreachable', 'Unreachable'])
    await tell(both, { type: 'etcd', status: 'ok', message: '', atSeconds: 120 }, tick(130))
    expect(spooled[1]?.subject).toBe('[reeve] resolved: Reeve itself: a replica cannot reach etcd')
  })
})

describe('in a long life with many changes of hands', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'each mail is there once, and no number of a thread is missing, in %d. order',
    async (seed) => {
      let dice = seed * 7919
      const random = (): number => {
        dice = (Math.imul(dice ^ (dice >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
        return dice / 2 ** 32
      }
      const names = ['a', 'b', 'c']
      const alive = new Map(names.map((name) => [name, replica(name)]))
      for (const slice of ['he1', 'he2']) owners.set(slice, 'a')
      for (let now = 100; now < 4000; now += 10) {
        if (random() < 0.1) owners.set(random() < 0.5 ? 'he1' : 'he2', names[Math.floor(random() * 3)] ?? 'a')
        // Killed and started anew: all that it knew is gone.
        if (random() < 0.05) alive.set('b', replica('b'))
        isAway = random() < 0.1
        for (const each of alive.values()) await tell(each, ...(random() < 0.7 ? [down('he1', now), down('he2', now)] : []), tick(now + 6))
      }
      isAway = false
      for (const each of alive.values()) await tell(each, tick(4010))
      const ids = mails.map(({ id }) => id)
      expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
      for (const [, thread] of Map.groupBy(ids, (id) => id.replace(/\.\d+$/, '')))
        expect(thread.map((id) => Number(id.split('.').at(-1))).sort((one, other) => one - other)).toEqual(
          thread.map((_, index) => index + 1),
        )
      expect(ids.length).toBeGreaterThan(1)
    },
  )
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAlerting } from '../../../controller/cli/alerting.ts'
import { createMailer } from '../../../controller/mail/mailer.ts'
import { createLog } from '../../../controller/report/log.ts'
import { createStore } from '../../../controller/store/store.ts'
import { daySeconds, eventsAt, faultsOf, morning, stepSeconds } from './faults.ts'
import { alertSettings, type DayPlan, smarthostOn } from './plan.ts'

// The controller's alerts, store and spool through a day whose clock is ours; killed at any moment, the next one goes on where this one was.
const plan = JSON.parse(process.argv[2] ?? '') as DayPlan
let nowSeconds = plan.fromSeconds
let passed = 0
const log = createLog({ level: 'error', destination: { write: (line) => void process.stderr.write(line) } })
const store = createStore({
  path: join(plan.folder, 'history.sqlite'),
  retentionSeconds: 1e9,
  maxEntries: 100_000,
  log,
  nowSeconds: () => nowSeconds,
})
const mailer = await createMailer({
  dir: join(plan.folder, 'mail'),
  smarthost: smarthostOn(plan.smtpPort),
  retry: { firstSeconds: 5, maxSeconds: 900, giveUpSeconds: 5 * daySeconds },
  log,
  nowSeconds: () => nowSeconds,
})

/** Ends here, as a power cut would, when its turn has come. */
function dieAt(place: string): void {
  if (plan.dieAt?.place !== place) return
  passed += 1
  if (passed >= plan.dieAt.count) process.kill(process.pid, 'SIGKILL')
}

const alerting = createAlerting({
  log,
  store: {
    loadState: (name) => store.loadState(name),
    record: (...entry) => store.record(...entry),
    saveState(name, state) {
      dieAt('before save')
      store.saveState(name, state)
      dieAt('after save')
    },
  },
  mailer: {
    async submit(mail) {
      dieAt('before spooling')
      const spooling = mailer.submit(mail)
      dieAt('while spooling')
      await spooling
      dieAt('after spooling')
    },
  },
  settings: alertSettings,
  silences: () => [],
})

const note = () => writeFileSync(join(plan.folder, 'now'), String(nowSeconds))
const faults = faultsOf(plan.seed, plan.faults)
note()
while (nowSeconds < morning + daySeconds) {
  for (const event of eventsAt(faults, nowSeconds)) await alerting.handle(event)
  for (let second = 0; second < stepSeconds; second += 5) {
    nowSeconds += 5
    await alerting.handle({ type: 'tick', atSeconds: nowSeconds })
  }
  if (nowSeconds % 900 < stepSeconds) await mailer.flush()
  note()
}
// The evening: the mail server may be back, and every wait is over soon.
for (let tries = 0; tries < 20 && plan.isEvening; tries += 1) {
  nowSeconds += 900
  if ((await mailer.flush()) === 0) break
}
store[Symbol.dispose]()
await mailer[Symbol.asyncDispose]()

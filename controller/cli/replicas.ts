import { hostname } from 'node:os'
import type { Config } from '../config.ts'
import type { Charge } from '../loop/charge.ts'
import type { Controller } from '../loop/controller.ts'
import type { Claims, Mailer } from '../mail/mailer.ts'
import type { Attempt } from '../model/attempt.ts'
import { epochNumber } from '../model/epoch.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Mail } from '../model/mail.ts'
import { createEtcd } from '../replicas/etcd.ts'
import type { Replica } from '../replicas/ports.ts'
import { createReaching, type Reaching } from '../replicas/reaching.ts'
import { rendezvous } from '../replicas/rendezvous.ts'
import { createReplica } from '../replicas/replica.ts'
import type { Logger } from '../report/log.ts'
import { utc } from '../report/mails.ts'
import type { Metrics } from '../report/metrics.ts'
import type { Store } from '../store/store.ts'
import { calm } from './calm.ts'
import { clock, randomHex } from './context.ts'
import { openGateway, userOf } from './etcdAccess.ts'
import { CommandEnd } from './exit.ts'
import { createPeople, type People } from './people.ts'
import type { Reporter } from './reporter.ts'
import type { SharedAlerts } from './sharedAlerting.ts'
import { wholeFleet } from './sharedAlerting.ts'
import { createSharedMails } from './sharedMails.ts'
import { sharedAlertsOf } from './sharedSlices.ts'
import { breathe } from './slices.ts'
import type { Suspensions } from './suspensions.ts'

/** Whom news from the other replicas reach. */
export interface Listeners {
  readonly controller: Pick<Controller, 'chargeMoved' | 'leave' | 'reconcileNow' | 'tryWay'>
  readonly reporter: Pick<Reporter, 'settled' | 'onEtcd' | 'tick'>
  readonly suspensions: Suspensions
  readonly mailer: Mailer | undefined
  askGit(): void
}

/** This controller among others that share its fleet. */
export interface Sharing extends AsyncDisposable {
  readonly charge: Charge
  readonly alerts: SharedAlerts
  readonly claims: Claims
  readonly people: People
  /** Of this replica. */
  readonly name: string
  /** What a forge is told by each has a name of its own. */
  ofItsOwn(config: Config): Config
  /** What each tells of itself is no other one's mail, though it be of the same moment. */
  nameMails(mailer: Pick<Mailer, 'submit'>): Pick<Mailer, 'submit'>
  /** Who is in charge of a hypervisor, for people; undefined where it is this one. */
  ownerOf(hypervisor: string): string | undefined
  /** Why this replica, and not another one, is in charge of a hypervisor; undefined where there is nothing to tell. */
  whyHere(hypervisor: string): string | undefined
  /** Tells the others that a person wants these looked at. */
  wakeOthers(hypervisor: string | undefined): Promise<unknown>
  /** To be called once all is there; it joins the others with the first commit. */
  listen(listeners: Listeners): void
  /** To be called before the controller stops: what is not in hand here is another one's at once, and nothing more is taken. */
  retire(): void
  /** To be called every second. */
  tick(): void
  readLevels(metrics: Metrics): void
}

type Settings = NonNullable<Config['replicas']>

/** Opens nothing yet; ends the command where a file cannot be read. */
export function openSharing(config: Config, settings: Settings, store: Store, log: Logger): Sharing {
  const gateway = openGateway(settings)
  const name = settings.name ?? machineName()
  let listeners: Listeners | undefined
  let hasStarted = false
  let hasTroubleTold = false
  let charged: ReadonlySet<string> = new Set()
  const replica = createReplica({
    etcd: createEtcd(gateway, userOf(settings)),
    fleet: config.fleet,
    name,
    url: settings.url ?? '',
    leaseSeconds: settings.leaseMs / 1000,
    log,
    nowSeconds: clock.nowSeconds,
    monotonicMs: () => performance.now(),
    after: clock.after,
    leave,
    onChange,
    ways: () => reaching.said,
  })
  const reaching = createReaching({
    replica,
    name,
    handOverMs: settings.handOverMs,
    log,
    nowSeconds: clock.nowSeconds,
    monotonicMs: () => performance.now(),
    tryWay: async (hypervisor) => listeners?.controller.tryWay(hypervisor as HypervisorName) ?? notReady,
  })
  const people = createPeople(store, () => replica, log)
  const mails = createSharedMails(replica, log)

  /** What is to be told of it is told, and shared, by us. */
  async function leave(hypervisor: string): Promise<void> {
    if (hypervisor !== wholeFleet) await listeners?.controller.leave(hypervisor as HypervisorName)
    await tellAll()
  }

  let telling: Promise<void> | undefined

  /** Whatever was to be told when it was called. Those that call it at the same time have it done once. */
  function tellAll(): Promise<void> {
    telling ??= breathe().then(() => {
      telling = undefined
      listeners?.reporter.tick()
      return listeners?.reporter.settled()
    })
    return telling
  }

  function onChange(keys: readonly string[]): void {
    if (listeners === undefined) return
    const { controller, suspensions, mailer, askGit } = listeners
    const isOwner = keys.length === 0 || keys.some((key) => key.startsWith('owners/'))
    if (isOwner) chargeMoved()
    if (keys.some((key) => /^(members|ways)\//.test(key))) reaching.tick()
    if (people.learn(keys)) {
      suspensions.reload()
      askGit()
      controller.reconcileNow()
    }
    if (keys.some((key) => key.startsWith('mails/'))) mails.offer(mailer)
    for (const key of keys) if (key.startsWith('wake/') && replica.picture.entries.has(key)) wake(controller, key.slice('wake/'.length))
  }

  /** What each of them may do is asked of the replica itself; this is what must follow. */
  const chargeMoved = calm(
    () => {
      noteCharge()
      listeners?.controller.chargeMoved()
      mails.offer(listeners?.mailer)
    },
    { monotonicMs: () => performance.now(), after: clock.after },
  )

  function noteCharge(): void {
    const now = new Set([...replica.held.keys()].filter((each) => each !== wholeFleet && replica.ownedSince(each) !== undefined))
    const [before, taken] = [charged, [...now].filter((each) => !charged.has(each)).sort()]
    const left = [...before].filter((each) => !now.has(each)).sort()
    if (taken.length === 0 && left.length === 0) return
    charged = now
    log.info(
      { component: 'replicas', taken, left },
      `in charge of ${now.size} hypervisor(s), one of ${replica.picture.members.size} replica(s)`,
    )
    for (const each of taken) {
      const because = whyNotPlain(replica, each)
      if (because !== undefined)
        log.info({ component: 'replicas', hypervisor: each }, `${each} is in the charge of this replica: ${because}`)
    }
  }

  function tick(): void {
    if (!hasStarted || listeners === undefined) return
    const trouble = replica.uncertainty()
    const isNews = (trouble !== undefined) !== hasTroubleTold
    hasTroubleTold = trouble !== undefined
    if (trouble !== undefined || isNews) listeners.reporter.onEtcd(trouble)
    reaching.tick()
    mails.offer(listeners.mailer)
  }

  return {
    name,
    charge: chargeOf(replica, reaching, config.epoch, () => {
      if (!hasStarted) replica.start()
      hasStarted = true
    }),
    alerts: sharedAlertsOf(replica),
    claims: mails.claims,
    people,
    ofItsOwn: (all) =>
      all.commitStatus ? { ...all, commitStatus: { ...all.commitStatus, context: `${all.commitStatus.context}/${name}` } } : all,
    nameMails: (mailer) => ({ submit: (mail) => mailer.submit(namedMail(mail, name)) }),
    ownerOf: (hypervisor) => ownerWords(replica, hypervisor),
    whyHere: (hypervisor) => (replica.ownedSince(hypervisor) === undefined ? undefined : whyNotPlain(replica, hypervisor)),
    wakeOthers: (hypervisor) => replica.change([{ put: `wake/${hypervisor ?? everything}`, value: randomHex(8), ...leaseOf(replica) }]),
    listen(given) {
      listeners = given
    },
    retire: () => replica.retire(),
    tick,
    readLevels(metrics) {
      metrics.replicas.set(replica.picture.members.size)
      metrics.replicaHypervisors.set(replica.held.size - (replica.held.has(wholeFleet) ? 1 : 0))
      metrics.replicaWaysCut.set(reaching.cutCount)
      metrics.replicaCertain.set(replica.uncertainty() === undefined ? 1 : 0)
    },
    async [Symbol.asyncDispose]() {
      await replica[Symbol.asyncDispose]()
      gateway[Symbol.dispose]()
    },
  }
}

const everything = '@all'
const notReady: Attempt = { status: 'denied', because: 'this replica is just starting' }

function wake(controller: Pick<Controller, 'reconcileNow'>, hypervisor: string): void {
  controller.reconcileNow(hypervisor === everything ? undefined : (hypervisor as HypervisorName))
}

function leaseOf({ lease }: Replica): { readonly lease?: string } {
  return lease === undefined ? {} : { lease }
}

function chargeOf(replica: Replica, reaching: Reaching, term: number, start: () => void): Charge {
  return {
    epochOf(name) {
      const since = replica.ownedSince(name)
      return since === undefined ? undefined : epochNumber(term, since)
    },
    uncertainty: () => replica.uncertainty(),
    follow(names) {
      reaching.follow(names)
      replica.follow([...names, wholeFleet])
      start()
    },
    tried: reaching.tried,
  }
}

function ownerWords(replica: Replica, hypervisor: string): string | undefined {
  if (replica.ownedSince(hypervisor) !== undefined) return undefined
  const owner = replica.picture.owners.get(hypervisor)
  if (owner === undefined) return 'no replica is in charge of it yet'
  const url = replica.picture.members.get(owner.member)?.url ?? ''
  const because = whyNotPlain(replica, hypervisor)
  return `replica ${owner.member} is in charge of it${url === '' ? '' : `: ${url}`}${because === undefined ? '' : ` (${because})`}`
}

/** Why it is not the replica that the plain rendezvous names; undefined where it is, or nobody is. */
function whyNotPlain({ picture }: Replica, hypervisor: string): string | undefined {
  const owner = picture.owners.get(hypervisor)?.member
  if (owner === undefined || owner === rendezvous(hypervisor, picture.members.keys())) return undefined
  const cut = [...(picture.ways.get(hypervisor) ?? [])].filter(([member, { is }]) => is === 'cut' && picture.members.has(member))
  const words = cut.map(([member, said]) => `replica ${member} found no way to it at ${utc(said.sinceSeconds)}: ${said.because}`)
  return words.length === 0 ? undefined : words.join('; ')
}

function namedMail(mail: Mail, name: string): Mail {
  const idOf = (id: string): string => `${id}.${name.slice(0, 40)}`
  return { ...mail, id: idOf(mail.id), references: mail.references.map(idOf) }
}

function machineName(): string {
  const name = hostname().split('.')[0]?.toLowerCase() ?? ''
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name
  throw new CommandEnd(`the name of this machine, ${JSON.stringify(name)}, is none for a replica: write replicas.name in reeve.yaml`)
}

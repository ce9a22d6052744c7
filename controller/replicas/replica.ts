import { reasonOf } from '../model/reason.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import type { Change } from './etcd.ts'
import { type Following, followKeys } from './follow.ts'
import { createGiving, type Giving } from './giving.ts'
import { decideMoves } from './moves.ts'
import { createNewcomers, type Newcomers } from './newcomers.ts'
import { claimPart, joinPart, leaveParts, type Me, placed, takeParts } from './parts.ts'
import { pauseFor } from './pause.ts'
import { createPicture, type Owner, ownerKey, type Picture } from './picture.ts'
import type { Replica, ReplicaDeps } from './ports.ts'

export function createReplica(deps: ReplicaDeps): Replica {
  return new EtcdReplica(deps)
}

const none: ReadonlyMap<string, number> = new Map()
const retryMs = 500
const longestSettleSeconds = 15
/** To decide who moves takes a tenth of the time at most. */
const restsFor = 9

class EtcdReplica implements Replica {
  readonly picture: Picture
  readonly #deps: ReplicaDeps
  readonly #prefix: string
  readonly #deadline: Deadline
  readonly #stop = new AbortController()
  readonly #giving: Giving
  readonly #newcomers: Newcomers
  #lease: string | undefined
  #hasJoined = false
  #isRetiring = false
  /** Of the store, when this one joined: a picture of that moment, and of each later one, shows it. */
  #joinedAt = 0
  #wanted: ReadonlySet<string> = new Set()
  #following: Following | undefined
  #renewing: Promise<void> = Promise.resolve()
  #moving: Promise<void> | undefined
  #mustMove = false
  #trouble: Replica['trouble']
  #wasCertain = false

  constructor(deps: ReplicaDeps) {
    this.#deps = deps
    this.#prefix = `/reeve/${deps.fleet}/`
    this.picture = createPicture(this.#prefix)
    this.#deadline = createDeadline(deps.leaseSeconds * 1000, deps.monotonicMs)
    const forMs = (deps.settleSeconds ?? Math.min(3 * deps.leaseSeconds, longestSettleSeconds)) * 1000
    this.#newcomers = createNewcomers({ ...deps, forMs, onSettled: () => this.#move() })
    this.#giving = createGiving({
      ...deps,
      prefix: this.#prefix,
      picture: this.picture,
      pause: (ms) => this.#pause(ms),
      isStopped: () => this.#stop.signal.aborted,
      onTrouble: (error) => this.#note(error),
      onGiven: (hypervisor) => this.#given(hypervisor),
    })
  }

  get held(): ReadonlyMap<string, number> {
    return this.#lease === undefined ? none : this.picture.ownedUnder(this.#lease)
  }

  isHolder(hypervisor: string): boolean {
    return this.#owner(hypervisor) !== undefined
  }

  get lease(): string | undefined {
    return this.#lease
  }

  get trouble(): Replica['trouble'] {
    return this.#trouble
  }

  start(): void {
    const { etcd, leaseSeconds, after } = this.#deps
    this.#following = followKeys({
      etcd,
      prefix: this.#prefix,
      picture: this.picture,
      quietMs: leaseSeconds * 1000,
      after,
      signal: this.#stop.signal,
      onChange: (keys) => this.#learned(keys),
      onTrouble: (error) => {
        this.#note(error)
        return this.#pause(retryMs)
      },
    })
    this.#renewing = this.#live()
  }

  follow(hypervisors: readonly string[]): void {
    this.#wanted = new Set(hypervisors)
    this.#move()
  }

  retire(): void {
    this.#isRetiring = true
    this.#move()
  }

  ownedSince(hypervisor: string): number | undefined {
    return this.#giving.leaving.has(hypervisor) ? undefined : this.#owner(hypervisor)?.createRevision
  }

  uncertainty(): string | undefined {
    if (this.#deadline.leftMs() > 0) return undefined
    const since = this.#deadline.lastMs
    const forSeconds = since === undefined ? '' : ` for ${Math.round((this.#deps.monotonicMs() - since) / 1000)} s`
    return `etcd has not answered${forSeconds}: another replica may be in charge, so nothing is begun here${this.#trouble ? ` (${this.#trouble.because})` : ''}`
  }

  async change(changes: readonly Change[], ofHypervisors: readonly string[] = []): Promise<boolean> {
    const when = ofHypervisors.map((name) => ({
      key: this.#prefix + ownerKey(name),
      createRevision: this.#owner(name)?.createRevision ?? -1,
    }))
    if (when.some(({ createRevision }) => createRevision === -1)) return false
    const [outcome] = await this.#deps.etcd.transact([{ when, changes: placed(this.#prefix, changes) }])
    return outcome?.isDone === true
  }

  async claim(key: string, whileKey?: string): Promise<boolean> {
    const lease = this.#lease
    if (lease === undefined || this.#deadline.leftMs() === 0)
      throw new Error(this.uncertainty() ?? 'this replica has not joined the others')
    const there = whileKey === undefined ? undefined : this.picture.entries.get(whileKey)
    if (whileKey !== undefined && there === undefined) return false
    const [outcome] = await this.#deps.etcd.transact([claimPart(this.#prefix, lease, this.picture, key, there)])
    return outcome?.isDone === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all([this.#following?.ended, this.#renewing, this.#moving])
    this.#newcomers[Symbol.dispose]()
    const lease = this.#lease
    this.#lease = undefined
    this.#deadline.lost()
    // The others need not wait until it is over by itself.
    if (lease !== undefined) await this.#deps.etcd.revoke(lease).catch(() => {})
  }

  /** Where it is this one; also while it is being given away, for what is still to be written about it. */
  #owner(hypervisor: string): Owner | undefined {
    const owner = this.picture.owners.get(hypervisor)
    return this.#lease !== undefined && owner?.lease === this.#lease ? owner : undefined
  }

  /** Keeps the lease, and the member's key under it. */
  async #live(): Promise<void> {
    const third = (this.#deps.leaseSeconds * 1000) / 3
    while (!this.#stop.signal.aborted) {
      const sentMs = this.#deps.monotonicMs()
      const isGood = await this.#renewOnce(sentMs).then(
        () => true,
        (error: unknown) => this.#note(error),
      )
      this.#tellCertainty()
      await this.#pause(isGood ? third : retryMs)
    }
  }

  async #renewOnce(sentMs: number): Promise<void> {
    const lease = this.#lease
    if (lease !== undefined && !(await this.#deps.etcd.renew(lease))) this.#dropLease()
    else if (lease !== undefined) this.#deadline.renewed(sentMs)
    if (this.#lease === undefined) await this.#newLease()
    if (!this.#isRetiring && (!this.#hasJoined || this.#isForgotten())) await this.#join()
    this.#trouble = undefined
  }

  async #newLease(): Promise<void> {
    const sentMs = this.#deps.monotonicMs()
    this.#lease = await this.#deps.etcd.grant(this.#deps.leaseSeconds)
    this.#deadline.renewed(sentMs)
  }

  async #join(): Promise<void> {
    const { name, url, etcd, nowSeconds, ways } = this.#deps
    const said = JSON.stringify({ url, lease: this.#lease, sinceSeconds: nowSeconds() })
    const part = joinPart(this.#prefix, { name, lease: this.#lease ?? '' }, said, ways?.() ?? [])
    const [outcome] = await etcd.transact([part])
    if (outcome?.isDone !== true && this.picture.members.get(name)?.lease !== this.#lease)
      throw new Error(
        `another replica of this fleet is called ${name}; if that was this one, its lease is over in a moment, else choose another replicas.name`,
      )
    this.#joinedAt = outcome?.isDone === true ? outcome.revision : this.picture.revision
    this.#hasJoined = true
    this.#move()
  }

  /** Somebody deleted its key, or made etcd anew. */
  #isForgotten(): boolean {
    return this.picture.revision >= this.#joinedAt && this.picture.members.get(this.#deps.name)?.lease !== this.#lease
  }

  /** Too late: somebody else may be in charge already. */
  #dropLease(): void {
    this.#deps.log.warn({ component: 'replicas' }, 'the lease in etcd is over: this replica is in charge of nothing, and joins anew')
    this.#lease = undefined
    this.#hasJoined = false
    this.#deadline.lost()
    this.#following?.readAnew()
    this.#deps.onChange([])
  }

  #learned(keys: readonly string[]): void {
    if (keys.length === 0) return
    this.#deps.onChange(keys)
    this.#giving.learned(keys)
    if (keys.some((key) => /^(members|owners|ways)\//.test(key))) this.#move()
  }

  /** One at a time; what changes meanwhile is looked at afterwards. */
  #move(): void {
    this.#mustMove = true
    this.#moving ??= this.#moveAll().finally(() => {
      this.#moving = undefined
    })
  }

  async #moveAll(): Promise<void> {
    while (this.#mustMove && !this.#stop.signal.aborted) {
      this.#mustMove = false
      try {
        await this.#moveOnce()
      } catch (error) {
        this.#note(error)
        this.#mustMove = true
        await this.#pause(retryMs)
      }
    }
  }

  async #moveOnce(): Promise<void> {
    const [lease, { name }] = [this.#lease, this.#deps]
    if (lease === undefined) return
    if (this.#isRetiring) return this.#leaveOnce({ name, lease })
    if (!this.#hasJoined || this.picture.members.get(name)?.lease !== lease) return
    const beganMs = this.#deps.monotonicMs()
    const { take, give } = decideMoves({
      me: { name, lease },
      members: this.picture.members,
      owners: this.picture.owners,
      wanted: this.#wanted,
      ways: this.picture.ways,
      newcomers: this.#newcomers.among(this.picture.members),
    })
    const tookMs = this.#deps.monotonicMs() - beganMs
    this.#give(give.filter((hypervisor) => this.picture.owners.has(hypervisor)))
    const parts = takeParts(this.#prefix, { name, lease }, this.picture, take)
    if (parts.length > 0) await this.#deps.etcd.transact(parts)
    // All of a large fleet was gone through; what moved meanwhile comes in thousands.
    if (tookMs >= 1) await this.#pause(restsFor * tookMs)
  }

  /** Also what it took in the last moment, as soon as that is seen. */
  async #leaveOnce(me: Me): Promise<void> {
    this.#give([...this.picture.ownedUnder(me.lease).keys()])
    const parts = leaveParts(this.#prefix, me, this.picture)
    if (parts.length > 0) await this.#deps.etcd.transact(parts)
  }

  #give(some: readonly string[]): void {
    const hypervisors = some.filter((hypervisor) => !this.#giving.leaving.has(hypervisor))
    if (hypervisors.length === 0) return
    this.#giving.give(hypervisors)
    this.#deps.onChange(hypervisors.map(ownerKey))
  }

  #given(hypervisor: string): void {
    if (this.isHolder(hypervisor)) this.#deps.onChange([ownerKey(hypervisor)])
    this.#move()
  }

  #note(error: unknown): false {
    if (this.#stop.signal.aborted) return false
    const because = reasonOf(error)
    if (this.#trouble === undefined) this.#deps.log.warn({ component: 'replicas', err: error }, `etcd: ${because}`)
    this.#trouble = { because, sinceSeconds: this.#trouble?.sinceSeconds ?? this.#deps.nowSeconds() }
    return false
  }

  #tellCertainty(): void {
    const isCertain = this.#deadline.leftMs() > 0
    if (isCertain !== this.#wasCertain) this.#deps.onChange([])
    this.#wasCertain = isCertain
  }

  #pause(ms: number): Promise<void> {
    return pauseFor(ms, this.#deps.after, this.#stop.signal)
  }
}

import type { Secret } from '../shell/secret.ts'
import type { Script } from '../shell/sh.ts'
import type { Difference, Impact, WantedChange } from './change.ts'
import type { PrimitiveId } from './ids.ts'
import type { DeletionPolicy, LedgerEntry } from './ledger.ts'
import type { Known, Observed, Parsed } from './observation.ts'
import type { Target } from './target.ts'
import type { Watched } from './watched.ts'

/** Something that must stand before this can: on the same hypervisor, perhaps on another target of it. */
export interface Needed {
  readonly target: Target
  readonly id: PrimitiveId
}

/** A thing on another target (another hypervisor, or another container of the same one) whose state this one's diff and steps look at. */
export interface Peer {
  readonly target: Target
  readonly id: PrimitiveId
}

/**
 * What peers were in the last ordinary observation of their own hypervisor, as their own primitive typed it. Unknown, with a reason, where a
 * peer was not read yet, cannot be reached, or is asked for by no manifest any more.
 */
export interface PeerFacts {
  of(peer: Peer): Observed<unknown>
}

/** Facts for where there are no peers. */
export const noPeers: PeerFacts = { of: () => ({ status: 'unknown', reason: 'no peers are known here' }) }

/** One wanted instance of a primitive. */
export interface Spec<T extends string = string> {
  readonly type: T
  readonly id: PrimitiveId
  readonly needs?: readonly Needed[]
  /** Things elsewhere that its diff and steps look at. A change waits until each of them was read, or could not be, since the controller began. */
  readonly peers?: readonly Peer[]
  /** What becomes of it when no manifest asks for it any more. Default Delete for configuration, Retain for what holds data. */
  readonly deletionPolicy?: DeletionPolicy
  /** Default IfEqual (DESIGN: what exists, is not ours and differs is never overwritten silently). */
  readonly adopt?: 'IfEqual' | 'Replace' | 'Never'
  /** What a manifest allows for restart and outage. Default Never. */
  readonly restarts?: 'Never' | 'InWindow' | 'Always'
  /** Default Correct. Report: drift is shown and mailed, not repaired. */
  readonly driftPolicy?: 'Correct' | 'Report'
  /** A change of it is kept only by this verdict, besides its primitive's own: what could end Reeve's own access. */
  readonly confirm?: Verdict
}

/** What a probe is asked about: a wanted thing, or one that only the ledger still knows (then without a spec). */
export interface Subject<S extends Spec> {
  readonly id: PrimitiveId
  readonly spec?: S
}

/**
 * When in its transaction a step runs. `arm`: before anything is touched (its undo is the last to run) · `stage`: write beside ·
 * `validate`: the daemon's own checker on what is staged · `change`: go live on disk or in the kernel · `load`: reload, start ·
 * [here a verdict is awaited, where the transaction has one] · `settle`: what may only be kept once confirmed.
 */
export const phases = ['arm', 'stage', 'validate', 'change', 'load', 'settle'] as const
export type Phase = (typeof phases)[number]

/**
 * One step. Each script runs in a subshell of its own under `set -eu`, as root on the target, stdin closed.
 * `$REEVE_BEFORE` names a private directory on the target that lives until the outcome was collected: before-images go there.
 */
export interface Step {
  /** Imperative sentence for people: `write /etc/nginx/conf.d/00-reeve.conf`. */
  readonly title: string
  readonly phase?: Phase
  /** Succeeds where the step may run: the world is still as the plan saw it. Its stderr says why not. */
  readonly guard?: Script
  readonly run: Script
  /** Succeeds where the run had its effect. */
  readonly check?: Script
  /** Puts back what was before; must be harmless when the run never happened or was cut in the middle (power loss), and when run twice. */
  readonly undo?: Script
  /**
   * What all of a plan owes to the target once, like a reload of systemd's units: runs after its last transaction, one time for all steps that bring the same text, and
   * again where an interrupted plan is recovered. Whatever became of the step, it must do no harm. Not for jobs.
   */
  readonly closing?: Script
  /** Files on the target to be flushed to disk (fsync) before the transaction goes live. */
  readonly sync?: readonly string[]
  /** May take minutes: the whole transaction then runs in a unit of its own, outside the host's lock. */
  readonly job?: true
}

/** A question that is asked from the controller, over the SSH connection (direct-tcpip) or by a new one; always with a deadline. */
export type NetworkProbe =
  | { readonly type: 'newConnection' }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  /** Asks for the SOA of a zone by TCP, which is what can be forwarded; well is an answer with authority. */
  | { readonly type: 'dns'; readonly host: string; readonly port: number; readonly zone: string }
  | {
      readonly type: 'http'
      /** Asks by TLS, by the name of `hostHeader`. The certificate is not judged: how long it lasts is a vital of its own. */
      readonly tls?: true
      readonly host: string
      readonly port: number
      readonly path: string
      readonly hostHeader: string
      readonly expectStatus: readonly number[]
      readonly expectBody?: string
    }
  | {
      /** A dialogue as far as RCPT: no message is sent. Without questions, whether a mail server greets. */
      readonly type: 'smtp'
      readonly host: string
      readonly port: number
      /** In order; each recipient is taken back before the next. */
      readonly asks: readonly SmtpAsk[]
    }

/** A recipient, and how the replies to it may begin that are right: `250`, `550 5.1.1`. */
export interface SmtpAsk {
  readonly recipient: string
  readonly expect: readonly string[]
}

/** After its steps the transaction waits, undo armed, for the controller to say commit; silence is undo. */
export interface Verdict {
  readonly probes: readonly NetworkProbe[]
  readonly withinMs: number
  /** `kernel`: could cut us off until the next boot (a firewall) · `disk`: also after it (sshd, bridge). Arms the undo on the host before the first step. */
  readonly lockOut?: 'kernel' | 'disk'
}

/** What steps may know about the transaction that they are part of. */
export interface StepContext {
  /** Name of the fleet, for marks. */
  readonly fleet: string
  /** Manifests that asked for the thing, `Kind/name`, in order; the first one goes into marks. */
  readonly owners: readonly string[]
  readonly last: LedgerEntry | undefined
  /** Artefacts of this transaction that are staged beside their live place, for a checker to judge (service primitive). */
  readonly staged: readonly Staged[]
  /** The controller's clock when the plan was made, seconds since 1970. Absent: nobody knows, and nothing that waits for a day is due. */
  readonly nowSeconds?: number
  /** Observed state of other things on the same target, as their own primitive typed it. */
  observed(id: PrimitiveId): Known<unknown> | undefined
  /** Observed state of the spec's peers on other targets. */
  readonly peers: PeerFacts
}

/** An artefact that waits beside its live place. */
export interface Staged {
  readonly live: string
  readonly staged: string
}

/** How a thing goes that nobody asks for. Without steps it stays; `keptBecause` says why, where it is not its deletion policy. */
export interface Retirement {
  readonly impact: Impact
  readonly steps: readonly Step[]
  readonly keptBecause?: string
  /** What it becomes by these steps: owned under this id from then on, until that goes in turn (a volume in the trash). */
  readonly leaves?: PrimitiveId
}

/**
 * How its mark goes while the thing stays, for a host that is left without Reeve. `unmarked`: it carries none that is worth a step ·
 * `retained`: as its retirement under deletionPolicy Retain leaves it · else steps; none of them may change what runs.
 */
export type Release<O> = 'unmarked' | 'retained' | ((entry: LedgerEntry, observed: Known<O>, context: StepContext) => readonly Step[])

/** Value of a field as the ledger hashes it. */
export type FieldValue = string | Secret

/**
 * A sort of host state that Reeve can probe, compare and change: text in, text out, no I/O.
 * The engine, not the primitive, handles unknown, cause, owners, order, target wrapping, adoption, brakes and orphans.
 */
export interface Primitive<S extends Spec, O> {
  readonly type: S['type']
  /**
   * `exclusive`: what exists and is not ours is never overwritten silently (file, volume, container).
   * `shared`: a setting of something that belongs to the system (package, service, sysctl); taken over, its previous value recorded.
   */
  readonly ownership: 'exclusive' | 'shared'
  /** The spec's comparable fields in canonical form. Equal fields ⇔ equal spec. Their hashes go into the ledger. */
  fields(spec: S): Readonly<Record<string, FieldValue>>
  /**
   * Reads all subjects at once: processes per tool, not per item. POSIX sh, LC_ALL=C, stdin closed, no effect on the host.
   * A non-zero exit status means the whole probe is unknown.
   */
  probe(subjects: readonly Subject<S>[], fleet: string): Script
  /** What of the machine announces that its state may have moved, for a cycle at once. Absent: nothing does, and the resync finds it. */
  watched?(spec: S): readonly Watched[]
  /** Its probe only reads small files, which does not take long and hangs only where all hangs: on a hypervisor all such probes share one process. */
  readonly readsFilesOnly?: true
  /** Turns the probe's stdout into states. A subject that it does not mention is unknown. May throw on a surprise: then all are unknown. */
  parse(stdout: string, subjects: readonly Subject<S>[]): Parsed<O>
  /** `peers`: handed in by the engine always; a primitive whose specs name peers may declare it as `peers: PeerFacts`. */
  diff(spec: S, observed: Known<O>, last: LedgerEntry | undefined, peers?: PeerFacts): Difference
  /** What of a state specs on other targets go by that name it as their peer: another one wakes them. Absent: all of it, where nothing of it moves with every look. */
  fact?(state: O): unknown
  steps(spec: S, change: WantedChange, observed: Known<O>, context: StepContext): readonly Step[]
  /**
   * The same as far as it can be had without a restart, everything else as it is now: what is done at once where a brake holds the restart back.
   * Its diff names no field that the whole one does not. Undefined where nothing is the same without it.
   */
  live?(spec: S, observed: Known<O>, last: LedgerEntry | undefined): S | undefined
  /** What restores or removes it when no manifest asks for it, under deletionPolicy Delete. Absent: it is dropped from the ledger and stays on the host. */
  retire?(entry: LedgerEntry, observed: Known<O>, context: StepContext): Retirement
  readonly release: Release<O>
  /** Its retirement is asked for under every deletionPolicy, since it knows what to keep (a container's data, a mounted volume). */
  readonly retiresRetained?: true
  /** Its content is loaded by services: when both go, it goes first, and the service is left with what was there before. */
  readonly isLoaded?: true
  /** Others lie on it (a mount on its volume): where all go, it goes after them, whichever was recorded first. */
  readonly isGround?: true
  /** For the ledger: what was there before the first apply, for `retire` to restore. */
  previous?(spec: S, observed: Known<O>): string | undefined
  /** Joins what two manifests ask of the same thing; a string says why that cannot be. Absent: only equal specs join. */
  merge?(one: S, other: S): S | string
  /** Things on the same target whose content this one loads: any change of theirs joins its transaction and makes a reload owed. */
  loads?(spec: S): readonly PrimitiveId[]
  /** The change that is owed because things it loads change (`changing`) while it is the same itself. */
  reload?(spec: S, observed: Known<O>, changing: ReadonlySet<PrimitiveId>): WantedChange
  /** Where this artefact waits while it is judged. */
  staged?(spec: S, context: Pick<StepContext, 'fleet' | 'owners'>): Staged | undefined
  verdict?(spec: S, change: WantedChange): Verdict | undefined
}

/** A primitive with its types erased, for the registry and the engine. */
export type AnyPrimitive = Primitive<Spec, unknown>

/** Erases a primitive's types. The only cast between the typed primitives and the engine, safe because the engine hands a primitive only what carries its type. */
export function definePrimitive<S extends Spec, O>(primitive: Primitive<S, O>): AnyPrimitive {
  return primitive as unknown as AnyPrimitive
}

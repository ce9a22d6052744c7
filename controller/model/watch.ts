import { isSameSecret, type Secret } from '../shell/secret.ts'
import type { Fleet, KindName } from './fleet.ts'
import { type AnyKeysOf, manifestsOfAnyKind } from './fleetIndex.ts'
import type { Manifest } from './manifest.ts'

/** One question that was asked of a fleet, and its answer. The answer is kept as the newest fleet gave it, so that no older one is held on to. */
type Question = { audit?: object; holds?: boolean } & (
  | { readonly what: 'get'; readonly kind: KindName; readonly name: string; readonly answer: Manifest | undefined }
  | { readonly what: 'all'; readonly kind: KindName; answer: readonly Manifest[] }
  | { readonly what: 'by'; readonly kind: KindName; readonly keysOf: AnyKeysOf; readonly key: string; answer: readonly Manifest[] }
  | { readonly what: 'secret'; readonly name: string; answer: Secret | undefined }
)

/** All that a piece of work asked of a fleet: as long as another fleet gives the same answers, it comes to the same. Manifests are the same where they are one object: a text that Git names the same is read once. */
export type Asked = readonly Question[]

export interface Noted<T> {
  readonly value: T
  /** Undefined: it went by something that moves with every commit, and may not be kept. */
  readonly asked: Asked | undefined
}

/** A fleet, and a copy of it that notes what it is asked. */
export interface Watch {
  /** Does work that goes by the fleet that it is handed here, and by nothing else. */
  note<T>(work: (fleet: Fleet) => T): Noted<T>
  /** Lets go of the fleet. Whoever asks later, out of turn and unnoted, is refused: that throws. */
  end(): void
}

/** Tells whether a fleet gives the same answers. One question is put to it once, however many asked it: most have it in common. */
export function createAudit(fleet: Fleet): (asked: Asked) => boolean {
  const audit = {}
  const holds = (question: Question): boolean => {
    if (question.audit !== audit) {
      question.holds = isAnsweredAlike(question, fleet)
      question.audit = audit
    }
    return question.holds === true
  }
  return (asked) => asked.every(holds)
}

function isAnsweredAlike(question: Question, fleet: Fleet): boolean {
  switch (question.what) {
    case 'get':
      return question.answer === fleet.get(question.kind, question.name)
    case 'secret': {
      const now = fleet.secret(question.name)
      return isSameSecret(question.answer, now) && renew(question, now)
    }
    case 'all':
    case 'by': {
      const now = listFor(question, fleet)
      return areSame(question.answer, now) && renew(question, now)
    }
    default:
      return question satisfies never
  }
}

function renew<A>(question: { answer: A }, now: A): true {
  question.answer = now
  return true
}

function listFor(question: Question & { readonly what: 'all' | 'by' }, fleet: Fleet): readonly Manifest[] {
  return question.what === 'all' ? fleet.all(question.kind) : manifestsOfAnyKind(fleet, question.kind, question.keysOf, question.key)
}

function areSame(before: readonly Manifest[], now: readonly Manifest[]): boolean {
  return before === now || (before.length === now.length && before.every((each, index) => each === now[index]))
}

/** What is asked during one piece of work. */
interface Notes {
  readonly questions: Set<Question>
  isFleeting: boolean
}

/** Watches one fleet for as long as its manifests are gone through. */
export function watchFleet(ofAll: Fleet): Watch {
  let fleet: Fleet | undefined = ofAll
  let notes: Notes | undefined
  const questions = new Map<string | AnyKeysOf, Map<string, Question>>()
  const onces = new Map<unknown, { readonly value: unknown; readonly notes: Notes }>()

  function asked(): { readonly fleet: Fleet; readonly notes: Notes } {
    if (fleet === undefined || notes === undefined)
      throw new Error('a fleet was asked by something that outlived its turn: what is compiled must not ask later')
    return { fleet, notes }
  }

  function noteFleeting(): Fleet {
    const { fleet, notes } = asked()
    notes.isFleeting = true
    return fleet
  }

  /** One question is one object, whoever asks it, and however often. */
  function question<Q extends Question>(group: string | AnyKeysOf, key: string, ask: (fleet: Fleet) => Q): Q['answer'] {
    const { fleet, notes } = asked()
    const own = questions.get(group) ?? new Map<string, Question>()
    questions.set(group, own)
    const known = (own.get(key) as Q | undefined) ?? ask(fleet)
    own.set(key, known)
    notes.questions.add(known)
    return known.answer
  }

  function noteWith<T>(own: Notes, work: () => T): T {
    const outer = notes
    notes = own
    try {
      return work()
    } finally {
      notes = outer
    }
  }

  /** Whoever uses what was found once is held to have asked all that it took. */
  function once<T>(find: (fleet: Fleet) => T): T {
    const { notes: outer } = asked()
    const own: Notes = { questions: new Set(), isFleeting: false }
    const known = onces.get(find) ?? { value: noteWith(own, () => find(copy)), notes: own }
    onces.set(find, known)
    for (const each of known.notes.questions) outer.questions.add(each)
    outer.isFleeting ||= known.notes.isFleeting
    return known.value as T
  }

  const copy = {
    name: ofAll.name,
    get commit() {
      return noteFleeting().commit
    },
    get manifests() {
      return noteFleeting().manifests
    },
    get: (kind: KindName, name: string) => question(kind, name, (of) => ({ what: 'get', kind, name, answer: of.get(kind, name) })),
    all: (kind: KindName) => question('all', kind, (of) => ({ what: 'all', kind, answer: of.all(kind) })),
    secret: (name: string) => question('secret', name, (of) => ({ what: 'secret', name, answer: of.secret(name) })),
    by: (kind: KindName, keysOf: AnyKeysOf, key: string) => {
      const answer = (of: Fleet) => manifestsOfAnyKind(of, kind, keysOf, key)
      return question(keysOf, `${kind} ${key}`, (of) => ({ what: 'by', kind, keysOf, key, answer: answer(of) }))
    },
    once,
  } as Fleet

  return {
    note(work) {
      const own: Notes = { questions: new Set(), isFleeting: false }
      const value = noteWith(own, () => work(copy))
      return { value, asked: own.isFleeting ? undefined : [...own.questions] }
    },
    end() {
      fleet = undefined
      questions.clear()
      onces.clear()
    },
  }
}

import type { HookSeen } from '../model/hook.ts'
import type { Secret } from '../shell/secret.ts'
import type { Headers, HookProvider } from './provider.ts'
import { deliveryId, readDelivery } from './push.ts'
import { createReplays } from './replay.ts'
import { refusal, verify } from './signature.ts'

export interface JudgeDependencies {
  readonly provider: HookProvider
  readonly branch: string
  /** Undefined where they cannot be read. */
  secrets(): readonly Secret[] | undefined
  nowSeconds(): number
}

/** Deliveries that are remembered; each of them is two keys. */
const remembered = 1000

/** Judges whole requests: the signature over the bytes first, then whether they came before, then what they say. */
export function createJudge({
  provider,
  branch,
  secrets,
  nowSeconds,
}: JudgeDependencies): (headers: Headers, body: Buffer) => Omit<HookSeen, 'source'> {
  const replays = createReplays(2 * remembered)
  return (headers, body) => {
    const known = secrets()
    if (known === undefined) return { result: 'noSecret', message: 'the secret cannot be read here; the log of Reeve says why' }
    const verdict = verify(provider, headers, body, known, nowSeconds())
    if (verdict === 'wrong') return { result: 'wrongSignature', message: refusal }
    const id = deliveryId(provider, headers)
    const about = id === undefined ? {} : { delivery: id }
    if (verdict === 'stale')
      return {
        ...about,
        result: 'stale',
        message: 'it was signed at another time: compare the clocks of both machines, or this is a replay',
      }
    if (replays.isKnown(id, body)) return { ...about, result: 'replayed', message: 'this delivery was taken already' }
    const seen = judgeContent(provider, branch, headers, body)
    if (seen.result === 'accepted') replays.take(id, body)
    return { ...about, ...seen }
  }
}

function judgeContent(
  provider: HookProvider,
  branch: string,
  headers: Headers,
  body: Buffer,
): Pick<HookSeen, 'result' | 'message' | 'push'> {
  const delivery = readDelivery(provider, headers, body)
  switch (delivery.type) {
    case 'push':
      return delivery.branch === branch
        ? { result: 'accepted', message: `the branch ${branch} is read now`, push: { branch, commit: delivery.commit } }
        : { result: 'ignored', message: `only pushes to the branch ${branch} matter here` }
    case 'ping':
      return { result: 'ignored', message: `pong: pushes to the branch ${branch} will be heard` }
    case 'other':
      return { result: 'ignored', message: `nothing to do for ${delivery.what}` }
    case 'malformed':
      return { result: 'malformed', message: delivery.reason }
    default:
      return delivery satisfies never
  }
}

import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { type Parsing, parseBytes, parseSeconds } from '../../model/quantity.ts'
import type { MailRoute } from './targets.ts'

const smallestMessage = 65_536n
const largestMessage = 1n << 31n

/** Sizes, times and what is told of. */
export function checkLimits(route: MailRoute): readonly Diagnostic[] {
  const { limits = {}, health = {} } = route.spec
  const { deferredWarn = 100, deferredCritical = 1000, oldestWarn = '1h', oldestCritical = '4h' } = health
  const [lifetime, warning, oldWarn, oldCritical] = [limits.queueLifetime, limits.delayWarning, oldestWarn, oldestCritical].map(seconds)
  const found = [
    ...sizeProblem(route, limits.messageSize),
    ...unread(route, 'spec.limits.queueLifetime', lifetime),
    ...unread(route, 'spec.limits.delayWarning', warning),
    ...unread(route, 'spec.health.oldestWarn', oldWarn),
    ...unread(route, 'spec.health.oldestCritical', oldCritical),
  ]
  const [wait, tell, early, late] = [lifetime, warning, oldWarn, oldCritical].map((one) => (one?.ok ? one.value : undefined))
  const isShort = wait !== undefined && wait < 3600
  const isTooLate = tell !== undefined && tell >= (wait ?? 5 * 86_400)
  return [
    ...found,
    ...(isShort
      ? [
          complain(
            route,
            'spec.limits.queueLifetime',
            `${limits.queueLifetime} is less than 1h: mail would come back while a server boots`,
            'write 1h or more',
          ),
        ]
      : []),
    ...(isTooLate
      ? [
          complain(
            route,
            'spec.limits.delayWarning',
            `${limits.delayWarning} is not before the end of a message in the queue, ${limits.queueLifetime ?? '5d'}`,
            'make it shorter, or queueLifetime longer',
          ),
        ]
      : []),
    ...(early !== undefined && late !== undefined && early >= late
      ? [
          complain(
            route,
            'spec.health.oldestWarn',
            `${oldestWarn} is not before oldestCritical, ${oldestCritical}`,
            'make it shorter, or oldestCritical longer',
          ),
        ]
      : []),
    ...(deferredWarn >= deferredCritical
      ? [
          complain(
            route,
            'spec.health.deferredWarn',
            `${deferredWarn} is not below deferredCritical, ${deferredCritical}`,
            'make it smaller, or deferredCritical larger',
          ),
        ]
      : []),
  ]
}

function seconds(text: string | undefined): Parsing<number> | undefined {
  return text === undefined ? undefined : parseSeconds(text)
}

function unread(route: MailRoute, path: string, read: Parsing<number> | undefined): readonly Diagnostic[] {
  return read === undefined || read.ok ? [] : [complain(route, path, read.reason)]
}

function sizeProblem(route: MailRoute, text: string | undefined): readonly Diagnostic[] {
  if (text === undefined) return []
  const read = parseBytes(text)
  if (!read.ok) return [complain(route, 'spec.limits.messageSize', read.reason)]
  if (read.value >= smallestMessage && read.value <= largestMessage) return []
  return [complain(route, 'spec.limits.messageSize', `${text} is not between 64Ki and 2Gi`, 'write for example 50Mi')]
}

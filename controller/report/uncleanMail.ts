import type { UncleanStop } from '../model/event.ts'
import { oneLine, type Rendered, renderMail, utc, wrap } from './mails.ts'

/** The mail of a start after a run that did not end in order. */
export function renderUncleanStop({ startedSeconds, aliveSeconds, inHand }: UncleanStop, nowSeconds: number): Rendered {
  const isKnown = aliveSeconds > 0
  const away = Math.max(0, Math.round((nowSeconds - aliveSeconds) / 60))
  return renderMail(
    'Reeve itself: it did not stop in order, and runs again',
    [
      ['What', 'the controller was killed, crashed, was ended by its watchdog, or its machine went down'],
      ['Ran since', isKnown ? utc(startedSeconds) : undefined],
      ['Seen last', isKnown ? utc(aliveSeconds) : 'not known: what it kept about itself is torn'],
      ['Again at', `${utc(nowSeconds)}${isKnown ? ` (${away} min later)` : ''}`],
      ['In hand', inHand.length === 0 ? 'nothing' : undefined],
      ['Reeve', 'asks each host how far it came: what was begun there is done or undone as a whole'],
    ],
    inHand.map(({ hypervisor, doing }) => wrap(oneLine(`${hypervisor}: ${doing}`), '  ')),
    'find out why: journalctl -u reeve, then the kernel (out of memory?) and the power. If somebody killed it by hand, nothing.',
  )
}

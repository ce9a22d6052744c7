import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { type Script, sh } from '../../shell/sh.ts'
import type { ProxyManifest } from './places.ts'

interface Pair {
  readonly certificate: string
  readonly key: string
}

/** Whether each key belongs to its certificate, and who may read it. A key never leaves its target, so the target itself compares them: three processes each, and so apart. */
export function keyVitals({ spec }: ProxyManifest, target: Target): readonly Vital[] {
  const all = spec.vhosts.flatMap(({ tls }) => (tls ? [{ certificate: tls.certificate, key: tls.key }] : []))
  const pairs = [...new Map(all.map((pair) => [`${pair.certificate}|${pair.key}`, pair])).values()]
  if (pairs.length === 0) return []
  const assessed = (reading: Reading) => assess(reading, pairs)
  return [{ id: 'certificate-keys', target, pace: 'slow', everySeconds: 3600, probe: probe(pairs), assess: assessed }]
}

/** `pair NUMBER ANSWER`, and `mode NUMBER MODE…`: of the key, and of the folders above it, links followed. Reads no terminal: a key with a password is one that a daemon cannot read. */
function probe(pairs: readonly Pair[]): Script {
  return sh`reeve_pairs() {
  reeve_number=0
  while [ $# -gt 1 ]; do
    reeve_answer=differs
    if command -v openssl >/dev/null 2>&1; then
      reeve_one=$(openssl x509 -noout -pubkey -in "$1" 2>/dev/null </dev/null) || reeve_one=
      reeve_other=$(openssl pkey -pubout -passin pass: -in "$2" 2>/dev/null </dev/null) || reeve_other=
      [ "$reeve_one" != "$reeve_other" ] || reeve_answer=belongs
      [ -n "$reeve_one" ] || reeve_answer=uncertified
      [ -n "$reeve_other" ] || reeve_answer=unread
    else
      reeve_answer=unasked
    fi
    printf 'pair %s %s\n' "$reeve_number" "$reeve_answer"
    reeve_path=$(readlink -f -- "$2" 2>/dev/null </dev/null) || reeve_path=
    shift 2
    reeve_modes "$reeve_path"
    reeve_number=$((reeve_number + 1))
  done
}
reeve_modes() {
  reeve_path=$1
  set --
  while [ -n "$reeve_path" ]; do
    set -- "$@" "$reeve_path"
    reeve_path=\${reeve_path%/*}
  done
  [ $# -gt 0 ] || return 0
  printf 'mode %s ' "$reeve_number"
  stat -c %a -- "$@" 2>/dev/null </dev/null | tr '\n' ' '
  echo
}
reeve_pairs ${pairs.flatMap(({ certificate, key }) => [certificate, key])}
echo end`
}

function assess(reading: Reading, pairs: readonly Pair[]): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const answers = pairs.map(
    (_, index) => new RegExp(`^pair ${index} (belongs|differs|uncertified|unread|unasked)$`, 'm').exec(reading.stdout)?.[1],
  )
  if (answers.includes(undefined) || !reading.stdout.endsWith('end\n'))
    return { healthy: 'unknown', reason: 'NotRead', message: 'the answer about keys was cut', samples: [] }
  const wrong = pairs.flatMap((pair, index) => {
    const modes = new RegExp(`^mode ${index} ((?:[0-7]{1,5} )+)$`, 'm').exec(reading.stdout)?.[1]
    return [...ofAnswer(pair, answers[index] ?? ''), ...ofModes(pair, (modes ?? '').trim().split(' '))]
  })
  const [worst] = wrong
  if (worst !== undefined)
    return { healthy: false, reason: worst.reason, message: wrong.map(({ message }) => message).join('; '), samples: [] }
  if (answers.includes('unasked'))
    return { healthy: 'unknown', reason: 'NotRead', message: 'openssl is not there: keys were not compared', samples: [] }
  return { healthy: true, reason: 'KeysBelong', message: 'every key belongs to its certificate, and is not for everybody', samples: [] }
}

interface Wrong {
  readonly reason: string
  readonly message: string
}

function ofAnswer({ certificate, key }: Pair, answer: string): readonly Wrong[] {
  if (answer === 'unread') return [{ reason: 'KeyUnreadable', message: `key ${key} cannot be read, or not without a password` }]
  if (answer !== 'differs') return []
  return [
    {
      reason: 'KeyMismatch',
      message: `key ${key} does not belong to certificate ${certificate}: what is loaded serves on, and the next load fails`,
    },
  ]
}

/** Readable for all users of the target: by its own mode, and through every folder above it. */
function ofModes({ key }: Pair, [own = '', ...above]: readonly string[]): readonly Wrong[] {
  const bits = (mode: string) => Number.parseInt(mode.slice(-1) || '0', 8)
  if ((bits(own) & 4) === 0 || above.some((mode) => (bits(mode) & 1) === 0)) return []
  return [
    {
      reason: 'KeyReadable',
      message: `key ${key} can be read by every user of the target (mode ${own}): chmod 0600, and think of it as known`,
    },
  ]
}

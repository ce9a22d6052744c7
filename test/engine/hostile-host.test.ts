import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { Progress, ReconcileDeps } from '../../controller/engine/run.ts'
import { createPaint } from '../../controller/report/paint.ts'
import { doingLines, renderPlan } from '../../controller/report/plan.ts'
import { depsOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

/** What a host makes of its honest reply. The boundary is known to it: worse than any real host, which never sees it. */
type Lie = (reply: string, boundary: string) => string

const wanted = wantedOf(['a', 'b'].map((name) => note(`/mnt/${name}`, name)))

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost()
  await reconcile(wanted, depsOf(host))
})
afterEach(() => host.close())

/** The same host, lying always. */
function lying(lie: Lie): ReconcileDeps['host'] {
  return {
    ...host,
    async exchange(message, options) {
      const reply = await host.exchange(message, options)
      return lie(reply, /^([0-9a-f]{32}) begin /m.exec(reply)?.[1] ?? '')
    },
  }
}

/** What a plan made of a lie may do to what is on the host: nothing. In one word: what it said, or the error. */
async function outcome(lie: Lie): Promise<string> {
  try {
    const { plan, drift, status } = await planOnce(wanted, depsOf(lying(lie)))
    const touched = plan.transactions.flatMap((transaction) => transaction.changes.map((change) => `${change.action} ${change.id}`))
    return [status, ...touched, ...drift.map(({ id }) => `drift ${id}`), ...plan.unknown.map(({ id, reason }) => `${id} ${reason}`)].join(
      '; ',
    )
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const cutFrame =
  (name: string): Lie =>
  (reply, boundary) => {
    const begin = reply.indexOf(`${boundary} begin ${name}\n`)
    const end = reply.indexOf(`\n${boundary} end `, begin)
    return reply.slice(0, begin) + reply.slice(reply.indexOf('\n', end + 1) + 1)
  }
const inHost =
  (edit: (text: string) => string): Lie =>
  (reply, boundary) => {
    const start = reply.indexOf(`${boundary} begin host\n`) + boundary.length + 12
    const end = reply.indexOf(`\n${boundary} end `, start)
    return reply.slice(0, start) + edit(reply.slice(start, end)) + reply.slice(end)
  }
/** Another ledger, with the sum that belongs to it. */
const ledger = (edit: (text: string) => string): Lie =>
  inHost((text) => {
    const [head = '', body = ''] = text.split('-- ledger --\n')
    const next = edit(body)
    return `${head.replace(/^ledger .*$/m, `ledger ${createHash('sha256').update(next).digest('hex')}`)}-- ledger --\n${next}`
  })
const unknownBoth = (reason: string) => `waiting; note:/mnt/a ${reason}; note:/mnt/b ${reason}`
const unreadable = (reason: string) =>
  `the ledger cannot be read: ${reason}; nothing is changed on its word. Look at /var/lib/reeve/ledger on the host, then: reeve takeover`
const lost = 'the host did not say who it is: its reply was cut, or a disk of it hangs'

describe('a host that lies or breaks is never the cause of a change', () => {
  it.each<readonly [name: string, lie: Lie, said: string | RegExp]>([
    ['tells the truth', (reply) => reply, 'noop'],
    ['says nothing', () => '', lost],
    ['is cut before its first frame', (reply) => reply.slice(0, 20), lost],
    ['sends zeros', (reply) => '\0'.repeat(reply.length), lost],
    ['sends noise', () => randomBytes(100_000).toString('latin1'), lost],
    ['frames without an end', (reply, boundary) => reply.replaceAll(`${boundary} end`, 'x'), lost],
    ['leaves itself out', cutFrame('host'), lost],
    ['leaves a primitive out', cutFrame('note'), unknownBoth('its probe did not end in time')],
    [
      'says that a probe failed',
      (reply, boundary) => reply.replace(new RegExp(`(begin note\\n[\\s\\S]*?\\n${boundary} end )0`), '$17'),
      unknownBoth('its probe failed with status 7'),
    ],
    [
      'gives no number as exit status',
      (reply, boundary) => reply.replace(new RegExp(`(begin note\\n[\\s\\S]*?\\n${boundary} end )0`), '$1zero'),
      unknownBoth('its probe did not end in time'),
    ],
    [
      'ends with 99999999999',
      (reply, boundary) => reply.replace(new RegExp(`(begin note\\n[\\s\\S]*?\\n${boundary} end )0`), '$199999999999'),
      unknownBoth('its probe did not end in time'),
    ],
    ['frames with another boundary', (reply, boundary) => `${reply.replaceAll(boundary, '0'.repeat(32))}`, lost],
    [
      'puts a forged frame first',
      (reply) => `${'0'.repeat(32)} begin note\nabsent note:/mnt/a\n\n${'0'.repeat(32)} end 0\n${reply}`,
      'noop',
    ],
    [
      'answers with an empty primitive',
      (reply, boundary) => reply.replace(new RegExp(`(begin note\\n)[\\s\\S]*?(\\n${boundary} end 0)`), '$1$2'),
      unknownBoth('not mentioned'),
    ],
    [
      'says nothing of its machine',
      inHost((text) => text.replace(/^machine .*$/m, 'machine ')),
      /^he1 is another machine than the one that its ledger was written on \(machine-id , was [0-9a-f]{32}\)/,
    ],
    ['is another machine', inHost((text) => text.replace(/^machine .*$/m, `machine ${'0'.repeat(32)}`)), /^he1 is another machine/],
    ['has no clock', inHost((text) => text.replace(/^clock .*$/m, 'clock soon')), 'the host\'s clock says "soon"'],
    [
      'has a clock that overflows',
      inHost((text) => text.replace(/^clock .*$/m, `clock ${'9'.repeat(400)}`)),
      /^the host's clock says "9+"$/,
    ],
    ['has a clock far in the past', inHost((text) => text.replace(/^clock .*$/m, 'clock 1')), 'noop'],
    ['says that its ledger is none', inHost((text) => text.replace(/^ledger .*$/m, '').replace(/-- ledger --[\s\S]*/, '')), 'waiting'],
    [
      'gives a sum that is not its ledger’s',
      inHost((text) => text.replace(/^ledger .*$/m, `ledger ${'0'.repeat(64)}`)),
      'the ledger that the host showed is not the one whose sum it gave: it moved in between, or is not text',
    ],
    [
      'names a ledger and does not show it',
      inHost((text) => text.replace(/\n-- ledger --[\s\S]*/, '')),
      'the host said that its ledger changed, and did not show it',
    ],
    [
      'has a ledger of another fleet',
      ledger((text) => text.replaceAll('"fleet":"test"', '"fleet":"other"')),
      /^he1 belongs to fleet other, not to test; release it there/,
    ],
    [
      'has a ledger of another hypervisor',
      ledger((text) => text.replaceAll('he1', 'he2')),
      /^the host at this address is he2 of this fleet, not he1/,
    ],
    [
      'has a ledger of a newer format',
      ledger((text) => text.replaceAll('"reeve":1', '"reeve":2')),
      unreadable('it has format 2, written by a newer Reeve; this one knows 1'),
    ],
    ['has a ledger of bytes', ledger(() => `\u0000\ufffd\u0001`), 'waiting'],
    ['has a ledger of lines of bytes', ledger((text) => `${text.slice(0, 100)}\n\u0000\n`), unreadable('line 1 is damaged')],
    ['has a ledger without a header', ledger((text) => text.split('\n').slice(1).join('\n')), unreadable('it has no header')],
    ['has a ledger that is null', ledger((text) => `${text}null\n`), /^the ledger cannot be read: line \d+ is damaged/],
    [
      'has a ledger with an entry of another host',
      ledger((text) => text.replace('"target":"he1"', '"target":"he2/web"')),
      /^the ledger cannot be read: line \d+ speaks of another host/,
    ],
    [
      'has a ledger with a target up a folder',
      ledger((text) => text.replace('"target":"he1"', '"target":"he1/.."')),
      /^the ledger cannot be read: line \d+ is damaged/,
    ],
    [
      'has a ledger whose fields are null',
      ledger((text) => text.replace(/"fields":\{[^}]*\}/, '"fields":null')),
      /^the ledger cannot be read: line \d+ is damaged/,
    ],
    [
      'has a ledger without owners',
      ledger((text) => text.replace(/"owners":\[[^\]]*\],/, '')),
      /^the ledger cannot be read: line \d+ is damaged/,
    ],
    [
      'has a ledger with an unknown policy',
      ledger((text) => text.replace('"deletionPolicy":"Delete"', '"deletionPolicy":"Shred"')),
      /^the ledger cannot be read: line \d+ is damaged/,
    ],
    [
      'has a ledger with a generation that overflows',
      ledger((text) => text.replace(/"generation":\d+/, '"generation":"1e999"')),
      /^the ledger cannot be read: line \d+ is damaged/,
    ],
    ['has a ledger whose last line is torn', ledger((text) => `${text}{"target":"he1","id":"note:/mnt/a","fie`), 'noop'],
    [
      'has a journal with an absurd name',
      inHost((text) => text.replace(/\n(ledger |-- ledger)/, '\njournal .. closed\njournal  closed\n$1')),
      /./,
    ],
  ])('%s', async (_, lie, said) => {
    const found = await outcome(lie)
    if (said instanceof RegExp) expect(found).toMatch(said)
    else expect(found).toBe(said)
    expect((await host.run('cat /mnt/a /mnt/b')).stdout).toBe('a\nb\n')
    expect((await reconcile(wanted, depsOf(host))).status).toBe('noop')
  })

  it('a reply that is cut anywhere plans nothing', async () => {
    const length = (await observedReply()).length
    const step = Math.ceil(length / (process.env['REEVE_TEST_LONG'] === '1' ? length : 60))
    for (let at = 0; at < length; at += step) {
      const found = await outcome((reply) => reply.slice(0, at))
      expect(found, `cut at ${at} of ${length}`).not.toMatch(/create|update|delete|drift/)
    }
  })

  it('what its ledger names and Git does not sends nothing to the terminal of who asks for a plan or applies it', async () => {
    const escapes = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\r'
    const foreign = (text: string): string => {
      const line = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')
      const soiled = { ...line, id: 'note:/mnt/c\u009b31m', owners: [`Volume/x${escapes}`], deletionPolicy: 'Retain' }
      return `${text}${JSON.stringify(soiled)}\n${JSON.stringify({ ...soiled, id: 'note:/mnt/d\u009b31m', deletionPolicy: 'Delete' })}\n`
    }
    await host.run("for n in c d; do echo $n >/mnt/$(printf '%s\\302\\23331m' $n); done")
    const events: Progress[] = []
    const deps = depsOf(lying(ledger(foreign)), { onProgress: (event) => void events.push(event) })
    const { plan } = await planOnce(wanted, deps)
    await reconcile(wanted, deps)
    const said = renderPlan(plan, createPaint(false)) + events.flatMap((event) => doingLines(event, createPaint(false))).join('\n')
    expect(said).toContain('Volume/x')
    expect(said).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/)
  })

  it('a ledger of a hundred thousand lines is read, and written anew', async () => {
    const line = (await host.run('tail -n 1 /var/lib/reeve/ledger')).stdout.trim()
    await host.run(
      `i=0; while [ $i -lt 1000 ]; do printf '%s\\n' '${line}'; i=$((i+1)); done >/run/lines; for i in $(seq 100); do cat /run/lines; done >>/var/lib/reeve/ledger`,
    )
    const large = { ...depsOf(host), maxReplyBytes: 1 << 27 }
    expect((await reconcile(wanted, large)).status).toBe('noop')
    await host.run('echo other >/mnt/a')
    expect((await reconcile(wanted, large)).status).toBe('converged')
    expect(Number((await host.run('wc -l </var/lib/reeve/ledger')).stdout)).toBeLessThan(20)
  }, 60_000)

  it('journals with absurd names are neither recovered nor removed', async () => {
    // That of the first apply is removed without waiting for it.
    await until(async () => (await host.run('ls /var/lib/reeve/journal')).stdout === '')
    await host.run(
      "cd /var/lib/reeve/journal && for n in '$(touch /mnt/owned)' 'a b' \"a'b\" '-rf' '..x' 'x\njournal .. closed' ; do mkdir -p -- \"$n\"; : >\"./$n/apply\"; echo closed >\"./$n/state\"; done",
    )
    const before = (await host.run('find /var/lib/reeve/journal | sort')).stdout
    expect((await reconcile(wanted, depsOf(host))).status).toBe('noop')
    expect((await host.run('find /var/lib/reeve/journal | sort')).stdout).toBe(before)
    expect((await host.run('ls /mnt')).stdout).toBe('a\nb\n')
  })
})

async function observedReply(): Promise<string> {
  let seen = ''
  await outcome((reply) => {
    seen = reply
    return reply
  })
  return seen
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailQueuePrimitive } from '../../controller/primitives/mailQueue/index.ts'
import { type MailQueueState, parse, probe } from '../../controller/primitives/mailQueue/probe.ts'
import { mailQueue } from '../../controller/primitives/mailQueue/spec.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { diceFrom } from '../random.ts'

const spec = mailQueue('/mnt/relay_domains', [])
const subject = { id: spec.id, spec }

// Lines of postqueue -j of Postfix 3.7.11 on Debian 12; servers and senders chose words in some of them.
const recipient = (address: string, reason: string) => `{"address": "${address}", "delay_reason": "${reason}"}`
const message = (id: string, queue: string, ...recipients: readonly string[]) =>
  `{"queue_name": "${queue}", "queue_id": "${id}", "arrival_time": 1795000000, "message_size": 329, "forced_expire": false, "sender": "a\\"]{\\"address\\": \\"eve@example.com@x.test", "recipients": [${recipients.join(', ')}]}`
const refused = 'connect to 127.0.0.9[127.0.0.9]:2526: Connection refused'
const queue = [
  message('4dA1', 'deferred', recipient('bob@example.com', refused)),
  message(
    '4dA2',
    'deferred',
    recipient('alice@Example.com', `delivery temporarily suspended: ${refused}`),
    recipient('x@sub.deep.example', refused),
  ),
  message('4dA3', 'deferred', recipient('bob@example.com', 'connect to mail.example[2001:db8::25]:25: Connection timed out')),
  message('4dA4', 'active', recipient('bob@example.com', refused)),
  message('4dA5', 'deferred', recipient('bob@elsewhere.example', refused)),
  message('4dA6', 'deferred', recipient('bob@notexample.com', refused)),
  message('4dA7', 'deferred', recipient('bob@example.com', `host 127.0.0.9[127.0.0.9] said: 450 ${refused} (in reply to RCPT TO command)`)),
  message(
    '4dA8',
    'deferred',
    recipient('bob@example.com', 'lost connection with 127.0.0.9[127.0.0.9] while receiving the initial server greeting'),
  ),
]

let shell: ShellHost
beforeAll(async () => {
  shell = await startShellHost({ ownNetwork: true, ownProcesses: true, overlays: ['/etc'] })
  await run(`mkdir -p /mnt/bin /mnt/spool/deferred/4; printf '# Managed\\nexample.com relay\\n.deep.example relay\\n' >/mnt/relay_domains
cat >/mnt/bin/postqueue <<'END'
#!/bin/sh
case $1 in -j) cat /mnt/queue ;; *) printf '%s\\n' "$*" >>/mnt/asked ;; esac
END
printf '#!/bin/sh\\necho /mnt/spool\\n' >/mnt/bin/postconf; chmod 755 /mnt/bin/*`)
})
afterAll(() => shell.close())

async function run(script: string): Promise<string> {
  const { code, stdout } = await shell.run(script)
  if (code !== 0) throw new Error(`ended with ${code}: ${script}`)
  return stdout
}

async function look(lines: readonly string[]): Promise<MailQueueState> {
  await run(
    `cat >/mnt/queue <<'END'\n${lines.map((line) => `${line}\n`).join('')}END\n${lines.length > 0 ? ': >' : 'rm -f '}/mnt/spool/deferred/4/4dA1`,
  )
  const found = parse(await run(`PATH=/mnt/bin:$PATH; export PATH; ${probe([subject]).text}`), [subject]).items.get(spec.id)
  if (found?.status !== 'present') throw new Error(JSON.stringify(found))
  return found.state
}

const waiting = [
  { address: '127.0.0.9', port: 2526, domain: 'example.com', messages: 2 },
  { address: '127.0.0.9', port: 2526, domain: 'sub.deep.example', messages: 1 },
  { address: '2001:db8::25', port: 25, domain: 'example.com', messages: 1 },
]
const diff = (state: MailQueueState) => mailQueuePrimitive.diff(spec, { status: 'present', state }, undefined)

describe('mail that waits', () => {
  test('is counted by the server that was down, for domains of ours alone, whatever a stranger wrote', async () => {
    const state = await look(queue)
    expect([...state.waiting].sort((one, other) => (`${one.address}${one.domain}` < `${other.address}${other.domain}` ? -1 : 1))).toEqual(
      waiting,
    )
    expect(state.greeting).toEqual(new Set())
    expect(diff(state)).toEqual({ status: 'same' })
  })

  test('is due when its server greets, and not before', async () => {
    // Of Postfix' own package.
    await run('smtp-sink -u nobody 127.0.0.9:2526 10 >/dev/null 2>&1 &')
    await expect.poll(async () => (await look(queue)).greeting).toEqual(new Set(['127.0.0.9 2526']))
    const state = await look(queue)
    expect(diff(state)).toMatchObject({
      status: 'change',
      change: {
        impact: 'none',
        fields: expect.arrayContaining([expect.objectContaining({ field: 'mail for example.com', byPeer: true })]),
      },
    })
  })

  test('is sent by its domains, and what these do not know by its ids', async () => {
    const state = { waiting, greeting: new Set(['127.0.0.9 2526']) }
    const context = {} as Parameters<typeof mailQueuePrimitive.steps>[3]
    const change = { action: 'update', impact: 'none', fields: [] } as const
    const [step] = mailQueuePrimitive.steps(spec, change, { status: 'present', state }, context)
    expect(await run(`PATH=/mnt/bin:$PATH; export PATH; ${step?.run.text}\ncat /mnt/asked`)).toBe(
      '-s example.com\n-s sub.deep.example\n-i 4dA1\n-i 4dA2\n',
    )
  })

  test('is nothing where the queue is empty, and unknown where it cannot be read', async () => {
    expect(await look([])).toEqual({ waiting: [], greeting: new Set() })
    expect(parse('unread /mnt/relay_domains\n', [subject]).items.get(spec.id)).toEqual({
      status: 'unknown',
      reason: 'postqueue did not say what waits',
    })
    expect(parse('none /mnt/relay_domains\n', [subject]).items.get(spec.id)).toEqual({ status: 'absent' })
  })
})

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

test(`random words of strangers make nothing due (seed ${seed})`, async () => {
  const dice = diceFrom(seed)
  const pieces = [
    'connect to x[127.0.0.9]:25: ',
    '\\"delay_reason\\": \\"',
    '{\\"address\\": \\"bob@example.com\\"',
    'deferred',
    ' ',
    '\\\\',
    '$(id)',
    '`id`',
    '[',
    ']',
    '@example.com',
    'é',
    '%s',
    '&',
  ]
  const word = () => Array.from({ length: dice(8) }, () => pieces[dice(pieces.length)]).join('')
  const lines = Array.from({ length: 60 }, (_, index) =>
    message(`4r${index}`, 'deferred', recipient('bob@example.com', `host x said: 450 ${word()}`)).replace('eve@', `${word()}@`),
  )
  expect(await look(lines)).toEqual({ waiting: [], greeting: new Set() })
  expect(diff(await look(lines))).toEqual({ status: 'same' })
})

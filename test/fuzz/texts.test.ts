import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../controller/config.ts'
import { parseJournals } from '../../controller/engine/apply/journal.ts'
import { parseHostFacts, readHold } from '../../controller/engine/facts.ts'
import { compactLedger, parseLedger } from '../../controller/engine/ledger.ts'
import { readRevaliases } from '../../controller/mail/revaliases.ts'
import { readSsmtpConf } from '../../controller/mail/ssmtpConf.ts'
import type { Diagnostic } from '../../controller/model/manifest.ts'
import { mutations } from '../conformance/mutate.ts'
import { randomFrom } from '../random.ts'
import { worstGrowth } from './growth.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const count = isLong ? 100_000 : 1_500
// The usual run judges a commit: the same texts each time. New ones are the long run's.
const seed = Number(process.env['REEVE_TEST_SEED'] ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 1))

const ledger = `{"reeve":1,"generation":7,"epoch":1,"fleet":"example","hypervisor":"he1","machineId":"m","commit":"c"}
{"target":"he1/web","id":"file:/etc/motd","owners":["Proxy/edge"],"files":["web.yaml"],"fields":{"content":"9f86"},"deletionPolicy":"Delete","state":"done","commit":"c"}
{"target":"he1","id":"file:/etc/old","owners":["Proxy/a","Proxy/b"],"files":["a.yaml"],"versions":{"Proxy/a":"4be1","Proxy/b":"90ad"},"fields":{},"previous":"x","deletionPolicy":"Retain","state":"begun","commit":"c"}
{"removed":{"target":"he1","id":"file:/etc/old"}}
{"reeve":1,"generation":8,"epoch":1,"fleet":"example","hypervisor":"he1","machineId":"m","commit":"d"}
`
const journals = `journal 0123456789abcdef running
running 12 1700000000 300 fleet test, commit c2, by reeve run on ops1
transaction 0 done
step 0 done 0
transaction 1 failed dirty
step 0 done 0
step 1 failed 1
err it broke
main sh: 1: cannot create
journal 0123456789abcdef-2 open
item he1 lxcContainer:web
`
const facts = `machine 0123456789abcdef0123456789abcdef
boot 1-2
clock 1700000000.123456789
uptime 4711.12
hold
hold reason: by hand
fence 7
ledger ${'a'.repeat(64)}
${journals}-- ledger --
${ledger}`
const ssmtp = `# smarthost
root=postmaster@example.com
MailHub=mail.example.com:587
RewriteDomain=example.com
Hostname=he1.example.com
FromLineOverride=YES
UseSTARTTLS=YES
TLS_CA_File=/etc/ssl/certs/ca-certificates.crt
AuthUser=he1
AuthPass=secret
AuthMethod=LOGIN
`
const revaliases = 'root:postmaster@example.com:mail.example.com:587\nwww-data:web@example.com\n# nobody\n'

/** Every finding stands in the text. */
function placed(text: string, diagnostics: readonly Diagnostic[]): string | undefined {
  const lines = text.split('\n').length
  const lost = diagnostics.find(({ at }) => at.line < 0 || at.line > lines || at.column < 0)
  return lost === undefined ? undefined : `no place: ${JSON.stringify(lost)}`
}

/** What the program reads that others wrote. `fault` says in words what is wrong with how a damaged text was read. */
const readers: readonly {
  readonly name: string
  readonly texts: readonly string[]
  fault(text: string): string | undefined
}[] = [
  {
    name: 'the ledger',
    texts: [ledger],
    fault(text) {
      const reading = parseLedger(text)
      if (reading.status !== 'read') return undefined
      const again = parseLedger(compactLedger(reading.ledger))
      return again.status === 'read' && again.ledger.entries.size === reading.ledger.entries.size
        ? undefined
        : 'it is not what it is written as'
    },
  },
  {
    name: 'the journals',
    texts: [journals],
    fault: (text) =>
      parseJournals(text).every(({ name }) => /^[A-Za-z0-9]{1,64}(-\d{1,4})?$/.test(name)) ? undefined : 'a name that is none',
  },
  {
    name: 'what a host says of itself',
    texts: [facts],
    fault(text) {
      const told = parseHostFacts(text)
      return Number.isSafeInteger(told.fence) && Number.isFinite(told.clockSeconds)
        ? undefined
        : `numbers that are none: ${told.fence} ${told.clockSeconds}`
    },
  },
  {
    name: '/etc/reeve/hold',
    texts: ['reason: I am repairing this\nuntil: 9026-11-22T06:00:00Z\n', ''],
    // Nothing that cannot be understood lets go of a hold.
    fault(text) {
      // A digit that was changed may make a whole date of long ago.
      const isDated = /^until:\s*[0-8]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ\s*$/m.test(text)
      const { isInForce, reason } = readHold(text, 1_700_000_000)
      return isInForce || isDated ? undefined : `it holds no more: ${reason}`
    },
  },
  { name: 'ssmtp.conf', texts: [ssmtp], fault: (text) => placed(text, readSsmtpConf('ssmtp.conf', text).diagnostics) },
  {
    name: 'revaliases',
    texts: [revaliases],
    fault: (text) =>
      placed(text, readRevaliases('revaliases', text, { tls: 'starttls', port: 587, users: ['root', 'www-data'] }).diagnostics),
  },
  {
    name: 'reeve.yaml',
    texts: [readFileSync(join(import.meta.dirname, '../../reeve.example.yaml'), 'utf8')],
    fault: (text) => placed(text, readConfig({ file: 'reeve.yaml', bytes: Buffer.from(text), environment: {} }).diagnostics),
  },
]

/** Errors that say that the host's words cannot be read: the cycle ends with them. */
const isTyped = (error: unknown): boolean => error instanceof Error && /^the host('s clock says| did not say)/.test(error.message)

function fault(read: (text: string) => string | undefined, text: string): string | undefined {
  try {
    return read(text)
  } catch (error) {
    return isTyped(error) ? undefined : `thrown: ${error instanceof Error ? error.stack : String(error)}`
  }
}

describe.each(readers)('$name', ({ texts, fault: read, name }) => {
  it(`is read or refused, however it is damaged, and nothing is thrown (seed ${seed})`, { timeout: 3_600_000 }, () => {
    const random = randomFrom(seed)
    // Each reading of this one takes a millisecond.
    const each = name === 'reeve.yaml' ? count / 10 : count
    for (const text of texts)
      for (const { name: what, damaged } of mutations(text, random, each))
        expect(fault(read, damaged), `REEVE_TEST_SEED=${seed}, ${what}\n${JSON.stringify(damaged)}`).toBeUndefined()
  })

  it('is read in a time that grows as it does', { timeout: 600_000 }, () => {
    const lines = texts.flatMap((text) => [...text.split('\n').map((line) => `${line}\n`), ...text.split('\n')])
    const worst = worstGrowth((text) => fault(read, text), isLong ? [...lines, ...texts] : texts)
    expect(worst.growth, JSON.stringify(worst.piece)).toBeLessThan(3.2)
  })
})

it('a ledger that was cut anywhere says what its whole lines say, and is never unreadable', () => {
  for (let end = 0; end <= ledger.length; end++) {
    const whole = ledger.slice(0, ledger.lastIndexOf('\n', end - 1) + 1)
    const nul = parseLedger(`${ledger.slice(0, end)}${'\0'.repeat(20)}`)
    expect(parseLedger(ledger.slice(0, end)), `cut at ${end}`).toEqual(parseLedger(whole))
    expect(nul, `NUL bytes from ${end}`).toEqual(parseLedger(whole))
    expect(nul.status).toBe(whole === '' ? 'none' : 'read')
  }
})

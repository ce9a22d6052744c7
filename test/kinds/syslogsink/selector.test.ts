import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { facilities, isSelected, readSelector, severities } from '../../../controller/kinds/syslogsink/selector.ts'
import { runShell } from '../../machine/shell.ts'
import { randomFrom } from '../../random.ts'

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const isLong = process.env['REEVE_TEST_LONG'] === '1'

// logger(1) makes no program's message the kernel's.
const priorities = facilities.flatMap((_, facility) => severities.map((_, severity) => facility * 8 + severity)).filter((one) => one >= 8)

/** What rsyslogd itself lets through, by one message of each facility and severity: PRI values by selector. */
async function selectedByRsyslogd(selectors: readonly string[]): Promise<readonly (readonly number[])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-selector-'))
  const socket = join(folder, 'log')
  const out = (index: number | string) => join(folder, `out-${index}`)
  const conf = [
    `global(workDirectory="${folder}")`,
    'module(load="imuxsock" SysSock.Use="off")',
    `input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0" CreatePath="on")`,
    'template(name="pri" type="string" string="%pri%\\n")',
    ...selectors.map((text, index) => `if prifilt("${text}") then { action(type="omfile" file="${out(index)}" template="pri") }`),
    `if $msg contains "the end" then { action(type="omfile" file="${out('end')}" template="pri") }`,
  ]
  writeFileSync(join(folder, 'rsyslog.conf'), `${conf.join('\n')}\n`)
  const daemon = spawn('rsyslogd', ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')], { stdio: 'ignore' })
  try {
    const lines = [...priorities.map((priority) => `<${priority}>a line\n`), '<14>the end\n']
    const sent = await runShell(`for i in 1 2 3 4 5 6 7 8 9; do [ -S ${socket} ] && break; sleep 0.3; done
printf '%s' '${lines.join('')}' | logger -u ${socket} --prio-prefix -t test`)
    expect(sent.stderr).toBe('')
    for (let tries = 0; tries < 100 && !exists(out('end')); tries++) await sleep(100)
    const gone = new Promise((resolve) => daemon.once('close', resolve))
    daemon.kill('SIGTERM')
    await gone
    return selectors.map((_, index) => (exists(out(index)) ? read(out(index)) : []))
  } finally {
    daemon.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function exists(path: string): boolean {
  try {
    return readFileSync(path).length > 0
  } catch {
    return false
  }
}

/** The last line of each file is of the message that ended the run, where the selector takes it. */
function read(path: string): readonly number[] {
  return [...new Set(readFileSync(path, 'utf8').trim().split('\n').map(Number))].sort((one, other) => one - other)
}

function selectedByUs(text: string): readonly number[] {
  const found = readSelector(text)
  if (!found.ok) return []
  return priorities.filter((one) => isSelected(found.value.selection, one >> 3, one & 7))
}

const known = ['*', ...facilities.filter((name) => name !== ''), 'security']
const levels = [...severities, 'error', 'warn', 'panic']

function randomSelector(random: (below: number) => number): string {
  const pick = (all: readonly string[]) => all[random(all.length)] ?? ''
  const parts = Array.from({ length: 1 + random(4) }, () => {
    const names = Array.from({ length: 1 + random(3) }, () => pick(known))
    const level = random(6) === 0 ? 'none' : pick(['*', ...['', '', '=', '!', '!='].map((sign) => `${sign}${pick(levels)}`)])
    return `${names.join(',')}.${level}`
  })
  return parts.join(';')
}

test(`random selectors mean to rsyslogd what they mean to us (seed ${seed})`, async () => {
  const fraction = randomFrom(seed)
  const random = (below: number) => Math.floor(fraction() * below)
  const some = Array.from({ length: isLong ? 2000 : 150 }, () => randomSelector(random))
  const ours = some.map((text) => readSelector(text)).flatMap((one) => (one.ok ? [one.value.text] : []))
  expect(ours.length).toBeGreaterThan(some.length / 3)
  const theirs = await selectedByRsyslogd(ours)
  for (const [index, text] of ours.entries()) expect([text, theirs[index]]).toEqual([text, selectedByUs(text)])
})

describe('a selector that cannot be meant', () => {
  test.each([
    ['*.crti', 'unknown severity "crti"; did you mean crit?'],
    ['local8.*', 'unknown facility "local8"; did you mean local0?'],
    [
      'foo.*',
      'unknown facility "foo"; one of kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7',
    ],
    ['crit', '"crit" is no selector: facility.severity expected, such as "mail.err" or "*.crit"'],
    ['mail.', '"mail." is no selector: facility.severity expected, such as "mail.err" or "*.crit"'],
    ['mail.err.', '"mail.err." is no selector: facility.severity expected, such as "mail.err" or "*.crit"'],
    ['*.info;', '"" is no selector: facility.severity expected, such as "mail.err" or "*.crit"'],
    ['mail,.err', 'unknown facility ""; one of kern'],
    ['*.=', 'unknown severity "="; one of emerg alert crit err warning notice info debug none'],
    ['*.!none', '"!none": none stands without ! and ='],
    ['*.=*', '"=*": * stands without ! and ='],
    ['*.none', '"*.none" matches no message'],
    ['mail.info;mail.none', '"mail.info;mail.none" matches no message'],
    ['mail.ifno', 'unknown severity "ifno"; did you mean info?'],
  ])('%s', (text, reason) => {
    const found = readSelector(text)
    expect(found.ok ? 'taken' : found.reason).toContain(reason)
  })
})

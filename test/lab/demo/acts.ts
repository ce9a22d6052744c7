import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from '../lab.ts'
import type { SmtpCatcher } from '../smtp-catcher.ts'
import type { Api } from './api.ts'
import type { LogRecord } from './controller.ts'
import { subjectOf } from './mail.ts'
import type { Repository } from './repository.ts'
import type { View } from './view.ts'

/** All that an act plays with. */
export interface Stage {
  readonly machine: Machine
  readonly repository: Repository
  readonly api: Api
  readonly mails: SmtpCatcher
  /** The controller's log so far; grows. */
  readonly records: readonly LogRecord[]
  readonly view: View
}

/** What was seen of one promise, and how long after the act it was. */
export interface Seen {
  readonly what: string
  readonly isTrue: boolean
  /** Since the act; absent where it was not seen. */
  readonly seconds?: number
  readonly detail: string
}

export interface ActResult {
  readonly name: string
  readonly isTrue: boolean
  readonly seen: readonly Seen[]
}

export interface Act {
  readonly name: string
  readonly title: string
  /** What a person types to do it. */
  readonly command: string
  /** Does it and looks whether all comes true. */
  play(stage: Stage): Promise<ActResult>
}

const limitMs = 120_000

const ruleFile = 'he1/firewall.yaml'
const rule = '    - {name: demo, chain: input, protocol: tcp, ports: [8443], action: accept}'

const commitRule: Act = {
  name: 'commit',
  title: 'commit a firewall rule',
  command: `sed -i '/^  rules:/a\\${rule}' ${ruleFile} && git commit -aqm 'Open 8443' && git push -q`,
  async play({ machine, repository, records, view }) {
    const file = join(repository.clone, ruleFile)
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^ {2}rules:$/m, `  rules:\n${rule}`))
    const isLive = machine.exec(loopUntil('nft list table inet reeve 2>/dev/null | grep -q 8443', 0.2), { timeoutMs: limitMs })
    const startMs = performance.now()
    const commit = await repository.commit('Open 8443')
    view.line(`pushed ${commit.slice(0, 12)}: Open 8443`)
    const proven = (record: LogRecord) => record.commit === commit && record['status'] === 'converged'
    return resultOf('commit', [
      await see('live', 'nft on the host lists the rule', startMs, view, () => mustHold(isLive)),
      await see('proven', 'observed again as wanted', startMs, view, () => untilRecord(records, 0, proven)),
    ])
  },
}

/** Harm done by hand on the host that Reeve must find, name, repair, count and mail. */
interface Harm {
  readonly name: string
  readonly title: string
  /** Shell command on the host. */
  readonly command: string
  /** Manifest that owns what is harmed, `Kind/name`. */
  readonly owner: string
  /** Shell command on the host that succeeds once all is well again. */
  readonly isWell: string
}

function actOf(harm: Harm): Act {
  return { name: harm.name, title: harm.title, command: `./he1 ${quoted(harm.command)}`, play: (stage) => playHarm(harm, stage) }
}

async function playHarm(harm: Harm, { machine, api, mails, records, view }: Stage): Promise<ActResult> {
  const [kind = '', name = ''] = harm.owner.split('/')
  const labels = { hypervisor: machine.name, kind, name }
  const counted = async () =>
    [await api.metric('reeve_drift_detected_total', labels), await api.metric('reeve_drift_corrected_total', labels)] as const
  const before = await counted()
  const [logLength, mailCount] = [records.length, mails.mails.length]
  await machine.must(harm.command)
  const startMs = performance.now()
  view.line(`on ${machine.name}: ${harm.command}`)
  const isDrift = (record: LogRecord) => record.component === 'drift' && record['owner'] === harm.owner
  const isCounted = async () => {
    const now = await counted()
    return now.every((count, at) => count > (before[at] as number)) ? `found ${now[0]}, repaired ${now[1]}` : undefined
  }
  const isWell = machine.exec(loopUntil(harm.isWell, 0.5), { timeoutMs: limitMs })
  return resultOf(
    harm.name,
    await Promise.all([
      see('named', 'drift is named in the log', startMs, view, () => untilRecord(records, logLength, isDrift)),
      see('repaired', 'the host is well again', startMs, view, () => mustHold(isWell)),
      see('counted', 'counted in /metrics', startMs, view, () => until(isCounted)),
      see('mailed', 'mailed', startMs, view, () => until(async () => subjectAbout(mails, mailCount, labels))),
    ]),
  )
}

function subjectAbout(
  { mails }: SmtpCatcher,
  from: number,
  { hypervisor, kind, name }: Readonly<Record<'hypervisor' | 'kind' | 'name', string>>,
) {
  const isAbout = (text: string) => text.includes(`${kind}/${name}`) && text.includes(hypervisor)
  const mail = mails.slice(from).find((one) => subjectOf(one).includes('drift') && isAbout(one.body.replace(/=\r?\n/g, '')))
  return mail && subjectOf(mail)
}

const edge = 'http://192.168.100.2/'
const answers = `wget -q -T 3 -t 1 -O /dev/null ${edge}`
const vhostFile = '/etc/nginx/reeve/vhost-www.conf'

/** The three things to try, in the order in which the script plays them. */
export const acts: readonly Act[] = [
  commitRule,
  actOf({
    name: 'file',
    title: 'break a file on the host: nginx in plpa now asks where nobody answers',
    command: `lxc-attach -n plpa -- sh -c 'sed -i s/192.168.100.10:80/192.168.100.10:81/ ${vhostFile} && nginx -s reload'`,
    owner: 'Proxy/edge',
    isWell: `lxc-attach -n plpa -- grep -q 192.168.100.10:80 ${vhostFile} && ${answers}`,
  }),
  actOf({
    name: 'container',
    title: 'stop a container',
    command: 'lxc-stop -n web -k',
    owner: 'Container/web',
    isWell: `lxc-info -n web -s | grep -q RUNNING && ${answers}`,
  }),
]

function resultOf(name: string, seen: readonly Seen[]): ActResult {
  return { name, isTrue: seen.every((one) => one.isTrue), seen }
}

async function see(what: string, sentence: string, startMs: number, view: View, look: () => Promise<string>): Promise<Seen> {
  try {
    const detail = await look()
    const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2))
    view.line(`✓ ${sentence} after ${seconds.toFixed(2)} s${detail === '' ? '' : `: ${detail}`}`, 'good')
    return { what, isTrue: true, seconds, detail }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    view.line(`✗ not so: ${sentence}: ${detail}`, 'bad')
    return { what, isTrue: false, detail }
  }
}

/** On the host itself, so that asking costs no round trip: ends with 0 as soon as the command does. */
function loopUntil(command: string, everySeconds: number): string {
  return `until ${command}; do sleep ${everySeconds}; done`
}

async function mustHold(loop: Promise<{ readonly code: number | null; readonly stderr: string }>): Promise<string> {
  const { code, stderr } = await loop
  if (code !== 0) throw new Error(code === null ? `not within ${limitMs / 1000} s` : stderr.trim())
  return ''
}

function untilRecord(records: readonly LogRecord[], from: number, fits: (record: LogRecord) => boolean): Promise<string> {
  return until(async () => records.slice(from).find(fits)?.msg)
}

/** Asks again and again until there is an answer. Rejects after two minutes. */
export async function until(ask: () => Promise<string | undefined>, limit = limitMs): Promise<string> {
  const endMs = performance.now() + limit
  while (performance.now() < endMs) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await sleep(50)
  }
  throw new Error(`not within ${limit / 1000} s`)
}

function quoted(command: string): string {
  return `"${command.replace(/["$`\\\\]/g, '\\$&')}"`
}

import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import { quote } from '../shell/sh.ts'
import type { SystemPlace } from './place.ts'
import type { SystemSpec } from './spec.ts'

type Needs = NonNullable<Spec['needs']>
type Job = NonNullable<SystemSpec['cron']>[number]

/** Of one line of a crontab, in bytes: cron(8) of Debian reads no longer command. */
const longestCommand = 990

/** One file a job, so that one more or less touches no other; cron looks for changes itself every minute. */
export function compileCron({ manifest, system: { cron = [] }, target }: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  if (cron.length === 0) return []
  const daemon = debianPackage('cron')
  const after = [...needs, { target, id: daemon.id }]
  const jobs = cron.map((job) =>
    file({
      path: `/etc/cron.d/reeve-${job.name}`,
      content: `${markLine(fleet, manifest.id)}${linesOf(job)}`,
      mode: '0644',
      owner: 'root:root',
      needs: after,
    }),
  )
  return [daemon, service({ unit: 'cron.service', state: 'running', isEnabled: true, reload: 'restart', needs: after }), ...jobs]
}

function linesOf({ schedule, user = 'root', command, mailTo }: Job): string {
  const mail = mailTo === undefined ? '' : `MAILTO=${mailTo}\n`
  return `SHELL=/bin/sh\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n${mail}${schedule} ${user} ${commandOf(command)}\n`
}

/** A per cent sign ends the command and begins its stdin (crontab(5)), also between quotes. */
function commandOf(words: readonly string[]): string {
  return words.map(quote).join(' ').replaceAll('%', '\\%')
}

/** What the schema cannot say of jobs. */
export function checkCron({ manifest, system: { cron = [] } }: SystemPlace): readonly Diagnostic[] {
  return cron.flatMap((job, index) => {
    const at = `spec.system.cron[${index}]`
    const problem = scheduleProblem(job.schedule)
    const bytes = Buffer.byteLength(commandOf(job.command))
    return [
      ...(problem === undefined
        ? []
        : [complain(manifest, `${at}.schedule`, problem, 'write minute, hour, day, month and weekday, for example 0 3 * * 6')]),
      ...(bytes <= longestCommand
        ? []
        : [
            complain(
              manifest,
              `${at}.command`,
              `this command is ${bytes} bytes long, and cron takes ${longestCommand}`,
              'put it into a file of system.files',
            ),
          ]),
    ]
  })
}

const fields = [
  { name: 'minute', from: 0, to: 59, words: [] },
  { name: 'hour', from: 0, to: 23, words: [] },
  { name: 'day', from: 1, to: 31, words: [] },
  { name: 'month', from: 1, to: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'weekday', from: 0, to: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const

/** Why cron would refuse the line, and with it the whole file, without a word to anybody but the system's log. */
export function scheduleProblem(text: string): string | undefined {
  if (/^@(reboot|hourly|daily|weekly|monthly|yearly)$/.test(text)) return undefined
  const parts = text.split(' ')
  if (parts.length !== fields.length) return `${JSON.stringify(text)} has ${parts.length} fields, not five with single blanks between them`
  const wrong = fields.findIndex((field, index) => !(parts[index] ?? '').split(',').every((part) => isPart(part, field)))
  return wrong === -1 ? undefined : `${parts[wrong]} is no ${fields[wrong]?.name} of a crontab`
}

/** `*`, a number or name, a range of these; the first and the last with a step. */
function isPart(part: string, { from, to, words }: (typeof fields)[number]): boolean {
  const [, range = '', , step] = /^([^/]+)(\/([1-9]\d{0,2}))?$/.exec(part) ?? []
  const numberOf = (text: string) =>
    /^\d{1,2}$/.test(text) ? Number(text) : (words as readonly string[]).indexOf(text.toLowerCase()) + (from === 1 ? 1 : 0)
  if (range === '*') return step === undefined || Number(step) <= to
  const ends = range.split('-')
  if (ends.length > 2 || ends.some((end) => !/^\d{1,2}$/.test(end) && !(words as readonly string[]).includes(end.toLowerCase())))
    return false
  const [first = 0, last = first] = ends.map(numberOf)
  if (step !== undefined && ends.length === 1) return false
  return first >= from && last <= to && first <= last
}

import type { Needed, Spec } from '../../model/primitive.ts'
import { markLine } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import type { SystemPlace } from '../place.ts'
import type { Made, Mailer } from './hub.ts'
import { msmtp } from './msmtp.ts'
import { postfix } from './postfix.ts'
import { ssmtp } from './ssmtp.ts'
import { compileTestMail } from './testMail.ts'

const providers = { postfix, msmtp, ssmtp } as const

/** What sends the machine's mail. cron and mdadm mail root by themselves, smartd whom its SmartCheck names: each by /usr/sbin/sendmail or mail(1). */
export function compileMailer(place: SystemPlace, needs: readonly Needed[], fleet: string): readonly Spec[] {
  const { system, manifest, target } = place
  const { mailer } = system
  if (mailer === undefined) return []
  const password = mailer.auth && place.secret?.(mailer.auth.secretRef)
  const made: Made = { mailer, target, needs, mark: markLine(fleet, manifest.id), password }
  const specs = providers[mailer.provider ?? 'postfix'](made)
  const ready = [...needs, ...specs.map(({ id }) => ({ target, id }))]
  return [
    ...morePackages(mailer).map((name) => ({ ...debianPackage(name), needs })),
    ...specs,
    ...compileTestMail(made, manifest.id, ready),
  ]
}

function morePackages({ hub, mailCommand }: Mailer): readonly string[] {
  const trusts = hub.tls !== 'None' && hub.caFile === undefined
  return [...(trusts ? ['ca-certificates'] : []), ...(mailCommand ? ['bsd-mailx'] : [])]
}

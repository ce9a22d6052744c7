import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import { isPlainPath } from '../primitives/file/spec.ts'
import type { SystemPlace } from './place.ts'

/** Directories that are not for files of people: what the kernel shows, and Reeve's own. */
const closed = ['/proc', '/sys', '/dev', '/run', '/var/run', '/var/lib/reeve', '/etc/reeve']
/** Who may come in: a mistake there ends Reeve's own access, and nothing here would undo it. */
const wayIn = /^(\/etc\/(ssh|pam\.d|sudoers\.d)\/|\/etc\/(sudoers|passwd|shadow|group|gshadow)$|.*\/authorized_keys2?$)/

/** What the schema cannot say of files. */
export function checkFiles(place: SystemPlace): readonly Diagnostic[] {
  const { manifest } = place
  return (place.system.files ?? []).flatMap(({ path, content }, index) => {
    const at = `spec.system.files[${index}]`
    const [summary, hint] = pathProblem(path, place) ?? []
    if (summary !== undefined) return [complain(manifest, `${at}.path`, summary, hint)]
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(content))
      return [complain(manifest, `${at}.content`, 'control characters but tab, line feed and carriage return are not allowed')]
    return []
  })
}

function pathProblem(path: string, { system }: SystemPlace): readonly [summary: string, hint?: string] | undefined {
  if (!isPlainPath(path)) return [`${path} is no plain absolute path`, 'leave . and .. out']
  if (closed.some((directory) => path.startsWith(`${directory}/`))) return [`${path} is not a place for files of manifests`]
  if (path === '/etc/hosts' && (system.hosts ?? []).length > 0)
    return ['/etc/hosts cannot be both written whole and given lines by system.hosts', 'use one of the two']
  if (wayIn.test(path)) return [`${path} decides who may come in; Reeve does not write it, for a mistake would lock it out`]
  return undefined
}

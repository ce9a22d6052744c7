import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import type { Container } from '../provider.ts'
import type { ContainerSpec } from '../spec.ts'

type Template = NonNullable<ContainerSpec['template']>

/** What each sort of template must have, and what it may have besides. */
const fields: Readonly<Record<Template['type'], readonly [required: readonly (keyof Template)[], optional: readonly (keyof Template)[]]>> =
  {
    archive: [['path', 'sha256'], []],
    debootstrap: [['release'], ['mirror', 'arch', 'components', 'packages', 'keyring']],
    script: [['name'], ['args']],
    none: [[], []],
  }

export function checkTemplate(manifest: Container): readonly Diagnostic[] {
  const template = manifest.spec.template ?? { type: 'none' as const }
  const [required, optional] = fields[template.type]
  const strange = (Object.keys(template) as (keyof Template)[]).filter(
    (field) => field !== 'type' && ![...required, ...optional].includes(field),
  )
  return [
    ...required
      .filter((field) => template[field] === undefined)
      .map((field) => complain(manifest, 'spec.template', `template.${field} is required with type ${template.type}`)),
    ...strange.map((field) => complain(manifest, `spec.template.${field}`, ...strangeField(template.type, field))),
    ...(['path', 'keyring'] as const).flatMap((field) => checkPath(manifest, field)),
    ...checkScript(manifest),
  ]
}

function strangeField(type: Template['type'], field: keyof Template): readonly [summary: string, hint: string] {
  const home = (Object.keys(fields) as Template['type'][]).find((one) => fields[one].some((names) => names.includes(field)))
  return [`template.${field} belongs to type ${home}, and template.type is ${type}`, `set template.type to ${home}, or leave it out`]
}

function checkPath(manifest: Container, field: 'path' | 'keyring'): readonly Diagnostic[] {
  const path = manifest.spec.template?.[field]
  if (path?.split('/').some((part) => part === '.' || part === '..') !== true) return []
  return [complain(manifest, `spec.template.${field}`, `template.${field} ${path} is not normalised`, 'leave . and .. out')]
}

/** The old scripts make devices and set owners: only a privileged container can be made by them. */
function checkScript(manifest: Container): readonly Diagnostic[] {
  const { template, unprivileged } = manifest.spec
  if (unprivileged !== true || (template?.type !== 'script' && template?.type !== 'debootstrap')) return []
  const summary = `template.type ${template.type} makes the files of a privileged container, and unprivileged is true`
  return [complain(manifest, 'spec.template.type', summary, 'use an archive, or leave unprivileged out')]
}

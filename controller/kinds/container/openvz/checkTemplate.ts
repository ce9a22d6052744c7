import { isDeepStrictEqual } from 'node:util'
import type { Fleet } from '../../../model/fleet.ts'
import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { templateEndings } from '../../../primitives/openvzContainer/spec.ts'
import type { Container } from '../provider.ts'
import { endingOf, templateName } from './names.ts'

/** An archive with its checksum, or a name in the cache; and a sample. */
export function checkTemplate(manifest: Container): readonly Diagnostic[] {
  const { template, openvz } = manifest.spec
  const sample = checkSample(manifest)
  if (template === undefined || template.type === 'none') return sample
  if (template.type !== 'archive') {
    const summary = `template.type ${template.type} is known to provider lxc only`
    return [
      ...sample,
      complain(manifest, 'spec.template.type', summary, 'use an archive, or name a template of the cache in openvz.ostemplate'),
    ]
  }
  const missing = (['path', 'sha256'] as const).filter((field) => template[field] === undefined)
  if (missing.length > 0)
    return [...sample, ...missing.map((field) => complain(manifest, 'spec.template', `template.${field} is required with type archive`))]
  const path = template.path ?? ''
  const name = templateName(manifest)
  if (path.split('/').some((part) => part === '.' || part === '..'))
    return [...sample, complain(manifest, 'spec.template.path', `template.path ${path} is not normalised`, 'leave . and .. out')]
  if (endingOf(path) === undefined)
    return [...sample, complain(manifest, 'spec.template.path', `template.path ${path}: vzctl unpacks ${templateEndings.join(', ')} only`)]
  if (openvz?.ostemplate !== undefined || /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,119}$/.test(name ?? '')) return sample
  const summary = `template.path ${path}: its file name cannot be the name of a template`
  return [...sample, complain(manifest, 'spec.template.path', summary, 'name one in openvz.ostemplate, for example debian-12-x86_64')]
}

function checkSample(manifest: Container): readonly Diagnostic[] {
  const { config, configSample } = manifest.spec.openvz ?? { ctid: 0 }
  if (configSample === undefined) return []
  if (config === undefined)
    return [
      complain(
        manifest,
        'spec.openvz.configSample',
        'openvz.configSample makes the sample that openvz.config names, and there is no config',
      ),
    ]
  if (config === configSample.from)
    return [
      complain(
        manifest,
        'spec.openvz.configSample.from',
        `openvz.configSample.from ${config} is the sample itself`,
        'choose another name for config',
      ),
    ]
  return []
}

/** What is shared on a hypervisor must be the same in all that name it. */
export function checkNeighbours(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  const others = fleet
    .all('Container')
    .filter((one) => one.id !== manifest.id && one.spec.provider === 'openvz' && one.spec.hypervisor === manifest.spec.hypervisor)
  return [
    ...others.filter((one) => sharesTemplate(one, manifest)).map((one) => otherTemplate(manifest, one)),
    ...others.filter((one) => sharesSample(one, manifest)).map((one) => otherSample(manifest, one)),
  ]
}

function sharesTemplate(one: Container, other: Container): boolean {
  const [first, second] = [one.spec.template, other.spec.template]
  if (first?.type !== 'archive' || second?.type !== 'archive' || templateName(one) !== templateName(other)) return false
  return first.sha256 !== second.sha256
}

function otherTemplate(manifest: Container, other: Container): Diagnostic {
  const summary = `the template ${templateName(manifest)} of ${manifest.spec.hypervisor} is another archive for ${other.id}`
  return complain(manifest, 'spec.template', summary, 'give one of them another openvz.ostemplate')
}

function sharesSample(one: Container, other: Container): boolean {
  const [first, second] = [one.spec.openvz, other.spec.openvz]
  if (first?.configSample === undefined || second?.configSample === undefined || first.config !== second.config) return false
  return !isDeepStrictEqual(first.configSample, second.configSample)
}

function otherSample(manifest: Container, other: Container): Diagnostic {
  const summary = `the sample ${manifest.spec.openvz?.config} of ${manifest.spec.hypervisor} is made otherwise by ${other.id}`
  return complain(manifest, 'spec.openvz.configSample', summary, 'give one of them another openvz.config')
}

import { entryName } from './config.ts'
import { canonicalValue } from './keys.ts'
import { isVolume } from './rootState.ts'
import type { LxcContainerSpec } from './spec.ts'
import { templateText } from './template.ts'

/** Values of the spec that can be compared, by field. */
export function fieldsOf(spec: LxcContainerSpec): Readonly<Record<string, string>> {
  const settings = Object.entries(spec.settings).map(([key, value]) => [key, canonicalValue(key, [value])] as const)
  return {
    ...Object.fromEntries(settings),
    ...Object.fromEntries(Object.entries(spec.defaults).map(([key, value]) => [`default ${key}`, value])),
    ...Object.fromEntries(spec.entries.map((entry) => [entryName(entry), 'there'])),
    ...Object.fromEntries(spec.guestFiles.map((file) => [`guest ${file.path}`, `${file.mode} ${file.refresh}\n${file.content}`])),
    rootfs: isVolume(spec.rootfs) ? `${spec.rootfs.volumeGroup}/${spec.rootfs.name} ${spec.rootfs.format}` : spec.rootfs.folder,
    template: spec.template === undefined ? 'none' : templateText(spec.template),
    ...(spec.ioWeight === undefined ? {} : { ioWeight: String(spec.ioWeight) }),
    state: spec.state,
    mark: 'ours',
    stop: `${spec.stop.timeoutSeconds}s ${spec.stop.force ? 'then kill' : 'never kill'}`,
  }
}

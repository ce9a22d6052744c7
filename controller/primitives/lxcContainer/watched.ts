import { paths, type Watched } from '../../model/watched.ts'
import { legacyFolder, unifiedFolder } from './cgroup.ts'
import { placesOf } from './places.ts'
import type { LxcContainerSpec } from './spec.ts'

const limit = /^lxc\.cgroup2\.([a-z.]+)$/

/** Its config; that it runs, stands frozen or has ended; and its limits. A file of the kernel for each, since others there move all the time (memory.events). */
export function watched({ name, settings }: LxcContainerSpec): readonly Watched[] {
  const cgroup = unifiedFolder(name)
  const limits = Object.keys(settings).flatMap((key) => limit.exec(key)?.[1] ?? [])
  const freezer = legacyFolder(name, 'freezer')
  return paths(placesOf(name).config, cgroup, ...['cgroup.events', ...limits].map((file) => `${cgroup}/${file}`), freezer)
}

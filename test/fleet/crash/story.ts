import type { DesiredState } from '../../../controller/model/plan.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { file } from '../../../controller/primitives/file/spec.ts'
import { wantedOf } from '../../engine/deps.ts'
import { textOf } from '../disk.ts'
import type { SimulatedHost } from '../host.ts'

/** What happens at the n-th command that the host runs. */
export interface Fault {
  readonly at: number
  readonly type: 'power' | 'kill' | 'line'
  readonly kept: number
  readonly torn: number
}

/** For each file: which version of it is wanted (0: none). */
export type Commit = readonly number[]

/** Commits that two controllers of one fleet apply side by side, and what goes wrong meanwhile. */
export interface Story {
  readonly commits: readonly Commit[]
  readonly faults: readonly Fault[]
  /** What the commit probe of the last file says. */
  readonly answer: boolean | undefined
  /** Chooses who goes on when. */
  readonly pace: number
  readonly isPaired: boolean
}

export const folder = '/etc/model'
/** Files; the last one waits for a verdict. */
export const names = ['a', 'b', 'c', 'guarded'] as const
const modes = ['', '0644', '0600', '0640']
const contentOf = (name: string, version: number): string => `# ${name} ${version}\n${'option = value\n'.repeat(version)}`

export function stateOf(commit: Commit, index: number): DesiredState {
  const specs = names.flatMap((name, at) => (commit[at] ? [specOf(name, commit[at])] : []))
  return wantedOf(specs, `c${index}`)
}

function specOf(name: string, version: number): Spec {
  const spec = file({ path: `${folder}/${name}`, content: contentOf(name, version), mode: modes[version] ?? '', owner: 'root:root' })
  if (name !== 'guarded') return spec
  return { ...spec, confirm: { probes: [{ type: 'tcp', host: '127.0.0.1', port: 1 }], withinMs: 2000, lockOut: 'disk' } }
}

/** The version that a file has on the host, and what is wrong with it where something is; undefined where there is none. */
export function versionOn({ disk }: SimulatedHost, name: string): string | undefined {
  const node = disk.at(`${folder}/${name}`)
  if (node?.type !== 'file') return undefined
  const version = [1, 2, 3].find((one) => contentOf(name, one) === textOf(node))
  if (version === undefined) return `${JSON.stringify(textOf(node))} of nobody`
  const mode = `0${node.mode.toString(8)}`
  return mode === modes[version] ? String(version) : `${version} with mode ${mode}`
}

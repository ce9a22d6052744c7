import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import type { FileSpec } from '../primitives/file/spec.ts'
import { service } from '../primitives/service/spec.ts'
import type { SystemPlace } from './place.ts'
import type { SystemSpec } from './spec.ts'

type Needs = NonNullable<Spec['needs']>
type Service = NonNullable<SystemSpec['services']>[number]

/** Files in the order in which they are written: those that no unit loads first, so that they stand before any unit starts. */
export function inOrder(files: readonly FileSpec[], { system: { services = [] } }: SystemPlace): readonly FileSpec[] {
  const loaded = new Set(services.flatMap(({ loads = [] }) => loads))
  return [...files.filter(({ path }) => !loaded.has(path)), ...files.filter(({ path }) => loaded.has(path))]
}

/** The units of `system.services`, each after the packages, and after the files that it says it needs. */
export function compileServices(
  { system: { services = [] }, target }: SystemPlace,
  packages: Needs,
  files: readonly FileSpec[],
): readonly Spec[] {
  return services.map((one) => {
    const named = files.filter(({ path }) => one.needs?.includes(path))
    return { ...serviceOf(one, files), needs: [...packages, ...named.map(({ id }) => ({ target, id }))] }
  })
}

function serviceOf({ unit, state = 'Running', enabled, loads = [], reload = 'Restart', check }: Service, files: readonly FileSpec[]) {
  return service({
    unit,
    state: state === 'Running' ? 'running' : 'stopped',
    loads: files.filter(({ path }) => loads.includes(path)),
    reload: reload === 'Reload' ? 'reload' : 'restart',
    ...(enabled === undefined ? {} : { isEnabled: enabled }),
    ...(check === undefined ? {} : { check: { argv: check, failOn: [] } }),
  })
}

/** What the schema cannot say of units. */
export function checkServices({ manifest, system: { files = [], services = [] } }: SystemPlace): readonly Diagnostic[] {
  const paths = new Set(files.map(({ path }) => path))
  const say = (at: string, summary: string, hint?: string) => complain(manifest, `spec.system.services${at}`, summary, hint)
  const unknown = services.flatMap((one, index) =>
    (['loads', 'needs'] as const).flatMap((field) =>
      (one[field] ?? []).flatMap((path, place) =>
        paths.has(path) ? [] : [say(`[${index}].${field}[${place}]`, `${path} is not in system.files`)],
      ),
    ),
  )
  const both = services.flatMap(({ loads = [], needs = [] }, index) =>
    needs.flatMap((path, place) =>
      loads.includes(path)
        ? [say(`[${index}].needs[${place}]`, `${path} is in loads already, which is more`, 'leave it out of needs')]
        : [],
    ),
  )
  const circle = circleOf(services)
  return [
    ...unknown,
    ...both,
    ...(circle === undefined
      ? []
      : [
          say(
            `[${circle.at}].needs`,
            `the units wait for each other: ${circle.units.join(' → ')}`,
            'take a file out of needs of one of them',
          ),
        ]),
  ]
}

/** A file is live together with the unit that loads it: who needs the file waits for that unit. */
function circleOf(services: readonly Service[]): { readonly at: number; readonly units: readonly string[] } | undefined {
  const waitsFor = ({ needs = [] }: Service) => services.filter(({ loads = [] }) => loads.some((path) => needs.includes(path)))
  for (const [at, start] of services.entries()) {
    const way = wayBack(start, waitsFor)
    if (way !== undefined) return { at, units: [...way, start].map(({ unit }) => unit) }
  }
  return undefined
}

/** From a unit over what it waits for to itself again; one that waits for itself alone is told otherwise. */
function wayBack(start: Service, waitsFor: (one: Service) => readonly Service[]): readonly Service[] | undefined {
  const seen = new Set<Service>()
  const open: (readonly Service[])[] = [[start]]
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const last = way.at(-1)
    for (const next of last === undefined ? [] : waitsFor(last)) {
      if (next === start && way.length > 1) return way
      if (next === start || seen.has(next)) continue
      seen.add(next)
      open.push([...way, next])
    }
  }
  return undefined
}

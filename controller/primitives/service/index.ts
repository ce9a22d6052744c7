import { definePrimitive } from '../../model/primitive.ts'
import { unitsWatched } from '../../model/watched.ts'
import { diff, reload, wantedDigest } from './diff.ts'
import { parse, probe, type ServiceState } from './probe.ts'
import { mergeServices, pathOfMountUnit, type ServiceSpec } from './spec.ts'
import { previous, retire, steps } from './steps.ts'

const withinMs = 10_000

/** A systemd unit: enabled, running, and with its files loaded. A load is owed until its stamp or its own start says that it happened. */
export const servicePrimitive = definePrimitive<ServiceSpec, ServiceState>({
  type: 'service',
  ownership: 'shared',
  fields: (spec) => ({
    enabled: spec.isEnabled === undefined ? '(as it is)' : String(spec.isEnabled),
    state: spec.state,
    loaded: wantedDigest(spec),
    loads: spec.loads.join(' '),
    ...(spec.startsWith === undefined ? {} : { startsWith: spec.startsWith.join(' ') }),
    reload: spec.reload,
    check: JSON.stringify(spec.check ?? null),
    prove: JSON.stringify(spec.prove),
  }),
  watched: ({ unit }) => {
    const path = pathOfMountUnit(unit)
    return [...unitsWatched(unit), ...(path === undefined ? [] : [{ on: 'mount', path } as const])]
  },
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'unmarked',
  previous: (_spec, observed) => previous(observed),
  merge: mergeServices,
  loads: (spec) => spec.loads,
  reload,
  verdict: (spec, change) =>
    spec.prove.length === 0 || spec.state === 'stopped' || change.fields.every(({ field }) => field === 'enabled')
      ? undefined
      : { probes: spec.prove, withinMs },
})

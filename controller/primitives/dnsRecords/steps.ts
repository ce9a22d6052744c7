import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { holdsSets } from '../../shell/dnsTransfer.ts'
import { sha256 } from '../../shell/inspect.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { zoneMark } from '../dnsZone/spec.ts'
import { changesOf, hashOf, type SetChange } from './changes.ts'
import { stateOf } from './diff.ts'
import { type DnsRecordsState, keyOfSet } from './probe.ts'
import { type DnsRecordsSpec, oursPath, typeNumber } from './spec.ts'
import { undoText, updateText } from './update.ts'

/** named makes it at each start, for those who may read it (session-keyfile of named.conf(5)); Zone's statement grants it the zone. */
const sessionKey = '/run/named/session.key'

/** One update, and the server's own word for it; then what is ours is remembered. */
export function steps(
  spec: DnsRecordsSpec,
  _change: WantedChange,
  observed: Known<DnsRecordsState>,
  context: StepContext,
): readonly Step[] {
  const state = stateOf(observed)
  const changes = changesOf(spec, state)
  const [owner = ''] = context.owners
  const server = `server ${spec.ask.address} ${spec.ask.port}`
  return [
    {
      title: `update ${changes.length} sets of ${spec.zone}`,
      phase: 'change',
      run: update(spec.zone, updateText({ ...spec }, state, replaceable(spec, changes), server)),
      undo: sh`[ -e ${noteOf(spec.zone, 'update')} ] || exit 0
{ ${printPayload(undoText(spec.zone, changes, server))}
} > ${noteOf(spec.zone, 'undo')}
nsupdate -t 20 -v -k ${sessionKey} ${noteOf(spec.zone, 'undo')} >/dev/null 2>&1 </dev/null || :`,
    },
    remember(spec, changes, zoneMark(context.fleet, owner)),
  ]
}

/** Those of others are taken over as they are, or whatever they are. */
function replaceable({ adopt }: DnsRecordsSpec, changes: readonly SetChange[]): readonly SetChange[] {
  return adopt === 'Replace' ? changes.map((change) => ({ ...change, isForeign: false })) : changes
}

function noteOf(zone: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`records-${sha256(zone).slice(0, 16)}.${what}`}`
}

function update(zone: string, text: string): Script {
  const note = noteOf(zone, 'update')
  return sh`command -v nsupdate >/dev/null || { printf 'nsupdate is not there: is the package bind9-dnsutils installed?\n' >&2; exit 1; }
{ ${printPayload(text)}
} > ${note}
said=$(nsupdate -t 20 -v -k ${sessionKey} ${note} 2>&1 </dev/null) || {
  why='the server did not take it'
  case $said in
    *NXRRSET*|*YXRRSET*) why='others changed these records meanwhile, or have put others there; the next pass looks again' ;;
    *REFUSED*) case $(rndc zonestatus ${zone.slice(0, -1)} 2>/dev/null </dev/null) in *'frozen: yes'*) why=${`the zone is frozen; rndc thaw ${zone.slice(0, -1)}`} ;; esac ;;
  esac
  printf 'nsupdate: %s: %s\n' "$said" "$why" >&2; exit 1
}`
}

function remember(spec: DnsRecordsSpec, changes: readonly SetChange[], mark: string): Step {
  const path = oursPath(spec.zone)
  const image = noteOf(spec.zone, 'ours')
  const wanted = spec.sets.map((set) => ({
    type: typeNumber(set.type) ?? 0,
    name: set.name,
    count: new Set(set.values).size,
    ttl: set.ttl,
    note: hashOf(set),
  }))
  const keys = new Set(spec.sets.map(keyOfSet))
  const gone = changes
    .filter(({ type, name, wanted: set }) => set === undefined && !keys.has(keyOfSet({ type, name })))
    .map(({ type, name }) => ({ type: typeNumber(type) ?? 0, name, count: 0, ttl: 0, note: '-' }))
  return {
    title: `remember in ${path} what is ours`,
    phase: 'settle',
    run: sh`if [ -e ${path} ]; then cp -a -- ${path} ${image}; else : > ${image}.absent; fi
rm -f -- ${path}.reeve-new
{ ${printPayload(mark)}
${holdsSets({ ...spec.ask, zone: spec.zone }, [...wanted, ...gone])}
} > ${path}.reeve-new
chown root:bind ${path}.reeve-new
chmod 644 ${path}.reeve-new
sync -- ${path}.reeve-new
mv -T -- ${path}.reeve-new ${path}`,
    undo: sh`rm -f -- ${path}.reeve-new
if [ -f ${image} ]; then cp -a -- ${image} ${path}.reeve-back; mv -T -- ${path}.reeve-back ${path}
elif [ -e ${image}.absent ]; then rm -f -- ${path}; fi`,
  }
}

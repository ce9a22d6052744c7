import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { aroundOf, missing, unwanted } from './diff.ts'
import { plug, unplug } from './plug.ts'
import type { BridgeSpec, BridgeState } from './spec.ts'
import { flagsOf, unitName, unitText } from './unit.ts'

export function steps(spec: BridgeSpec, change: WantedChange, observed: Known<BridgeState>, context: StepContext): readonly Step[] {
  const state = observed.status === 'present' ? observed.state : undefined
  const isLive = change.fields.some(({ field }) => field === 'addresses' || field === 'up')
  const isBoot = change.fields.some(({ field }) => field === 'boot')
  const around = aroundOf(observed)
  return [
    ...(state ? [] : [create(spec.name)]),
    ...(isLive ? [setLive(spec, state)] : []),
    ...missing(spec, around).map((port) => plug(spec.name, port)),
    ...unwanted(spec, around).map(({ name }) => unplug(spec.name, name)),
    ...(isBoot ? [keep(spec, context)] : []),
  ]
}

function note(name: string, what: string): Script {
  return sh`"$REEVE_BEFORE"/${`bridge-${name}.${what}`}`
}

function create(name: string): Step {
  return {
    title: `create the bridge ${name}`,
    phase: 'change',
    guard: sh`[ ! -e ${`/sys/class/net/${name}`} ] || { printf '%s changed meanwhile: it was absent\n' ${name} >&2; exit 1; }`,
    run: sh`: > ${note(name, 'made')}
ip link add name ${name} type bridge`,
    undo: sh`if [ -f ${note(name, 'made')} ] && [ -d ${`/sys/class/net/${name}/bridge`} ]; then ip link delete dev ${name} type bridge; fi`,
  }
}

function setLive(spec: BridgeSpec, state: BridgeState | undefined): Step {
  const before = state?.addresses ?? []
  const added = spec.addresses.filter((address) => !before.includes(address))
  const removed = before.filter((address) => !spec.addresses.includes(address))
  return {
    title: `set ${spec.name} up${spec.addresses.length > 0 ? ` with ${spec.addresses.join(' ')}` : ''}`,
    phase: 'change',
    run: joinScripts([
      ...added.map((address) => sh`ip address replace ${address} dev ${spec.name} ${flagsOf(spec, address)}`),
      ...removed.map((address) => sh`ip address delete ${address} dev ${spec.name}`),
      sh`ip link set dev ${spec.name} up`,
    ]),
    undo: sh`[ -d ${`/sys/class/net/${spec.name}`} ] || exit 0
${undoLive(spec.name, added, removed, state?.isUp === false)}`,
  }
}

function undoLive(name: string, added: readonly string[], removed: readonly string[], wasDown: boolean): Script {
  return joinScripts([
    ...removed.map((address) => sh`ip address replace ${address} dev ${name}`),
    ...added.map((address) => sh`ip address delete ${address} dev ${name} 2>/dev/null || :`),
    wasDown ? sh`ip link set dev ${name} down` : sh`:`,
  ])
}

function keep(spec: BridgeSpec, context: StepContext): Step {
  const unit = unitName(spec.name)
  const path = `/etc/systemd/system/${unit}`
  const image = note(spec.name, 'unit')
  const wants = '/etc/systemd/system/'
  return {
    title: `keep ${spec.name} over a boot`,
    // With ports only once it is confirmed: until then a boot brings back what was.
    phase: spec.ports.length > 0 ? 'settle' : 'change',
    run: sh`for wanted in ${wants}*${`.wants/${unit}`}; do [ ! -L "$wanted" ] || : > ${image}.enabled; done
if [ -f ${path} ]; then cp -a -- ${path} ${image}.part; sync -- ${image}.part; mv -T -- ${image}.part ${image}; else : > ${image}.absent; fi
{ ${printPayload(unitText(spec, context.fleet, context.owners[0] ?? 'nobody'))}
} > ${`${path}.reeve-new`}
chmod 0644 ${`${path}.reeve-new`}
mv -T -- ${`${path}.reeve-new`} ${path}
systemctl enable --quiet -- ${unit}`,
    undo: sh`rm -f -- ${`${path}.reeve-new`}
if [ -f ${image} ]; then cp -a -- ${image} ${`${path}.reeve-back`}; mv -T -- ${`${path}.reeve-back`} ${path}
elif [ -f ${image}.absent ]; then rm -f -- ${path}
else exit 0; fi
[ -f ${image}.enabled ] || for wanted in ${wants}*${`.wants/${unit}`}; do rm -f -- "$wanted"; done`,
  }
}

import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { type Comparison, compare } from './compare.ts'
import { type OwnMark, readConf, valueIn } from './conf.ts'
import { creationSteps, markOf } from './create.ts'
import { deviceOptions, keepConf, putMark, restoreConf, sameAsSeen } from './edit.ts'
import { refreshGuestFiles, restoreGuestFiles } from './guest.ts'
import { isRunning, startStep, stopStep, vzctlFunction } from './lifecycle.ts'
import { canBridge } from './needs.ts'
import { findPrivateArea, placesOf } from './places.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'
import { formatPair, isBeancounter, optionsFor } from './values.ts'

export function steps(
  spec: OpenvzContainerSpec,
  _change: WantedChange,
  observed: Known<OpenvzContainerState>,
  context: StepContext,
): readonly Step[] {
  const found = observed.status === 'absent' ? undefined : compare(spec, observed.state, context.last)
  if (spec.creation !== undefined && (observed.status === 'absent' || found?.isUnfinished))
    return creationSteps(spec, spec.creation, context)
  if (observed.status === 'absent' || found === undefined) throw new Error(`diff let container ${spec.ctid} without a template through`)
  return updateSteps(spec, observed.state, found, context)
}

/** Stop; one `vzctl set --save`, which a running container takes live; refresh the guest's files; start. Undone in reverse. */
function updateSteps(spec: OpenvzContainerSpec, state: OpenvzContainerState, found: Comparison, context: StepContext): readonly Step[] {
  const { ctid } = spec
  const isDown = found.restarts || found.stops || state.running !== 'running'
  const sets = found.keys.length + found.devices.length > 0 || found.writesMark
  return [
    ...(found.restarts || found.stops ? [stopStep(ctid, spec.stop)] : []),
    ...(sets ? [setStep(spec, state, found, context)] : []),
    ...(isDown && found.refreshesGuest ? [refreshStep(spec)] : []),
    ...(found.restarts || found.starts ? [startStep(ctid)] : []),
  ]
}

function setStep(spec: OpenvzContainerSpec, state: OpenvzContainerState, found: Comparison, context: StepContext): Step {
  const { ctid } = spec
  const conf = readConf(state.conf)
  const before = (key: string) => valueIn(conf, key)
  const gone = found.devices.filter((field) => hasDevice(before('NETIF'), field)).flatMap((field) => ['--netif_del', deviceOf(field)])
  const options = [
    ...found.keys.flatMap((key) => optionsFor(key, before(key), spec.settings[key] ?? '')),
    ...found.devices.flatMap((field) => deviceOptions(spec, deviceOf(field))),
  ]
  return {
    title: `set ${[...found.keys, ...found.devices, ...(found.writesMark ? ['our mark'] : [])].join(', ')} of container ${ctid}`,
    phase: 'change',
    guard: joinScripts([sameAsSeen(ctid, state), found.devices.length > 0 ? canBridge(spec) : sh`:`]),
    run: joinScripts([
      vzctlFunction,
      keepConf(ctid),
      gone.length > 0 ? sh`reeve_vzctl 300 set ${ctid} ${gone} --save` : sh`:`,
      options.length > 0 ? sh`reeve_vzctl 300 set ${ctid} ${options} --save` : sh`:`,
      ...(found.writesMark ? [putMark(ctid, newMark(spec, conf.mark, context))] : []),
    ]),
    undo: joinScripts([vzctlFunction, undoLive(spec, state, found), restoreConf(ctid)]),
  }
}

/** What was taken over was made from something that is unknown and stays so: naming our template would claim that it is the one. */
function newMark(spec: OpenvzContainerSpec, before: OwnMark | undefined, context: StepContext): OwnMark {
  const { template: _claimed, ...mark } = markOf(spec, context)
  if (before?.state === 'creating') return markOf(spec, context)
  return before?.template === undefined ? mark : { ...mark, template: before.template }
}

/** Gives a container that still runs its old values back; they are not saved, the old configuration comes back byte for byte. */
function undoLive(spec: OpenvzContainerSpec, state: OpenvzContainerState, found: Comparison): Script {
  const options = found.keys.flatMap((key) => {
    const before = beforeOf(key, state)
    return before === undefined ? [] : tryOptions(key, spec.settings[key], before)
  })
  if (options.length === 0) return sh`:`
  return sh`
if [ -e "$REEVE_BEFORE"/${`openvz-${spec.ctid}.conf`} ] && ${isRunning(spec.ctid)}; then
  reeve_vzctl 300 set ${spec.ctid} ${options} || :
fi`
}

function beforeOf(key: string, state: OpenvzContainerState): string | undefined {
  const counter = isBeancounter(key) ? state.counters[key.toLowerCase()] : undefined
  return counter === undefined ? valueIn(readConf(state.conf), key) : formatPair(counter)
}

/** A value that a person wrote, and that could do harm on a command line, is not given back to the kernel; it stays in the file. */
function tryOptions(key: string, from: string | undefined, to: string): readonly string[] {
  try {
    return optionsFor(key, from, to)
  } catch {
    return []
  }
}

function refreshStep(spec: OpenvzContainerSpec): Step {
  const find = findPrivateArea(spec.ctid, placesOf(spec.ctid).conf)
  return {
    title: `write files inside container ${spec.ctid} anew`,
    phase: 'change',
    guard: sh`! ${isRunning(spec.ctid)}`,
    run: joinScripts([find, refreshGuestFiles(spec), sh`sync -f "$private"`]),
    undo: joinScripts([find, restoreGuestFiles(spec)]),
  }
}

function deviceOf(field: string): string {
  return field.slice('NETIF '.length)
}

function hasDevice(netif: string | undefined, field: string): boolean {
  return (netif ?? '').split(';').some((device) => device.split(',').includes(`ifname=${deviceOf(field)}`))
}

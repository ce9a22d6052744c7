import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { type OwnMark, renderMark } from './conf.ts'
import { placesOf } from './places.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'
import { optionsFor, safeWord } from './values.ts'

/** Writes our comment as the first line of the configuration; every other line stays. vzctl keeps comments when it saves. */
export function putMark(ctid: string, mark: OwnMark): Script {
  const { conf, staged } = placesOf(ctid)
  return sh`
rm -f ${staged}
cp -p ${conf} ${staged}
{ printf '%s\n' ${renderMark(mark)}; grep -av '^# reeve fleet=' ${conf} || :; } >${staged}
sync ${staged}
mv -T ${staged} ${conf}
sync ${conf}`
}

/** Succeeds where the configuration still is what was read. grep adds the newline that its last line may lack, as it did in the observation. */
export function sameAsSeen(ctid: string, state: OpenvzContainerState): Script {
  const { conf } = placesOf(ctid)
  const seen = `openvz-${ctid}.seen`
  return sh`
{ ${printPayload(state.conf)}
} >"$REEVE_BEFORE"/${seen}
if ! grep -a '' ${conf} | cmp -s - "$REEVE_BEFORE"/${seen}; then
  echo ${`${conf} changed since it was read`} >&2
  exit 1
fi`
}

/** Keeps the configuration as it is before it is changed, whole or not at all. */
export function keepConf(ctid: string): Script {
  const image = `openvz-${ctid}.conf`
  return sh`
if ! [ -e "$REEVE_BEFORE"/${image} ]; then
  cp -p ${placesOf(ctid).conf} "$REEVE_BEFORE"/${`${image}.new`}
  sync "$REEVE_BEFORE"/${`${image}.new`}
  mv "$REEVE_BEFORE"/${`${image}.new`} "$REEVE_BEFORE"/${image}
fi`
}

export function restoreConf(ctid: string): Script {
  const { conf, staged } = placesOf(ctid)
  const image = `openvz-${ctid}.conf`
  return sh`
if [ -e "$REEVE_BEFORE"/${image} ]; then
  rm -f ${staged} ${`${conf}.tmp`}
  cp -p "$REEVE_BEFORE"/${image} ${staged}
  sync ${staged}
  mv -T ${staged} ${conf}
  sync ${conf}
fi`
}

/** Words of `vzctl set` for all that a new container is asked for, whatever its sample said. */
export function allOptions(spec: OpenvzContainerSpec): readonly string[] {
  const settings = Object.entries(spec.settings).flatMap(([key, value]) => (value === '' ? [] : optionsFor(key, undefined, value)))
  return ['--ipdel', 'all', '--netif_del', 'all', ...settings, ...spec.interfaces.flatMap((device) => deviceOptions(spec, device.name))]
}

/** `ifname,mac,host_ifname,host_mac,bridge`: what is empty vzctl makes up. */
export function deviceOptions(spec: OpenvzContainerSpec, name: string): readonly string[] {
  const device = spec.interfaces.find((one) => one.name === name)
  if (device === undefined) return []
  return ['--netif_add', safeWord([device.name, device.mac ?? '', device.veth ?? '', '', device.bridge].join(','))]
}

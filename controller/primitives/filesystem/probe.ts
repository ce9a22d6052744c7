import type { PrimitiveId } from '../../model/ids.ts'
import { keyOf } from '../../model/ids.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { mapperName } from '../logicalVolume/spec.ts'
import type { FilesystemSpec } from './spec.ts'
import { superblockBytes } from './superblock.ts'

/** A device that is asked about, and the device mapper's name of it. */
export interface AskedDevice {
  readonly id: PrimitiveId
  readonly device: string
  readonly mapper: string
  readonly volumeGroup: string
  readonly name: string
}

const word = '[A-Za-z0-9+_.][A-Za-z0-9+_.-]*'
const devicePattern = new RegExp(`^/dev/(${word})/(${word})$`)

/** Whom the probe can ask about: `/dev/vg/lv`. Others (a ledger from elsewhere) it does not mention, so that they are unknown. */
export function askedDevices(subjects: readonly Subject<FilesystemSpec>[]): readonly AskedDevice[] {
  return subjects.flatMap(({ id }) => {
    const [, volumeGroup, name] = devicePattern.exec(keyOf(id)) ?? []
    if (volumeGroup === undefined || name === undefined) return []
    return [{ id, device: keyOf(id), mapper: mapperName(volumeGroup, name), volumeGroup, name }]
  })
}

/**
 * Two processes for any number of devices where all is well: `head` reads every superblock, `base64` carries them (a broken pipe shows in the parser, which
 * knows how long each must be). Size, suspension and use come from sysfs by the shell itself: /sys/fs/TYPE/dm-N exists while the kernel has it mounted, in
 * whatever namespace. `blkid` is asked about devices that nobody has mounted, once if it knows them all, and once more for each that it does not
 * (it stops at the first, util-linux 2.38); `lvm` only where a device is missing or unknown to blkid.
 * A suspended device is left alone: reading it would hang.
 */
export function probe(subjects: readonly Subject<FilesystemSpec>[]): Script {
  const asked = askedDevices(subjects)
  if (asked.length === 0) return { text: ':' }
  const branches = asked.map(({ mapper, device }) => sh`${mapper}) device=${device} ;;`)
  return joinScripts([
    sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
set --
loose=
missing=${asked.length}
for entry in /sys/class/block/dm-*; do
  [ -r "$entry/dm/name" ] || continue
  read -r mapped <"$entry/dm/name"
  case $mapped in`,
    ...branches,
    sh`*) continue ;;
  esac
  missing=$((missing - 1))
  read -r sectors <"$entry/size"
  read -r suspended <"$entry/dm/suspended"
  mounted=-
  for use in /sys/fs/*/"\${entry##*/}"; do
    if [ -e "$use" ]; then mounted=mounted; fi
  done
  grown=0
  if [ -r "/run/reeve/grown/$mapped" ]; then read -r grown <"/run/reeve/grown/$mapped" || :; fi
  printf 'device %s %s %s %s %s\n' "$mapped" "$sectors" "$suspended" "$mounted" "$grown"
  if [ "$suspended" = 0 ] && [ -b "$device" ]; then
    set -- "$@" "$device"
    if [ "$mounted" = - ]; then loose="$loose $device"; fi
  fi
done
if [ $# -gt 0 ]; then
  echo superblocks
  head -v -c ${superblockBytes} "$@" 2>/dev/null | base64
  echo end
fi
strange=$missing
set -- $loose
while [ $# -gt 0 ]; do
  found=$(blkid -p -o export "$@" 2>/dev/null </dev/null) || :
  printf '%s\n' "$found"
  left=
  for device in "$@"; do
    if [ -n "$left" ]; then left="$left $device"; continue; fi
    case "
$found
" in *"
DEVNAME=$device
"*) ;; *) left=' '; strange=$((strange + 1)); echo "silent=$device" ;; esac
  done
  set -- $left
done
if [ "$strange" -gt 0 ] && command -v lvm >/dev/null; then
  echo volumes
  lvm lvs --reportformat json -o vg_name,lv_name,lv_active,lv_tags 2>/dev/null </dev/null || :
fi
echo done`,
  ])
}

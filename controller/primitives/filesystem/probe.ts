import type { PrimitiveId } from '../../model/ids.ts'
import { keyOf } from '../../model/ids.ts'
import type { Subject } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { mapperName } from '../logicalVolume/spec.ts'
import type { FilesystemSpec } from './spec.ts'
import { deepBytes, superblockBytes } from './superblock.ts'

/** A device that is asked about, and the device mapper's name of it. */
export interface AskedDevice {
  readonly id: PrimitiveId
  readonly device: string
  readonly mapper: string
  readonly volumeGroup: string
  readonly name: string
  /** What is wanted tells how far to read: what lies deeper than a first block costs more on its way. */
  readonly isDeep: boolean
}

const word = '[A-Za-z0-9+_.][A-Za-z0-9+_.-]*'
const devicePattern = new RegExp(`^/dev/(${word})/(${word})$`)

/** Whom the probe can ask about: `/dev/vg/lv`. Others (a ledger from elsewhere) it does not mention, so that they are unknown. */
export function askedDevices(subjects: readonly Subject<FilesystemSpec>[]): readonly AskedDevice[] {
  return subjects.flatMap(({ id, spec }) => {
    const [, volumeGroup, name] = devicePattern.exec(keyOf(id)) ?? []
    if (volumeGroup === undefined || name === undefined) return []
    const isDeep = spec?.format === 'btrfs' || spec?.format === 'swap'
    return [{ id, device: keyOf(id), mapper: mapperName(volumeGroup, name), volumeGroup, name, isDeep }]
  })
}

/**
 * Two processes for any number of devices where all is well: `head` reads every superblock, `base64` carries them (a broken pipe shows in the parser, which
 * knows how long each must be). Those of btrfs and swap are read further in one `head` of their own, and `gzip` carries the zeros between.
 * Size, suspension and use come from sysfs by the shell itself: /sys/fs/TYPE/dm-N or /sys/fs/btrfs/UUID/devices/dm-N exists while the kernel has it
 * mounted, in whatever namespace. `blkid` is asked about devices that nobody has mounted, once if it knows them all, and once more for each that it does not
 * (it stops at the first, util-linux 2.38); `lvm` only where a device is missing or unknown to blkid.
 * A suspended device is left alone: reading it would hang.
 */
export function probe(subjects: readonly Subject<FilesystemSpec>[]): Script {
  const asked = askedDevices(subjects)
  if (asked.length === 0) return { text: ':' }
  return joinScripts([inventory(asked), readSuperblocks, nameContents, nameVolumes, sh`echo done`])
}

/** One line for each device that is there; leaves those to be read in $@, those that nobody has mounted in $loose, and how many are not there in $missing. */
function inventory(asked: readonly AskedDevice[]): Script {
  return joinScripts([
    sh`export LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1
echo devices
set --
loose=
deep=
missing=${asked.length}
swaps=
if [ -r /proc/swaps ]; then while read -r named rest; do swaps="$swaps $named "; done </proc/swaps; fi
for entry in /sys/class/block/dm-*; do
  [ -r "$entry/dm/name" ] || continue
  read -r mapped <"$entry/dm/name"
  case $mapped in`,
    ...asked.map(({ mapper, device, isDeep }) => sh`${mapper}) device=${device} depth=${isDeep ? 'deep' : '-'} ;;`),
    sh`*) continue ;;
  esac
  missing=$((missing - 1))
  read -r sectors <"$entry/size"
  read -r suspended <"$entry/dm/suspended"
  mounted=-
  for use in /sys/fs/*/"\${entry##*/}" /sys/fs/btrfs/*/devices/"\${entry##*/}"; do
    if [ -e "$use" ]; then mounted=mounted; fi
  done
  case $swaps in *" /dev/\${entry##*/} "*) mounted=swap ;; esac
  grown=0
  if [ -r "/run/reeve/grown/$mapped" ]; then read -r grown <"/run/reeve/grown/$mapped" || :; fi
  printf 'device %s %s %s %s %s\n' "$mapped" "$sectors" "$suspended" "$mounted" "$grown"
  if [ "$suspended" = 0 ] && [ -b "$device" ]; then
    if [ "$depth" = deep ]; then deep="$deep $device"; else set -- "$@" "$device"; fi
    if [ "$mounted" = - ]; then loose="$loose $device"; fi
  fi
done`,
  ])
}

const readSuperblocks = sh`if [ $# -gt 0 ]; then
  echo superblocks
  head -v -c ${superblockBytes} "$@" 2>/dev/null | base64
  echo end
fi
if [ -n "$deep" ]; then
  echo deep
  head -v -c ${deepBytes} $deep 2>/dev/null | gzip -c | base64
  echo end-deep
fi`

/** blkid ends at the first device that it does not know: that one is named, and blkid asked again about those after it. */
const nameContents = sh`strange=$missing
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
done`

const nameVolumes = sh`if [ "$strange" -gt 0 ] && command -v lvm >/dev/null; then
  echo volumes
  lvm lvs --reportformat json -o vg_name,lv_name,lv_active,lv_tags 2>/dev/null </dev/null || :
fi`

import { keyOf } from '../../model/ids.ts'
import type { Subject } from '../../model/primitive.ts'
import { escapePath } from '../../shell/fstab.ts'
import { letUdevFinish } from '../../shell/openDevice.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import type { MountSpec } from './spec.ts'

/**
 * Two processes for any number of mounts where all is well: `grep` reads the kernel's mounts at once (the shell would read them byte by byte), `stat` tells
 * device numbers, owner and mode; fstab is short and read by the shell.
 * A path that is not mounted is looked at by the shell itself (never one that is: listing it may take minutes), and then `dmsetup` tells once which
 * devices are open, when udev is done with them: it looks at each that mkfs just wrote to. So do the collectors beside this one (blkid): who has one of
 * ours open for less than a second is waited for.
 */
export function probe(subjects: readonly Subject<MountSpec>[]): Script {
  if (subjects.length === 0) return { text: ':' }
  const paths = subjects.map(({ id }) => keyOf(id))
  const looks = subjects.map(({ id, spec }) => [keyOf(id), spec?.device ?? ''] as const)
  const devices = [...new Set(subjects.flatMap(({ spec }) => (spec === undefined ? [] : [spec.device])))]
  return joinScripts([
    sh`export LC_ALL=C
mounts=$(grep -a '' /proc/self/mountinfo)
printf '%s\n' "$mounts"
echo fstab
if [ -e /etc/fstab ]; then
  while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "$line"; done </etc/fstab
fi
echo end
idle=
look() {
  case "$mounts" in *" / $2 "*) return 0 ;; esac
  idle="$idle $3"
  if [ -L "$1" ]; then echo "link $2"
  elif [ -d "$1" ]; then
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -e "$entry" ] || [ -L "$entry" ]; then echo "filled $2"; return 0; fi
    done
    echo "empty $2"
  elif [ -e "$1" ]; then echo "file $2"
  else echo "missing $2"
  fi
}`,
    ...looks.map(([path, device]) => sh`look ${path} ${escapePath(path)} ${device}`),
    sh`stat -L -c 'stat %t:%T %a %U %G %n' ${[...devices, ...paths]} 2>/dev/null || :
if [ -n "$idle" ] && command -v dmsetup >/dev/null; then
${letUdevFinish}
opened() {
  for device in $idle; do
    number=$(mountpoint -x "$device" 2>/dev/null) || continue
    open=$(dmsetup info -c --noheadings -o open -j "\${number%:*}" -m "\${number#*:}" 2>/dev/null </dev/null) || continue
    if [ "$open" != 0 ]; then return 0; fi
  done
  return 1
}
tries=0
while [ "$tries" -lt 5 ] && opened; do tries=$((tries + 1)); sleep 0.2; done
dmsetup info -c --noheadings --separator ' ' -o major,minor,open 2>/dev/null </dev/null | sed 's/^/open /'
fi`,
    sameDevices(subjects),
    sh`echo done`,
  ])
}

/** A line of fstab may name our device by another name (UUID=, LABEL=, /dev/mapper/…): the shell compares what they lead to, without a process. */
function sameDevices(subjects: readonly Subject<MountSpec>[]): Script {
  const branches = subjects.flatMap(({ id, spec }) => (spec === undefined ? [] : [sh`${escapePath(keyOf(id))}) device=${spec.device} ;;`]))
  if (branches.length === 0) return { text: ':' }
  return joinScripts([
    sh`if [ -e /etc/fstab ]; then
while read -r source target rest || [ -n "$source" ]; do
  case $target in`,
    ...branches,
    sh`*) continue ;;
  esac
  case $source in
    UUID=*) named=/dev/disk/by-uuid/\${source#UUID=} ;;
    LABEL=*) named=/dev/disk/by-label/\${source#LABEL=} ;;
    *) named=$source ;;
  esac
  if [ "$named" -ef "$device" ]; then printf 'same %s %s\n' "$target" "$source"; fi
done </etc/fstab
fi`,
  ])
}

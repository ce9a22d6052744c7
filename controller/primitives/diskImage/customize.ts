import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { kept } from './kept.ts'
import { type DiskImageState, folderOf } from './probe.ts'
import { type Customization, customizedAs, customizedSuffix, type DiskImageSpec } from './spec.ts'

/** Until it is whole a new image has this name, while it is written to its disk that, and one that is being changed its old content the last. */
export const unfinished = '.reeve-new'
const disk = '.reeve-disk'
const before = '.reeve-before'

/** What of ours may stand beside an image while it is being made. */
export function dropUnfinished(path: string): Script {
  return sh`rm -f -- ${[`${path}${unfinished}`, `${path}${disk}`, `${path}${customizedSuffix}.new`]}`
}

/**
 * Files go into a copy beside, which then takes the image's place in one rename; no machine can open the one that is about to go meanwhile, since QEMU's own lock
 * on it is held. Its check drops the old content, so that it must be the last step of its transaction.
 */
export function customizeStep(spec: DiskImageSpec, customize: Customization): Step {
  const { path, source } = spec
  const [made, note] = [kept('customized', path), kept('note', path)]
  const backing = source?.how === 'backing' ? source.path : undefined
  return {
    title: `write ${customize.files.length} file(s) into the image ${path}`,
    guard: refuseUse(path),
    run: joinScripts([
      dropUnfinished(path),
      sh`rm -f -- ${`${path}${before}`}
if [ -e ${`${path}${customizedSuffix}`} ]; then cp -a -T -- ${`${path}${customizedSuffix}`} ${note}; fi`,
      writeInto(customize, path, {
        first: sh`${hold(path)}
qemu-img convert -q -U -f qcow2 -O raw ${path} ${`${path}${disk}`} </dev/null`,
        last: sh`${toImage(path, backing, [])}
chown --reference=${path} -- ${`${path}${unfinished}`}
chmod --reference=${path} -- ${`${path}${unfinished}`}
sync -- ${`${path}${unfinished}`}
ln -T -- ${path} ${`${path}${before}`}
: >${made}
mv -f -T -- ${`${path}${unfinished}`} ${path}
${noteCustomized(path, customizedAs(customize))}`,
      }),
    ]),
    check: sh`qemu-img info -U -f qcow2 ${path} >/dev/null
rm -f -- ${`${path}${before}`}`,
    undo: sh`${dropUnfinished(path)}
if [ -e ${made} ] && [ -e ${`${path}${before}`} ]; then
  mv -f -T -- ${`${path}${before}`} ${path}
  rm -f -- ${`${path}${customizedSuffix}`}
  if [ -e ${note} ]; then cp -a -T -- ${note} ${`${path}${customizedSuffix}`}; fi
fi
rm -f -- ${`${path}${before}`}`,
    job: true,
  }
}

/** A new image, with its files, under its unfinished name. `options`: qemu-img's. */
export function fillCustomized(spec: DiskImageSpec, customize: Customization, source: string, options: readonly string[]): Script {
  const { path, sizeBytes } = spec
  return writeInto(customize, path, {
    first: sh`qemu-img convert -q -f qcow2 -O raw ${source} ${`${path}${disk}`} </dev/null
qemu-img resize -q -f raw ${`${path}${disk}`} ${sizeBytes} </dev/null`,
    last: toImage(path, spec.source?.how === 'backing' ? source : undefined, options),
  })
}

/** What was the disk becomes the unfinished image again: whole, or over another one only what differs from that (qemu-img rebase compares what an image lies over before and after). */
function toImage(path: string, backing: string | undefined, options: readonly string[]): Script {
  const [from, to] = [`${path}${disk}`, `${path}${unfinished}`]
  const make =
    backing === undefined
      ? sh`qemu-img convert -q -f raw -O qcow2 ${options} ${from} ${to} </dev/null`
      : sh`qemu-img create -q -f qcow2 ${options} -F raw -b ${from} ${to} </dev/null
qemu-img rebase -q -f qcow2 -F qcow2 -b ${backing} ${to} </dev/null`
  return sh`${make}
rm -f -- ${from}`
}

/** Renamed into its place, so that it is there whole or not at all. */
export function noteCustomized(path: string, hash: string): Script {
  const note = `${path}${customizedSuffix}`
  return sh`(umask 077 && printf '%s\n' ${hash} >${`${note}.new`})
sync -- ${`${note}.new`}
mv -f -T -- ${`${note}.new`} ${note}
sync -- ${folderOf(path)}`
}

/** The image stays as it is; the hash beside it is all that tells of us. */
export function release({ id }: LedgerEntry, observed: Known<DiskImageState>): readonly Step[] {
  if (observed.status === 'absent' || observed.state.customized === '') return []
  const path = keyOf(id)
  return [
    {
      title: `let go of the image ${path}, with its files`,
      run: sh`rm -f -- ${`${path}${customizedSuffix}`}`,
      undo: noteCustomized(path, observed.state.customized),
    },
  ]
}

/** By descriptors of any process, and by loop devices, which have none. */
function refuseUse(path: string): Script {
  return sh`for use in /proc/[0-9]*/fd/*; do
  [ "$use" -ef ${path} ] || continue
  process=\${use#/proc/}
  process=\${process%%/*}
  echo ${`${path} is open in process`} "$process ($(cat "/proc/$process/comm")): it can be customized while nobody has it open" >&2
  exit 1
done
for use in /sys/class/block/loop*/loop/backing_file; do
  if [ -r "$use" ] && read -r file <"$use" && [ "$file" -ef ${path} ]; then echo ${`${path} is behind a loop device: it can be customized while nobody has it open`} >&2; exit 1; fi
done`
}

/**
 * In mount and process namespaces of its own: however it ends, the kernel takes mount and loop device away with it. The disk is a plain file meanwhile: a mount
 * that a process serves (qemu-nbd, a FUSE export) hangs, and sync(1) of the whole host with it, where that process is killed first. `first` and `last` run inside.
 */
function writeInto(customize: Customization, path: string, { first, last }: { readonly first: Script; readonly last: Script }): Script {
  const inside = joinScripts([
    sh`work=$1
disk=${`${path}${disk}`}
umask 077
mount --make-rprivate /`,
    first,
    mountPartition(customize.partition, path),
    putFiles(customize),
    sh`sync -f -- "$work/root"
umount "$work/root"
sync -- "$disk"`,
    last,
  ])
  return sh`work=$(mktemp -d "$REEVE_BEFORE"/customize.XXXXXX)
mkdir "$work/root"
${joinScripts(
  customize.files.map(
    ({ content }, index) => sh`{
${printPayload(content)}
} >"$work/"${index}`,
  ),
)}
unshare --mount-proc --pid --fork --kill-child sh -eu -c ${inside.text} sh "$work" </dev/null
rm -r -- "$work"`
}

/** Has the image open as a machine would, until the namespaces end: QEMU refuses a second writer. */
function hold(path: string): Script {
  return sh`mkfifo "$work/hold"
exec 3<>"$work/hold"
qemu-io -f qcow2 ${path} <"$work/hold" >"$work/held" 2>&1 &
while ! grep -q qemu-io "$work/held"; do
  if ! [ -e "/proc/$!/exe" ]; then cat "$work/held" >&2; exit 1; fi
  sleep 0.1
done
if grep "can't open" "$work/held" >&2; then exit 1; fi`
}

/** What is inside belongs to strangers: nothing in it becomes a device, runs as somebody else, or runs at all. */
function mountPartition(partition: number, image: string): Script {
  const what = partition === 0 ? image : `partition ${partition} of ${image}`
  const find =
    partition === 0
      ? sh`start=0
sectors=$(($(stat -c %s "$disk") / 512))`
      : sh`found=$(partx --show --noheadings --nr ${partition} --output START,SECTORS "$disk" 2>&1) || found=
set -- $found
case \${1-},\${2-} in
  [0-9]*,[0-9]*) ;;
  *) echo ${`${image} has no partition ${partition}; set spec.image.customize.partition (0: no partition table)`} >&2; exit 1 ;;
esac
start=$1
sectors=$2`
  return sh`${find}
format=$(blkid -p -O "$((start * 512))" -S "$((sectors * 512))" -o value -s TYPE "$disk") || format=
options=nodev,nosuid,noexec
case $format in
  ext2|ext3|ext4|btrfs) ;;
  xfs) options=$options,nouuid ;;
  *) echo ${`${what} holds`} "\${format:-no filesystem}; files can be written into ext2, ext3, ext4, xfs and btrfs" >&2; exit 1 ;;
esac
mount -t "$format" -o "loop,offset=$((start * 512)),sizelimit=$((sectors * 512)),$options" "$disk" "$work/root"`
}

/** A link of the image must never lead out of it: no folder of a path may be one. A link at the path itself is replaced. */
function putFiles({ files }: Customization): Script {
  return joinScripts([
    sh`put() {
  at=$work/root
  rest=\${1#/}
  while :; do
    case $rest in */*) ;; *) break ;; esac
    at=$at/\${rest%%/*}
    rest=\${rest#*/}
    if [ -L "$at" ]; then echo "$1: \${at#"$work/root"} is a symbolic link in the image; write the path that it leads to" >&2; exit 1; fi
    if ! [ -d "$at" ]; then mkdir -m 755 -- "$at"; fi
  done
  if [ -d "$at/$rest" ] && ! [ -L "$at/$rest" ]; then echo "$1 is a directory in the image" >&2; exit 1; fi
  rm -f -- "$at/.reeve-new"
  cp -T -- "$2" "$at/.reeve-new"
  chown -- "$3" "$at/.reeve-new"
  chmod -- "$4" "$at/.reeve-new"
  mv -f -T -- "$at/.reeve-new" "$at/$rest"
}`,
    ...files.map(({ path, owner, mode }, index) => sh`put ${path} "$work/"${index} ${owner} ${mode}`),
  ])
}

import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { kept } from './kept.ts'
import { folderOf } from './probe.ts'
import { type Customization, customizedAs, customizedSuffix, type DiskImageSpec } from './spec.ts'

/** Until it is whole a new image has this name, and one that is being changed its old content. */
export const unfinished = '.reeve-new'
const before = '.reeve-before'

/**
 * Files go into a copy beside, which then takes the image's place in one rename; the machine can at no time open the one that is about to go, since a
 * storage daemon holds QEMU's own lock on it. Its check drops the old content, so that it must be the last step of its transaction.
 */
export function customizeStep(spec: DiskImageSpec, customize: Customization, customizedBefore: string): Step {
  const { path } = spec
  const made = kept('customized', path)
  return {
    title: `write ${customize.files.length} file(s) into the image ${path}`,
    guard: refuseUse(path),
    run: joinScripts([
      sh`new=${`${path}${unfinished}`}
rm -f -- "$new" ${`${path}${before}`}`,
      writeInto(customize, `${path}${unfinished}`, {
        first: sh`${serve('held', path, undefined)}
cp -a -T -- ${path} ${`${path}${unfinished}`}`,
        last: sh`ln -T -- ${path} ${`${path}${before}`}
: >${made}
mv -f -T -- ${`${path}${unfinished}`} ${path}
${noteCustomized(path, customizedAs(customize))}`,
      }),
    ]),
    check: sh`qemu-img info -U -f qcow2 ${path} >/dev/null
rm -f -- ${`${path}${before}`}`,
    undo: sh`rm -f -- ${`${path}${unfinished}`}
if [ -e ${made} ] && [ -e ${`${path}${before}`} ]; then
  mv -f -T -- ${`${path}${before}`} ${path}
  ${customizedBefore === '' ? sh`rm -f -- ${`${path}${customizedSuffix}`}` : noteCustomized(path, customizedBefore)}
fi
rm -f -- ${`${path}${before}`}`,
    job: true,
  }
}

/** Run only where it is not there: a new image gets its files before it has its name. */
export function customizeNew(customize: Customization, image: string): Script {
  return writeInto(customize, image, { first: sh`:`, last: sh`:` })
}

/** Renamed into its place, so that it is there whole or not at all. */
export function noteCustomized(path: string, hash: string): Script {
  const note = `${path}${customizedSuffix}`
  return sh`printf '%s\n' ${hash} >${`${note}.new`}
sync -- ${`${note}.new`}
mv -f -T -- ${`${note}.new`} ${note}
sync -- ${folderOf(path)}`
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
 * In mount and process namespaces of its own: however it ends, the kernel takes mount, loop device and daemon away with it. `first` and `last` run inside.
 * The export is a plain file by FUSE, so that neither nbd nor a copy of the whole disk is needed, and an image over another one keeps only what differs.
 */
function writeInto(customize: Customization, image: string, { first, last }: { readonly first: Script; readonly last: Script }): Script {
  const inside = joinScripts([
    sh`work=$1
mount --make-rprivate /
if ! [ -e /dev/fuse ]; then modprobe fuse; fi`,
    first,
    serve('disk', image, sh`"type=fuse,id=disk,node-name=disk,mountpoint=$work/disk,writable=on"`),
    mountPartition(customize.partition, image),
    putFiles(customize),
    sh`sync -f -- "$work/root"
umount "$work/root"
sync -- "$work/disk"
kill "$disk"
if ! wait "$disk"; then echo ${`qemu-storage-daemon could not finish ${image}`} >&2; exit 1; fi
sync -- ${image}`,
    last,
  ])
  return sh`work=$(mktemp -d "$REEVE_BEFORE"/customize.XXXXXX)
mkdir "$work/root"
: >"$work/disk"
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

/** The image as a node of a storage daemon, whose number is in the variable of that name; it writes its number to a file once it serves. Without an export it only holds the lock. */
function serve(name: 'held' | 'disk', image: string, toExport: Script | undefined): Script {
  const node = JSON.stringify({ driver: 'qcow2', 'node-name': name, file: { driver: 'file', filename: image } })
  const pidfile = sh`"$work"/${`${name}.pid`}`
  return sh`qemu-storage-daemon --blockdev ${node} ${toExport === undefined ? sh`` : sh`--export ${toExport}`} --pidfile ${pidfile} &
${{ text: name }}=$!
while ! [ -s ${pidfile} ]; do
  if ! kill -0 ${{ text: `"$${name}"` }} 2>/dev/null || ! [ -e ${{ text: `/proc/"$${name}"/exe` }} ]; then echo ${`${image} cannot be opened: a virtual machine has it, or it is damaged`} >&2; exit 1; fi
  sleep 0.1
done`
}

/** What is inside belongs to strangers: nothing in it becomes a device, runs as somebody else, or runs at all. */
function mountPartition(partition: number, image: string): Script {
  const what = partition === 0 ? image : `partition ${partition} of ${image}`
  const find =
    partition === 0
      ? sh`start=0
sectors=$(($(stat -c %s "$work/disk") / 512))`
      : sh`found=$(partx --show --noheadings --nr ${partition} --output START,SECTORS "$work/disk" 2>&1) || found=
set -- $found
case \${1-},\${2-} in
  [0-9]*,[0-9]*) ;;
  *) echo ${`${image} has no partition ${partition}; set spec.image.customize.partition (0: no partition table)`} >&2; exit 1 ;;
esac
start=$1
sectors=$2`
  return sh`${find}
format=$(blkid -p -O "$((start * 512))" -S "$((sectors * 512))" -o value -s TYPE "$work/disk") || format=
options=nodev,nosuid,noexec
case $format in
  ext2|ext3|ext4|btrfs) ;;
  xfs) options=$options,nouuid ;;
  *) echo ${`${what} holds`} "\${format:-no filesystem}; files can be written into ext2, ext3, ext4, xfs and btrfs" >&2; exit 1 ;;
esac
mount -t "$format" -o "loop,offset=$((start * 512)),sizelimit=$((sectors * 512)),$options" "$work/disk" "$work/root"`
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
  cp -T -- "$2" "$at/.reeve-new"
  chown -- "$3" "$at/.reeve-new"
  chmod -- "$4" "$at/.reeve-new"
  mv -f -T -- "$at/.reeve-new" "$at/$rest"
}`,
    ...files.map(({ path, owner, mode }, index) => sh`put ${path} "$work/"${index} ${owner} ${mode}`),
  ])
}

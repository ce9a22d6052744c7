import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { pendingTag } from '../logicalVolume/spec.ts'
import type { FolderRoot, LxcContainerSpec, RootFileSystem, VolumeRoot } from './spec.ts'

/**
 * How far the root of a container came: tags. A logical volume carries them itself; beside a folder stands an empty file for each,
 * FOLDER.reeve.populate-pending. While one says populate-pending, what lies in the root was never a user's.
 */

/** A tag, or shell text that says one. */
type Tag = string | Script

/** Sets $tags to `,one,other,`. What cannot be read ends the step: it must never look like "not pending", or like "pending". */
export function readTags({ rootfs }: LxcContainerSpec): Script {
  return isVolume(rootfs) ? readVolumeTags(rootfs) : readFolderTags(rootfs)
}

function readVolumeTags(rootfs: VolumeRoot): Script {
  return sh`
LVM_SUPPRESS_FD_WARNINGS=1
export LVM_SUPPRESS_FD_WARNINGS
tags=$(lvs --noheadings -o lv_tags ${volumeOf(rootfs)} </dev/null)
set -- $tags
tags=",\${1-},"`
}

function readFolderTags({ folder }: FolderRoot): Script {
  return sh`
tags=,
for tag in ${`${folder}.`}reeve.*; do
  if [ -e "$tag" ]; then tag=\${tag##*.reeve.}; tags="$tags"reeve."$tag,"; fi
done`
}

export function addTag({ rootfs }: LxcContainerSpec, tag: Tag): Script {
  if (isVolume(rootfs)) return sh`lvchange --addtag ${tag} ${volumeOf(rootfs)} </dev/null >&2`
  const file = tagFile(rootfs, tag)
  return sh`{ : >${file}; sync ${file} ${parentOf(rootfs.folder)}; }`
}

export function removeTag({ rootfs }: LxcContainerSpec, tag: Tag): Script {
  if (isVolume(rootfs)) return sh`lvchange --deltag ${tag} ${volumeOf(rootfs)} </dev/null >&2`
  return sh`{ rm -f ${tagFile(rootfs, tag)}; sync ${parentOf(rootfs.folder)}; }`
}

/** Says that the root is filled from now on, and `instead` what it is. */
export function markFilled(spec: LxcContainerSpec, instead: string | undefined): Script {
  const done = removeTag(spec, pendingTag('populate'))
  if (instead === undefined) return done
  if (isVolume(spec.rootfs))
    return sh`lvchange --addtag ${instead} --deltag ${pendingTag('populate')} ${volumeOf(spec.rootfs)} </dev/null >&2`
  return joinScripts([addTag(spec, instead), done])
}

/**
 * A folder that is not there is made, and is ours to fill from before its first moment; an empty one is taken for one that is not there. Anything
 * else in it is somebody's. A volume is made, with its tag, by its own primitive.
 */
export function makeFolder(spec: LxcContainerSpec): Script {
  const { rootfs, template } = spec
  if (isVolume(rootfs)) return sh`:`
  const { folder } = rootfs
  if (template === undefined)
    return sh`if ! [ -d ${folder} ]; then echo ${`${folder} is not there; name a template to fill it from`} >&2; exit 1; fi`
  return sh`
if [ -L ${folder} ]; then echo ${`${folder} is a symbolic link; name the folder itself in rootfs.dir.path`} >&2; exit 1; fi
if [ -d ${folder} ]; then rmdir ${folder} 2>/dev/null || :; fi
if ! [ -e ${folder} ]; then
  (umask 022; mkdir -p ${parentOf(folder)})
  ${addTag(spec, pendingTag('populate'))}
  mkdir -m 0755 ${folder}
  sync ${parentOf(folder)}
fi`
}

/** How a person has it filled anew. */
export function refillCommand({ rootfs }: LxcContainerSpec): string {
  const tag = pendingTag('populate')
  if (isVolume(rootfs)) return `lvchange --addtag ${tag} ${volumeOf(rootfs)}`
  return `touch ${rootfs.folder}.${tag}`
}

export function isVolume(rootfs: RootFileSystem): rootfs is VolumeRoot {
  return 'volumeGroup' in rootfs
}

function volumeOf({ volumeGroup, name }: VolumeRoot): string {
  return `${volumeGroup}/${name}`
}

function tagFile({ folder }: FolderRoot, tag: Tag): Script {
  return sh`${`${folder}.`}${tag}`
}

function parentOf(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('/')) || '/'
}

import { createHash } from 'node:crypto'
import { joinScripts, type Script, sh, shellFunction } from './sh.ts'

/**
 * Edits of a file that belongs to somebody else. All edits of one transaction are made on one staged copy, which takes the file's place at once; its mode, owner and attributes stay.
 * An `edit` is shell text that changes the file named by `$reeve_new`. Where the file was edited by a person after we wrote it, the undo takes back only our part of it.
 */
export interface SharedFile {
  /** Beside its live place, for a checker to judge. */
  readonly staged: string
  /** `created`: mode and owner of a file that is absent. */
  stage(edit: Script, created?: { readonly mode: string; readonly owner: string }): Script
  readonly unstage: Script
  /** Succeeds where the file is still the one that was staged from. */
  readonly isAsStaged: Script
  readonly goLive: Script
  /** The same; where nothing is left in it, the file goes. */
  readonly goLiveOrAway: Script
  undo(edit: Script): Script
}

/** Edits of this path, within one transaction. */
export function sharedFile(path: string): SharedFile {
  const staged = `${path}.reeve-new`
  const image = sh`"$REEVE_BEFORE"/${`shared-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`}`
  return {
    staged,
    stage: (edit, created) => stage(path, staged, image, edit, created),
    unstage: sh`rm -f -- ${staged} ${image}.staged`,
    isAsStaged: isAsStaged(path, image),
    goLive: goLive(image, sh`reeve_put ${staged} ${path}`),
    goLiveOrAway: goLive(
      image,
      sh`if [ -s ${staged} ]; then reeve_put ${staged} ${path}; else : > ${image}.away; rm -f -- ${path} ${staged}; fi`,
    ),
    undo: (edit) => joinScripts([putFunction(image), undo(path, `${path}.reeve-back`, image, edit)]),
  }
}

/** The first edit of a transaction takes the before-image and makes the copy; those that follow go on with it. */
function stage(
  path: string,
  staged: string,
  image: Script,
  edit: Script,
  created?: { readonly mode: string; readonly owner: string },
): Script {
  const make = created
    ? sh`(umask 077; set -C; : > ${staged}); chown -- ${created.owner} ${staged}; chmod -- ${created.mode} ${staged}`
    : sh`printf '%s is not there\n' ${path} >&2; exit 1`
  return sh`if [ -L ${path} ]; then printf '%s is a symbolic link; it is neither followed nor replaced\n' ${path} >&2; exit 1; fi
if [ ! -e ${image} ] && [ ! -e ${image}.absent ]; then
  if [ -e ${path} ]; then cp -a -- ${path} ${image}.part; sync -- ${image}.part; mv -T -- ${image}.part ${image}; else : > ${image}.absent; fi
fi
if [ ! -e ${image}.staged ]; then
  rm -f -- ${staged}
  if [ -e ${image} ]; then cp -a -- ${image} ${staged}; else ${make}; fi
  : > ${image}.staged
fi
reeve_new=${staged}
${edit}
cp -- ${staged} ${image}.new`
}

function isAsStaged(path: string, image: Script): Script {
  return sh`[ -e ${image}.live ] || {
  if [ -e ${image}.absent ]; then [ ! -e ${path} ] && [ ! -L ${path} ]; else [ -f ${path} ] && [ ! -L ${path} ] && cmp -s -- ${image} ${path}; fi
} || { printf '%s changed meanwhile: it is not the file that was staged from\n' ${path} >&2; exit 1; }`
}

function goLive(image: Script, put: Script): Script {
  return joinScripts([
    putFunction(image),
    sh`if [ ! -e ${image}.live ]; then
  : > ${image}.going
  ${put}
  : > ${image}.live
fi`,
  ])
}

/** Defines `reeve_put FILE PATH`: by one rename; where that cannot be (a mount point) or would part hard links, in place, and an image says until when it was half written. */
function putFunction(image: Script): Script {
  return shellFunction(
    'reeve_put',
    sh`why=''
if [ ! -e "$2" ] || [ "$(stat -c %h -- "$2")" = 1 ]; then
  why=$(mv -f -T -- "$1" "$2" 2>&1) && return 0
fi
if [ ! -f "$2" ] || [ -L "$2" ]; then printf '%s\n' "$why" >&2; return 1; fi
: > ${image}.half || return 1
cat -- "$1" > "$2" || return 1
sync -- "$2" && rm -f -- ${image}.half "$1"`,
  )
}

/** What was never touched stays untouched. */
function undo(path: string, back: string, image: Script, edit: Script): Script {
  return sh`[ -e ${image}.going ] || exit 0
if [ -e ${image}.half ] || { [ -e ${image}.away ] && [ ! -e ${path} ] && [ ! -L ${path} ]; } || { [ -e ${image} ] && cmp -s -- ${image}.new ${path}; }; then
  rm -f -- ${back}; cp -a -- ${image} ${back}; reeve_put ${back} ${path}
elif [ -e ${image}.absent ] && cmp -s -- ${image}.new ${path}; then rm -f -- ${path}
elif [ -f ${path} ] && ! cmp -s -- ${image} ${path}; then
  rm -f -- ${back}; cp -a -- ${path} ${back}
  reeve_new=${back}
  trap 'rm -f -- "$reeve_new"' EXIT
  ${edit}
  cmp -s -- ${back} ${path} || reeve_put ${back} ${path}
fi`
}

import { sha256 } from './inspect.ts'
import { type Script, sh } from './sh.ts'

/** Puts a before-image, whole and on the disk or not at all, where the undo finds it: the change that follows must not outlive it in a power cut. */
export function remember(path: string): Script {
  const image = beforeImage(path)
  return sh`if [ -e ${path} ]; then cp -a -- ${path} ${image}.part; sync -- ${image}.part; mv -T -- ${image}.part ${image}; else : > ${image}.absent; fi`
}

/** Undoes what was done to a path since. */
export function putBack(path: string): Script {
  const image = beforeImage(path)
  const back = `${path}.reeve-back`
  // What was never touched stays untouched: it may be in the way of its own undo (a mount point, a read-only disk).
  return sh`if [ -f ${image} ]; then
  was=$(stat -c '%a %u %g' -- ${image}); is=$(stat -c '%a %u %g' -- ${path} || :)
  if [ "$was" != "$is" ] || ! cmp -s -- ${image} ${path}; then
    rm -f -- ${back}; cp -a -- ${image} ${back}; sync -- ${back}; mv -T -- ${back} ${path} || { rm -f -- ${back}; exit 1; }
  fi
elif [ -f ${image}.absent ]; then rm -f -- ${path}; fi`
}

/** Where it lies. */
export function beforeImage(path: string): Script {
  return sh`"$REEVE_BEFORE"/${`file-${sha256(path).slice(0, 16)}`}`
}

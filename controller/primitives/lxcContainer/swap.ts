import type { Step } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { placesOf } from './places.ts'
import type { LxcContainerState } from './spec.ts'

/** Keeps owner and mode of the live file. */
export function writeOver(staged: string, live: string, text: string): Script {
  return sh`
rm -f ${staged}
cp -p ${live} ${staged}
{ ${printPayload(text)}
} >${staged}`
}

/** grep adds the newline that the file's last line may lack, as it did in the observation. */
export function sameAsSeen(name: string, state: LxcContainerState): Script {
  const { config } = placesOf(name)
  return sh`
{ ${printPayload(state.config)}
} >"$REEVE_BEFORE"/${`lxc-${name}.seen`}
if ! grep -a '' ${config} | cmp -s - "$REEVE_BEFORE"/${`lxc-${name}.seen`}; then
  echo ${`${config} changed since it was read`} >&2
  exit 1
fi`
}

/** Puts the staged config in place of the live one. */
export function swapStep(name: string): Step {
  const { config, staged } = placesOf(name)
  const before = `lxc-${name}.config`
  return {
    title: `put the new ${config} in place`,
    phase: 'change',
    run: sh`
cp -p ${config} "$REEVE_BEFORE"/${`${before}.new`}
sync "$REEVE_BEFORE"/${`${before}.new`}
mv "$REEVE_BEFORE"/${`${before}.new`} "$REEVE_BEFORE"/${before}
mv ${staged} ${config}`,
    check: sh`! [ -e ${staged} ]`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${before} ]; then
  cp -p "$REEVE_BEFORE"/${before} ${staged}
  sync ${staged}
  mv ${staged} ${config}
fi`,
    sync: [config],
  }
}

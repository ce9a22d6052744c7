import type { WantedChange } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext, Verdict } from '../../model/primitive.ts'
import { printPayload } from '../../shell/payload.ts'
import { type Script, sh } from '../../shell/sh.ts'
import { currentPath, printLive, printScratch, sha256, unitPath, unitText, wantsPaths } from './boot.ts'
import { isBootOnly } from './diff.ts'
import { hasOthers, loadKeeping, noteContents } from './keep.ts'
import type { NftState } from './probe.ts'
import { renderTable, replacement } from './render.ts'
import type { NftTableSpec } from './spec.ts'

/** Go live in one nft transaction, with the way back prepared and proven loadable first; persist only what was confirmed. */
export function stepsOf(
  spec: NftTableSpec,
  change: WantedChange,
  observed: Known<NftState>,
  context: Pick<StepContext, 'fleet'>,
): readonly Step[] {
  const table = renderTable(spec, context.fleet)
  const persist = [keepText(table), ...(observed.status === 'present' && observed.state.unit === 'same' ? [] : [keepUnit])]
  if (isBootOnly(change.fields)) return [noteListing(observed), ...persist]
  return [prepareWayBack(observed), stage(table), replace(spec), ...persist]
}

/** Silence after the change brings the old table back. A change of what is only on disk cannot lock out. */
export function verdictOf(spec: NftTableSpec, change: WantedChange): Verdict | undefined {
  if (isBootOnly(change.fields)) return undefined
  return { lockOut: 'kernel', withinMs: spec.confirm.withinMs, probes: [{ type: 'newConnection' }, ...spec.confirm.probes] }
}

/** Saves the live table, and proves that it can be loaded again. */
export function prepareWayBack(observed: Known<NftState>): Step {
  const save = observed.status === 'absent' ? sh`:` : printLive
  return {
    title: 'save the table inet reeve as it is, and prove that it can be loaded again',
    phase: 'arm',
    guard: isAsObserved(observed),
    run: sh`
      { printf 'table inet reeve\ndelete table inet reeve\n'; ${save}; } >"$REEVE_BEFORE/nft-back.new"
      nft -c -f "$REEVE_BEFORE/nft-back.new"
      ${noteContents()}
      mv "$REEVE_BEFORE/nft-back.new" "$REEVE_BEFORE/nft-back"
    `,
  }
}

/** The table did not move since the plan was made. */
function isAsObserved(observed: Known<NftState>): Script {
  const because = 'the table inet reeve has changed since it was observed; the next pass plans anew'
  if (observed.status === 'absent') return sh`if ${printLive} >/dev/null 2>&1; then echo ${because} >&2; exit 1; fi`
  return sh`
    live=$(${printLive})
    sum=$(printf '%s\n' "$live" | sha256sum)
    [ "\${sum%% *}" = ${observed.state.listing} ] || { echo ${because} >&2; exit 1; }
  `
}

function stage(table: string): Step {
  return {
    title: 'check the rules of table inet reeve with nft',
    phase: 'validate',
    run: sh`
      {
      ${printPayload(replacement(table))}
      } >"$REEVE_BEFORE/nft-new"
      nft -c -f "$REEVE_BEFORE/nft-new"
    `,
  }
}

const back = sh`"$REEVE_BEFORE/nft-back"`

/** What others put into their sets since is not taken back. Whatever else fails, a disk that is full too, the old rules are loaded. */
export const goBack: Script = sh`if [ -e ${back} ]; then
  if ${hasOthers(back)} && ${loadKeeping(back)}; then :; else nft -f ${back}; fi
fi`

/**
 * The listing is noted right after the load, so that what others change in the confirm window is not taken for ours. The check compares it with
 * what a scratch namespace makes of the same text; where the target refuses one, that the load succeeded must do.
 */
function replace(spec: NftTableSpec): Step {
  const isFilled = spec.parts.some((part) => part.sets.some((set) => set.filled?.by === 'others'))
  const file = sh`"$REEVE_BEFORE/nft-new"`
  return {
    title: 'replace table inet reeve at once',
    phase: 'change',
    run: sh`
    ${isFilled ? loadKeeping(file) : sh`nft -f ${file}`}
    ${printLive} >"$REEVE_BEFORE/nft-is"
  `,
    check: isAsLoaded,
    undo: goBack,
  }
}

const isAsLoaded = sh`
    sed 1,2d "$REEVE_BEFORE/nft-new" >"$REEVE_BEFORE/nft-table"
    ${printScratch} <"$REEVE_BEFORE/nft-table" >"$REEVE_BEFORE/nft-scratch" 2>&1 || :
    read -r first <"$REEVE_BEFORE/nft-scratch" || first=
    [ "$first" = scratch ] || exit 0
    sed 1d "$REEVE_BEFORE/nft-scratch" >"$REEVE_BEFORE/nft-wanted"
    diff "$REEVE_BEFORE/nft-wanted" "$REEVE_BEFORE/nft-is" >&2
  `

/** The table was seen to be as wanted; only the way it is listed has to be known for current.nft. */
function noteListing(observed: Known<NftState>): Step {
  return {
    title: 'note how nft lists table inet reeve',
    phase: 'stage',
    guard: isAsObserved(observed),
    run: sh`${printLive} >"$REEVE_BEFORE/nft-is"`,
  }
}

function keepText(table: string): Step {
  return {
    title: `write ${currentPath} for the next boot`,
    phase: 'settle',
    run: sh`
      mkdir -p /var/lib/reeve/nft
      listing=$(sha256sum <"$REEVE_BEFORE/nft-is")
      {
        printf '# reeve source %s listing %s\n' ${sha256(table)} "\${listing%% *}"
      ${printPayload(replacement(table))}
      } >${`${currentPath}.new`}
      chmod 0600 ${`${currentPath}.new`}
      nft -c -f ${`${currentPath}.new`}
      sync ${`${currentPath}.new`}
      ${setAside(currentPath, 'nft-current')}
      mv ${`${currentPath}.new`} ${currentPath}
      sync /var/lib/reeve/nft
    `,
    undo: putBack(currentPath, 'nft-current'),
  }
}

/** Links are made by hand: it is what `systemctl enable` does, and it also works on a host whose systemd is not up. */
const keepUnit: Step = {
  title: 'enable reeve-firewall.service',
  phase: 'settle',
  run: sh`
    [ -d /run/systemd/system ] || exit 0
    {
    ${printPayload(unitText)}
    } >${`${unitPath}.new`}
    sync ${`${unitPath}.new`}
    ${setAside(unitPath, 'nft-unit')}
    mv ${`${unitPath}.new`} ${unitPath}
    for link in ${[...wantsPaths]}; do
      mkdir -p "\${link%/*}"
      ln -sfn ${unitPath} "$link"
    done
    sync /etc/systemd/system
    systemctl daemon-reload
  `,
  undo: putBack(unitPath, 'nft-unit'),
}

/** Keeps a before-image, or notes that there was none. */
export function setAside(path: string, name: string): Script {
  return sh`
      if [ -e ${path} ]; then cp -p ${path} "$REEVE_BEFORE/"${`${name}.part`}; sync "$REEVE_BEFORE/"${`${name}.part`}; mv "$REEVE_BEFORE/"${`${name}.part`} "$REEVE_BEFORE/"${name}; else : >"$REEVE_BEFORE/"${`${name}.none`}; fi
  `
}

/** Puts the before-image back. */
export function putBack(path: string, name: string): Script {
  return sh`
    if [ -e "$REEVE_BEFORE/"${name} ]; then cp -p "$REEVE_BEFORE/"${name} ${`${path}.new`} && mv ${`${path}.new`} ${path}; fi
    if [ -e "$REEVE_BEFORE/"${`${name}.none`} ]; then rm -f ${path}; fi
  `
}

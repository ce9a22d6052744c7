import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { currentPath, printLive, unitPath } from './boot.ts'
import type { NftState } from './probe.ts'
import { goBack, prepareWayBack, putBack, setAside } from './steps.ts'
import { nftName } from './words.ts'

/** Where the rules of the next boot are handed over to: a place that is the host's. */
export const releasedPath = '/etc/nftables-reeve.nft'

/** The same rules, in one transaction: only comments go, which name the fleet and say that a rule is ours. Counters keep their numbers. What loads them at boot stays, from a place of the host's own. */
export function release(_entry: LedgerEntry, observed: Known<NftState>, { fleet }: StepContext): readonly Step[] {
  if (observed.status === 'absent') return []
  const boot = observed.state.current === 'missing' ? [] : [handOverStep]
  return [prepareWayBack(observed), unmarkStep(fleet), ...boot]
}

/** Proven by nft itself: the table is listed afterwards as before, but for the comments. */
function unmarkStep(fleet: string): Step {
  const edits = ['-e', `/^\tcomment "${nftName(fleet)}\\/[^"\\/]*"$/d`, '-e', 's/ comment "reeve:\\([A-Za-z0-9_.-]*\\)"$/ comment "\\1"/']
  return {
    title: 'take the comments of Reeve off the table inet reeve, at once and with the same rules',
    run: sh`
    ${printLive} >"$REEVE_BEFORE/nft-was"
    sed ${edits} "$REEVE_BEFORE/nft-was" >"$REEVE_BEFORE/nft-wanted"
    nft -nn list table inet reeve >"$REEVE_BEFORE/nft-counted"
    { printf 'table inet reeve\ndelete table inet reeve\n'; sed ${edits} "$REEVE_BEFORE/nft-counted"; } >"$REEVE_BEFORE/nft-new"
    nft -c -f "$REEVE_BEFORE/nft-new"
    nft -f "$REEVE_BEFORE/nft-new"`,
    check: sh`
    ${printLive} >"$REEVE_BEFORE/nft-is"
    diff "$REEVE_BEFORE/nft-wanted" "$REEVE_BEFORE/nft-is" >&2`,
    undo: goBack,
  }
}

/** The unit loads the new file from the next boot on; the old one goes with the rest of /var/lib/reeve. */
const handOverStep: Step = {
  title: `hand the rules of the next boot over to ${releasedPath}`,
  phase: 'settle',
  run: joinScripts([
    sh`
    { printf 'table inet reeve\ndelete table inet reeve\n'; cat "$REEVE_BEFORE/nft-wanted"; } >${`${releasedPath}.new`}
    chmod 0600 ${`${releasedPath}.new`}
    nft -c -f ${`${releasedPath}.new`}
    sync ${`${releasedPath}.new`}`,
    setAside(releasedPath, 'nft-released'),
    setAside(unitPath, 'nft-unit'),
    sh`
    mv ${`${releasedPath}.new`} ${releasedPath}
    if [ -e ${unitPath} ]; then
      sed -e '/^# Written by Reeve: /d' -e ${`s#${currentPath}#${releasedPath}#g`} -e ${`s#^\\(RequiresMountsFor=\\).*#\\1/etc#`} ${unitPath} >${`${unitPath}.new`}
      sync ${`${unitPath}.new`}
      mv ${`${unitPath}.new`} ${unitPath}
    fi
    [ ! -d /run/systemd/system ] || systemctl daemon-reload`,
  ]),
  undo: joinScripts([putBack(releasedPath, 'nft-released'), putBack(unitPath, 'nft-unit')]),
}

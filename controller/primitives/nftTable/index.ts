import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { currentPath, unitPath, wantsPaths } from './boot.ts'
import { diffTable, fieldsOf } from './diff.ts'
import { type NftState, parseTable, probeTable } from './probe.ts'
import { release } from './release.ts'
import { mergeTables, type NftTableSpec } from './spec.ts'
import { stepsOf, verdictOf } from './steps.ts'

/** The table `inet reeve` of a target (nft(8)). No `retire`: without manifests it stays, since taking it away would open the host. */
export const nftTablePrimitive = definePrimitive<NftTableSpec, NftState>({
  type: 'nftTable',
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: () => [{ on: 'nft', table: 'inet reeve' }, ...paths(currentPath, unitPath, ...wantsPaths)],
  probe: probeTable,
  parse: parseTable,
  diff: diffTable,
  steps: stepsOf,
  merge: mergeTables,
  verdict: verdictOf,
  release,
})

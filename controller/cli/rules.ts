import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { createCompileMemo } from '../engine/compile.ts'
import { kinds } from '../kinds/registry.ts'
import type { RevisionRules } from '../loop/revision.ts'
import { type Crd, createSchemas } from '../manifests/schemas.ts'
import { createLoadMemo } from '../manifests/tree.ts'
import { primitives } from '../primitives/registry.ts'
import { noVault, type Vault } from '../secrets/age.ts'
import { parseAhead } from './parseAhead.ts'
import { slices } from './slices.ts'

/** The kinds with their schemas, as the repository of Reeve itself carries them. */
export function readRules(fleet: string, { open }: Vault = noVault): RevisionRules {
  const folder = join(import.meta.dirname, '../../crds')
  const crds = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')) as Crd)
  const byKind = new Map(kinds.map((kind) => [kind.kind, kind]))
  return {
    ...{ fleet, schemas: createSchemas(crds), kinds: byKind, allKinds: kinds, primitives, openSecret: open },
    ...{ memo: createLoadMemo(), compileMemo: createCompileMemo() },
    ...{ slices, parseAhead },
  }
}

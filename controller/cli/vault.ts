import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { reasonOf } from '../model/reason.ts'
import { createVault, noVault, parseIdentities, type Vault } from '../secrets/age.ts'
import { CommandEnd } from './exit.ts'

/** Variable with the text of an identity file, for where there is no place for a file (CI). */
export const identityVariable = 'REEVE_SECRETS_IDENTITY'

/** The keys that open secrets: of the file that reeve.yaml names, or of the environment, which no child process inherits then. */
export function openVault({ secrets }: Pick<Config, 'secrets'>): Vault {
  const text = process.env[identityVariable]
  delete process.env[identityVariable]
  try {
    if (text !== undefined && text !== '') return createVault(parseIdentities(text, identityVariable), identityVariable)
    const file = secrets?.identityFile
    if (file === undefined) return noVault
    return createVault(parseIdentities(readFileSync(file, 'utf8'), file), file)
  } catch (error) {
    throw new CommandEnd(`the identity for secrets cannot be used: ${reasonOf(error)}`)
  }
}

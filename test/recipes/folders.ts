import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname

/** Names of the recipes' folders. */
export function recipeFolders(): readonly string[] {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

/** Absolute path of a recipe's folder. */
export function folderOf(recipe: string): string {
  return join(here, recipe)
}

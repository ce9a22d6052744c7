import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What the shell in memory cannot stand in for: it needs a real one, or takes it too long. */
export interface Beyond {
  /** None of their tests can. */
  readonly files: readonly string[]
  /** By file and full name. */
  readonly tests: readonly string[]
}

/** What vitest's JSON reporter writes. */
export interface VitestReport {
  readonly testResults: readonly {
    /** Absolute path. */
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly duration?: number | null }[]
  }[]
}

const mostMs = 1000

export function beyondOf({ testResults }: VitestReport, root: string): Beyond {
  const ofFiles = testResults.map(({ name, assertionResults }) => ({
    path: relative(root, name),
    all: assertionResults.length,
    tests: assertionResults
      .filter(({ status, duration }) => status !== 'passed' || (duration ?? 0) > mostMs)
      .map(({ fullName }) => nameOf(relative(root, name), fullName)),
  }))
  const isWhole = (one: { readonly all: number; readonly tests: readonly string[] }): boolean => one.tests.length === one.all
  return {
    files: ofFiles.filter(isWhole).map(({ path }) => path),
    tests: ofFiles.filter((one) => !isWhole(one)).flatMap(({ tests }) => tests),
  }
}

/** As it stands in the list: path from the root, and the names of its groups and its own. */
export function nameOf(path: string, fullName: string): string {
  return `${path}: ${fullName}`
}

export function writeBeyond(file: string, beyond: Beyond): void {
  writeFileSync(file, `${JSON.stringify(beyond, undefined, 1)}\n`)
}

/** Nothing where nobody says. */
export function readBeyond(): Beyond {
  const file = process.env['REEVE_MUTATE_BEYOND']
  return file === undefined ? { files: [], tests: [] } : (JSON.parse(readFileSync(file, 'utf8')) as Beyond)
}

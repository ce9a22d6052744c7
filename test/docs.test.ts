import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertConditions } from '../controller/model/alarm.ts'

const root = join(import.meta.dirname, '..')

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function headings(path: string): readonly string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '')
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]

describe('the pages', () => {
  it.each(alertConditions)('the runbook says what to do about %s', (condition) => {
    expect(headings('docs/runbook.md')).toContain(condition)
  })

  it.each(pages)('%s links only to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
    for (const link of links) expect(existsSync(join(root, dirname(page), link)), `${page} links to ${link}`).toBe(true)
  })

  it('the README has a row for every command, and none for what is not there', () => {
    const { stdout } = spawnSync('sh', [join(root, 'bin/reeve'), '--help'], { encoding: 'utf8' })
    const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]).sort()
    const rows = [...read('README.md').matchAll(/^\| `reeve ([a-z]+)/gm)].map((match) => match[1]).sort()
    expect(rows).toEqual(commands.filter((command) => command !== 'help'))
  })

  it('every library of package.json has its reason', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>
    const reasons = read('docs/adr/dependencies.md')
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'))
    expect(names.filter((name) => !new RegExp(`(^|[ |,])${name.replace('.', '\\.')}[ ,]`, 'm').test(reasons))).toEqual([])
  })
})

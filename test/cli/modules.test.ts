import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { commandsFor } from '../../controller/cli/modules.ts'
import { loadedBy } from '../architecture.ts'

const root = join(import.meta.dirname, '../..')

async function programOf(words: readonly string[]): Promise<readonly string[]> {
  const program = new Command()
  for (const add of await commandsFor(words)) add(program)
  return program.commands.map((command) => command.name())
}

const all = await programOf(['--help'])

describe('what a call of reeve loads', () => {
  it.each(all)('%s: its own file, which has it', async (name) => {
    const names = await programOf([name, '--help'])
    expect(names).toContain(name)
    expect(names.length).toBeLessThan(4)
  })

  it.each([[[]], [['--help']], [['help', 'status']], [['sttaus']], [['--config', 'x', 'status']]])(
    'every command for %j',
    async (words) => {
      expect(await programOf(words)).toEqual(all)
    },
  )

  it('every command has one name', () => {
    expect(new Set(all).size).toBe(all.length)
  })

  it.each(['status', 'history', 'ask', 'suspend', 'token'])('cli/%s.ts knows nothing of hosts, kinds and repositories', (file) => {
    const slow = ['ssh2', 'fastify', 'simple-git', 'node:sqlite', 'kinds/registry.ts', 'primitives/registry.ts', 'engine/compile.ts']
    const loaded = loadedBy(root, `cli/${file}.ts`)
    expect(loaded).toContain('cli/context.ts')
    expect(slow.filter((name) => loaded.has(name))).toEqual([])
  })

  it('the start itself knows nothing but how to find them', () => {})
})

describe('what is kept of the compiled code', () => {
  const reeve = (environment: Readonly<Record<string, string>>) =>
    spawnSync('sh', [join(root, 'bin/reeve'), '--version'], {
      encoding: 'utf8',
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', ...environment },
    })

  it.each([
    { name: 'below the home', below: (folder: string) => ({ HOME: folder }), in: '.cache/reeve/compiled' },
    {
      name: 'in the cache that the user names',
      below: (folder: string) => ({ HOME: '/nowhere', XDG_CACHE_HOME: folder }),
      in: 'reeve/compiled',
    },
    { name: 'where Node is told', below: (folder: string) => ({ HOME: '/nowhere', NODE_COMPILE_CACHE: join(folder, 'own') }), in: 'own' },
  ])('lies $name', ({ below, in: place }) => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-cache-'))
    expect(reeve(below(folder)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(readdirSync(join(folder, place))).not.toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('is nothing without a home: no folder of others is used', () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-cache-'))
    expect(reeve({ TMPDIR: folder })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })
})

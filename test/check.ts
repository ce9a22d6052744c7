import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { architectureFaults } from './architecture.ts'
import { generatedFiles } from './generate.ts'

/** `npm run check`: all that can be said of the code without running it, in seconds. */
const root = join(import.meta.dirname, '..')
const biome = join(root, `node_modules/@biomejs/cli-linux-${process.arch}/biome`)

interface Check {
  readonly name: string
  run(): Promise<readonly string[]> | readonly string[]
}

function command(program: string, args: readonly string[], input?: string): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  })
  if (error) return [`${program} cannot be run: ${error.message}`]
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
}

async function staleFiles(): Promise<readonly string[]> {
  const files = await generatedFiles()
  return [...files].filter(([path, text]) => readOr(path) !== text).map(([path]) => `${path} is not what its source says: npm run generate`)
}

function readOr(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return ''
  }
}

const checks: readonly Check[] = [
  { name: 'types', run: () => command(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', root]) },
  { name: 'lint and format', run: () => command(biome, ['check', '--error-on-warnings', '.']) },
  { name: 'architecture', run: () => architectureFaults(root) },
  { name: 'generated files', run: staleFiles },
  { name: 'example fleet', run: () => command(process.execPath, ['controller/main.ts', 'validate', 'manifests-example']) },
  {
    name: 'shell scripts',
    run: () => command('shellcheck', ['-s', 'sh', 'bin/node', 'bin/reeve', 'bin/sendmail', 'bin/mail-queue', '.ci/run']),
  },
]

let isGreen = true
for (const check of checks) {
  const started = performance.now()
  const faults = await check.run()
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${check.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) isGreen = false
}
process.exitCode = isGreen ? 0 : 1

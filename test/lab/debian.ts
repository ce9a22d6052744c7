import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recipeFolder } from './places.ts'
import { runOrThrow } from './process.ts'
import type { Progress } from './progress.ts'

export const release = 'bookworm'

/** What one root file system is made of: `recipe/<name>.packages` of each list, the last of which names it, and the hooks, run in this order. */
export interface RootRecipe {
  readonly lists: readonly string[]
  readonly essentialHooks: readonly string[]
  readonly customizeHooks: readonly string[]
}

// Every file is as old as this second or older, so that the same packages give the same archive, byte for byte.
const epochSeconds = '1700000000'

const leftOut = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
  '/usr/share/bug/*',
]

/** Makes a Debian root with mmdebstrap: a folder, or a tar archive where `target` ends in `.tar`. `sourceFiles` are apt's. */
export async function makeRoot(recipe: RootRecipe, target: string, sourceFiles: readonly string[], progress: Progress): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('only root can build a Debian root: sudo npm run lab -- build')
  const hook = (kind: string) => (file: string) => `--${kind}-hook='${join(recipeFolder(), file)}' "$1"`
  const args = [
    '--variant=minbase',
    '--mode=root',
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--include=${(await Promise.all(recipe.lists.map(packagesOf))).flat().join(',')}`,
    ...leftOut.map((glob) => `--dpkgopt=path-exclude=${glob}`),
    ...recipe.essentialHooks.map(hook('essential')),
    ...recipe.customizeHooks.map(hook('customize')),
    release,
    target,
    ...sourceFiles,
  ]
  const onLine = (line: string) => {
    if (/^I: (running apt|downloading|extracting|installing|creating)/.test(line)) progress(`${recipe.lists.at(-1)}: ${line.slice(3)}`)
  }
  await runOrThrow('mmdebstrap', args, { environment: { SOURCE_DATE_EPOCH: epochSeconds }, onLine })
}

async function packagesOf(name: string): Promise<string[]> {
  const text = await readFile(join(recipeFolder(), `${name}.packages`), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * Writes this machine's own apt sources of our release into `folder` and returns the files. None where the machine has none (another release):
 * mmdebstrap then takes Debian's own mirror.
 */
export async function writeOwnSources(folder: string): Promise<string[]> {
  const { lines, stanzas } = ownSources(await readSourceFiles())
  const files = [
    { file: join(folder, 'own.sources'), text: stanzas.join('\n\n') },
    { file: join(folder, 'own.list'), text: lines.join('\n') },
  ].filter(({ text }) => text !== '')
  for (const { file, text } of files) await writeFile(file, `${text}\n`)
  return files.map(({ file }) => file)
}

interface SourceFile {
  readonly name: string
  readonly text: string
}

async function readSourceFiles(): Promise<SourceFile[]> {
  const folder = '/etc/apt/sources.list.d'
  const names = await readdir(folder).catch(() => [])
  const files = ['/etc/apt/sources.list', ...names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name))]
  return Promise.all(files.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })))
}

/** The Debian entries of our release among apt's source files (sources.list(5), both formats); other vendors' are left out. */
export function ownSources(files: readonly SourceFile[]): { readonly lines: readonly string[]; readonly stanzas: readonly string[] } {
  const suite = `${release}(-updates|-security)?`
  const isDebianLine = (line: string) => new RegExp(`^deb\\s.*\\s${suite}\\s(.*\\s)?main(\\s|$)`).test(line)
  const isDebianStanza = (stanza: string) =>
    new RegExp(`^Suites:.*\\b${suite}(\\s|$)`, 'm').test(stanza) && /^Components:.*\bmain\b/m.test(stanza)
  const isOn = (stanza: string) => !/^Enabled:\s*no/im.test(stanza)
  const texts = (ending: string) => files.filter(({ name }) => name.endsWith(ending)).map(({ text }) => text)
  return {
    lines: texts('.list').flatMap((text) => text.split('\n').filter(isDebianLine)),
    stanzas: texts('.sources').flatMap((text) => text.split(/\n\s*\n/).filter((stanza) => isDebianStanza(stanza) && isOn(stanza))),
  }
}

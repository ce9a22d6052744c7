import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/** Who may import whom (docs/adr and CONTRIBUTING.md say why). A folder that is not named may import nothing. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shell: [],
  model: ['shell'],
  primitives: ['model', 'shell'],
  kinds: ['model', 'shell', 'primitives', 'system'],
  system: ['model', 'shell', 'primitives'],
  manifests: ['model', 'shell'],
  engine: ['model', 'shell'],
  report: ['model', 'shell', 'engine'],
  loop: ['engine', 'manifests', 'report', 'model', 'shell'],
  git: ['model', 'shell'],
  ssh: ['model', 'shell', 'engine'],
  http: ['model', 'shell', 'forge'],
  forge: ['model', 'shell'],
  mail: ['model', 'shell'],
  secrets: ['model', 'shell'],
  store: ['model', 'shell'],
  replicas: ['model', 'shell'],
}

/** Libraries that only one folder may use. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  ssh2: ['ssh'],
  'simple-git': ['git'],
  chokidar: ['git'],
  nodemailer: ['mail'],
  fastify: ['http'],
  '@fastify/rate-limit': ['http'],
  'prom-client': ['report', 'http'],
  'node:sqlite': ['store'],
  commander: ['main', 'cli'],
  'age-encryption': ['secrets'],
}

/** Where clock, randomness, processes, files and the network may be touched. */
const impure = ['main', 'cli', 'config', 'git', 'ssh', 'http', 'mail', 'store', 'replicas']
const effects =
  /\b(Date\.now\(|new Date\(\)|Math\.random\(|process\.(env|argv|exit|kill)|setTimeout\(|setInterval\()|from 'node:(fs|fs\/promises|net|http|https|child_process|dgram|tls)'/

/** Every place where the code breaks the house's rules, as `file: what`. */
export function architectureFaults(root: string): readonly string[] {
  const files = sourceFiles(join(root, 'controller'))
  const graph = new Map(files.map((file) => [file, importsOf(root, file)]))
  return [
    ...files.flatMap((file) => faultsOf(root, file)),
    ...cycles(graph).map((cycle) => `${cycle.map((file) => relative(root, file)).join(' → ')}: a cycle of imports`),
  ]
}

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function importsOf(root: string, file: string): readonly string[] {
  return imports(readFileSync(file, 'utf8'))
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)))
    .filter((path) => path.startsWith(join(root, 'controller')))
}

function imports(text: string): readonly string[] {
  return [...atOnce(text), ...[...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, name = '']) => name)]
}

/** What is loaded with the file itself: not what it loads when it is called for. */
function atOnce(text: string): readonly string[] {
  return [...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms)].map((match) => match[1] ?? match[2] ?? '')
}

/** Every file of the controller and every library that a start of `file` (`cli/status.ts`) loads, types left out. */
export function loadedBy(root: string, file: string): ReadonlySet<string> {
  const loaded = new Set<string>()
  const visit = (place: string): void => {
    if (loaded.has(place)) return
    loaded.add(place)
    if (!place.endsWith('.ts')) return
    const text = readFileSync(join(root, 'controller', place), 'utf8').replaceAll(/^(import|export) type\s[^'"]*?from\s+'[^']+'/gms, '')
    for (const name of atOnce(text)) visit(name.startsWith('.') ? normalize(join(dirname(place), name)) : name)
  }
  visit(file)
  return loaded
}

function faultsOf(root: string, file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const place = relative(join(root, 'controller'), file)
  const folder = folderOf(place)
  const name = relative(root, file)
  return [
    ...importsOf(root, file)
      .flatMap((path) => importFault(folder, place, relative(join(root, 'controller'), path)))
      .map((fault) => `${name}: ${fault}`),
    ...imports(text)
      .flatMap((library) => libraryFault(folder, library))
      .map((fault) => `${name}: ${fault}`),
    ...(!impure.includes(folder) && effects.test(stripComments(text))
      ? [`${name}: touches clock, randomness, environment, files, processes or network; hand it in`]
      : []),
    ...(['kinds', 'system'].includes(folder) && /\b(WeakMap|WeakRef)\b/.test(stripComments(text))
      ? [`${name}: keeps what it found of a fleet unnoted; oncePer and manifestsBy of model/fleetIndex.ts keep it, and are noted`]
      : []),
    ...(/(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(place) ? [`${name}: its name says nothing`] : []),
    ...(text.split('\n').length > 301 && !text.startsWith('// Generated')
      ? [`${name}: ${text.split('\n').length} lines; split by idea`]
      : []),
  ]
}

function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
}

function folderOf(place: string): string {
  return place.includes('/') ? (place.split('/')[0] ?? '') : place.replace('.ts', '')
}

function importFault(folder: string, from: string, to: string): readonly string[] {
  const other = folderOf(to)
  if (folder === 'main' || folder === 'cli') return []
  if (folder === other) return samePlaceFault(folder, from, to)
  if (folder.startsWith('config'))
    return ['model', 'manifests'].includes(other) ||
      other.startsWith('config') ||
      ['git/url.ts', 'forge/provider.ts', 'forge/config.ts'].includes(to)
      ? []
      : [`config may not import ${to}`]
  if (!(allowed[folder] ?? []).includes(other)) return [`${folder} may not import ${to}`]
  if ((folder === 'kinds' || folder === 'system') && other === 'primitives' && !to.endsWith('/spec.ts'))
    return [`${folder === 'kinds' ? 'a kind' : 'system'} may only import a primitive's spec.ts, not ${to}`]
  return []
}

/** Plugins know each other by their specs only. */
function samePlaceFault(folder: string, from: string, to: string): readonly string[] {
  if (folder !== 'primitives' && folder !== 'kinds') return []
  const [, one] = from.split('/')
  const [, other] = to.split('/')
  if (one === other || from.endsWith('registry.ts') || to.endsWith('/spec.ts')) return []
  return [`a plugin may only import another one's spec.ts, not ${to}`]
}

function libraryFault(folder: string, library: string): readonly string[] {
  const owners = libraries[library]
  return owners === undefined || owners.includes(folder) ? [] : [`only ${owners.join(' and ')} may use ${library}`]
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at !== -1) found.push([...path.slice(at), file])
    if (at !== -1 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}

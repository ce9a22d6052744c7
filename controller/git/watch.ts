import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'

/** A watch over the refs of a repository on this machine. */
export interface RefWatch extends AsyncDisposable {
  /** False when the repository went away: watch it anew once it is back. */
  readonly isAlive: boolean
}

const settleMs = 10

/** Calls back, once per burst, when a branch of a local repository moved. Resolves when watching; the caller polls for what a watch can miss. */
export async function watchRefs(repository: string, onChange: () => void): Promise<RefWatch> {
  const folder = gitFolder(repository)
  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (path) => !mayMove(relative(folder, path)),
    atomic: false,
    followSymlinks: false,
  })
  let isAlive = true
  let timer: NodeJS.Timeout | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, settleMs)
  }
  watcher.on('all', (event, path) => {
    if (event === 'unlinkDir' && relative(folder, path) === '') isAlive = false
    if (!path.endsWith('.lock')) changed()
  })
  watcher.on('error', () => {
    isAlive = false
  })
  await ready(watcher)
  return {
    get isAlive() {
      return isAlive && existsSync(folder)
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

function ready(watcher: FSWatcher): Promise<void> {
  return new Promise((done) => {
    watcher.once('ready', () => done())
  })
}

/** What of a git folder says where branches stand (gitrepository-layout(5)). */
function mayMove(path: string): boolean {
  return path === '' || path === 'HEAD' || path === 'packed-refs' || path === 'refs' || /^(refs\/heads|reftable)(\/|$)/.test(path)
}

/** The folder with the refs: of a bare repository, of a work tree, or, for a linked work tree, the common one. */
function gitFolder(repository: string): string {
  const dotGit = join(repository, '.git')
  if (!existsSync(dotGit)) return repository
  if (statSync(dotGit).isDirectory()) return dotGit
  const own = resolve(repository, /^gitdir: (.+)$/m.exec(readFileSync(dotGit, 'utf8'))?.[1] ?? '.git')
  const common = join(own, 'commondir')
  return existsSync(common) ? resolve(own, readFileSync(common, 'utf8').trim()) : own
}

import { access } from 'node:fs/promises'
import { run } from './process.ts'
import type { Progress } from './progress.ts'

/** A file that proves a Debian package is there, and the package. */
interface Requirement {
  readonly file: string
  readonly debianPackage: string
}

export const toRun: readonly Requirement[] = [
  { file: '/usr/bin/qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { file: '/usr/bin/qemu-img', debianPackage: 'qemu-utils' },
  { file: '/usr/bin/ssh', debianPackage: 'openssh-client' },
  { file: '/usr/bin/flock', debianPackage: 'util-linux' },
  { file: '/usr/bin/setpriv', debianPackage: 'util-linux' },
]

export const toBuild: readonly Requirement[] = [
  ...toRun,
  { file: '/usr/bin/mmdebstrap', debianPackage: 'mmdebstrap' },
  { file: '/usr/sbin/mke2fs', debianPackage: 'e2fsprogs' },
  { file: '/usr/bin/zstd', debianPackage: 'zstd' },
  { file: '/usr/share/keyrings/debian-archive-keyring.gpg', debianPackage: 'debian-archive-keyring' },
]

export const toRunNative: readonly Requirement[] = [
  { file: '/usr/bin/systemd-nspawn', debianPackage: 'systemd-container' },
  { file: '/usr/bin/ssh', debianPackage: 'openssh-client' },
  { file: '/usr/sbin/ip', debianPackage: 'iproute2' },
]

/** Installs the Debian packages that are missing. Throws one line that says what to do where that cannot be. */
export async function ensureInstalled(requirements: readonly Requirement[], progress: Progress): Promise<void> {
  const missing = await missingPackages(requirements)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0)
    throw new Error(`the lab needs ${missing.join(', ')}: run it as root, or first: sudo apt-get install ${missing.join(' ')}`)
  progress(`installing ${missing.join(', ')}`)
  await aptGet(['update'])
  await aptGet(['install', '-y', '--no-install-recommends', ...missing])
  const still = await missingPackages(requirements)
  if (still.length > 0)
    throw new Error(`apt-get succeeded, yet the files of ${still.join(', ')} are not where Debian puts them; the lab runs on Debian`)
}

async function missingPackages(requirements: readonly Requirement[]): Promise<string[]> {
  const found = await Promise.all(
    requirements.map(async (r) =>
      access(r.file).then(
        () => undefined,
        () => r.debianPackage,
      ),
    ),
  )
  return [...new Set(found.filter((name) => name !== undefined))]
}

async function aptGet(args: readonly string[]): Promise<void> {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  const outcome = await run('apt-get', ['-q', ...args], { environment })
  if (outcome.code !== 0)
    throw new Error(`apt-get ${args.join(' ')} failed (${outcome.code}): ${outcome.stderr.trim().split('\n').slice(-4).join(' / ')}`)
}

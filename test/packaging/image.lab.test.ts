import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepository } from '../git/repository.ts'
import { release, writeOwnSources } from '../lab/debian.ts'
import { temporaryDirectory } from '../machine/shell.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const folder = temporaryDirectory()
const base = join(folder.path, 'base')
const image = 'localhost/reeve'

/** Without user namespaces and overlay: a chroot, and plain copies of layers. In the network of this machine, unless `inside` says otherwise. */
async function buildah(words: readonly string[], inside: readonly string[] = []): Promise<string> {
  const [command = '', ...rest] = [
    ...inside,
    'buildah',
    '--storage-driver=vfs',
    `--root=${join(folder.path, 'storage')}`,
    `--runroot=${join(folder.path, 'run')}`,
    ...words,
  ]
  const { stdout } = await run(command, rest, { cwd: root, maxBuffer: 64 << 20, env: { ...process.env, BUILDAH_ISOLATION: 'chroot' } })
  return stdout.trim()
}

/** A Debian base as people have one, but with the sources, certificates and registry of this machine, which may reach no other. */
async function makeBase(): Promise<void> {
  mkdirSync(base)
  const sources = await writeOwnSources(folder.path)
  await run('mmdebstrap', ['--variant=minbase', '--mode=root', '--include=ca-certificates', release, base, ...sources], {
    maxBuffer: 64 << 20,
  })
  for (const file of sources) cpSync(file, join(base, 'etc/apt/sources.list.d', file.split('/').at(-1) ?? 'own.list'))
  for (const path of [
    '/root/.npmrc',
    '/etc/npmrc',
    '/etc/apt/apt.conf.d',
    '/usr/local/share/ca-certificates',
    '/etc/ssl/certs',
    '/etc/resolv.conf',
    '/etc/hosts',
  ])
    if (existsSync(path)) cpSync(path, join(base, path), { recursive: true, dereference: true })
  const container = await buildah(['from', 'scratch'])
  await buildah(['add', '--quiet', container, base, '/'])
  await buildah(['commit', '--quiet', '--rm', container, 'localhost/base'])
}

beforeAll(async () => {
  await makeBase()
  const own = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'npm_config_registry'].filter((name) => process.env[name] !== undefined)
  const env = own.flatMap((name) => ['--env', `${name}=${process.env[name]}`])
  await buildah([
    'bud',
    '--quiet',
    '--format=docker',
    ...env,
    '--build-arg=BASE=localhost/base',
    `--tag=${image}`,
    '--file=Dockerfile',
    '.',
  ])
}, 1_200_000)

afterAll(async () => {
  await buildah(['rm', '--all']).catch(() => '')
  await buildah(['rmi', '--all', '--force']).catch(() => '')
  folder[Symbol.dispose]()
})

interface Inspected {
  readonly Docker: {
    readonly config: Readonly<{
      User: string
      Entrypoint: readonly string[]
      Cmd: readonly string[]
      Env: readonly string[]
      Healthcheck: { readonly Test: readonly string[] }
    }>
  }
}

describe('the image', () => {
  let container = ''
  let config: Inspected['Docker']['config']
  const inContainer = (words: readonly string[], inside: readonly string[] = []): Promise<string> =>
    buildah(['run', '--isolation=chroot', container, '--', ...words], inside)

  it('runs without rights, knows its tools, and holds nothing that it needs to be built alone', async () => {
    container = await buildah(['from', image])
    config = (JSON.parse(await buildah(['inspect', '--type=image', image])) as Inspected).Docker.config
    expect(config).toMatchObject({ User: 'reeve', Cmd: ['run', '--config', '/etc/reeve/reeve.yaml'] })
    expect(await inContainer(['id', '-u'])).toBe('10001')
    expect(await inContainer([...config.Entrypoint, '--version'])).toMatch(/^\d+\.\d+\.\d+$/)
    for (const tool of ['git', 'ssh', 'ssh-keygen', 'gpg']) expect(await inContainer(['sh', '-c', `command -v ${tool}`])).toContain(tool)
    expect(
      await inContainer(['sh', '-c', 'command -v npm || ls -d node_modules/vitest node_modules/typescript 2>/dev/null || echo none']),
    ).toBe('none')
    // Nothing of the program is its user's to change.
    expect(await inContainer(['find', '/opt/reeve', '(', '!', '-uid', '0', '-o', '-perm', '-002', ')', '!', '-type', 'l'])).toBe('')
    const size = Number((await run('du', ['-sm', await buildah(['mount', container])])).stdout.split('\t')[0])
    console.log(`the image has ${size} MiB with its base`)
    expect(size).toBeLessThan(700)
  })

  it('starts with its own command, and its health check says so', async () => {
    const mounted = await buildah(['mount', container])
    const repository = createRepository(join(mounted, 'srv/fleet'))
    repository.commit({ 'note.md': 'no manifests yet' })
    mkdirSync(join(mounted, 'etc/reeve'), { recursive: true })
    writeFileSync(join(mounted, 'etc/reeve/reeve.yaml'), 'fleet: image\nrepository: {url: /srv/fleet}\n')
    await run('chown', ['-R', '10001:10001', join(mounted, 'srv/fleet')])
    const check = config.Healthcheck.Test
    expect(check[0]).toBe('CMD')
    // One shell for all of it: a network of its own, the command, the question until it is answered, and the end by the image's stop signal.
    const script = `ip link set lo up
"$@" >/tmp/log 2>&1 & pid=$!
for try in $(seq 100); do ${check
      .slice(1)
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ')} && healthy=yes && break; sleep 0.2; done
kill -TERM $pid; wait $pid; echo "healthy=\${healthy:-no} ended=$?"; tail -n 3 /tmp/log`
    const env = config.Env.flatMap((each) => ['--env', each])
    const said = await buildah(
      [
        'run',
        '--isolation=chroot',
        ...env,
        container,
        '--',
        'sh',
        '-c',
        script.replace('ip link set lo up\n', ''),
        'sh',
        ...config.Entrypoint,
        ...config.Cmd,
      ],
      ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
    )
    expect(said).toMatch(/^healthy=yes ended=0$/m)
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain('STOPSIGNAL SIGTERM')
  })
})

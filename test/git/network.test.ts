import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRepository, openSource, type TestRepository, temporaryFolder } from './repository.ts'
import { createKey, freePort, startSshd, type TestSshd } from './sshd.ts'

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let commit: string
let next = 0

beforeAll(() => {
  temporary = temporaryFolder()
  repository = createRepository(join(temporary.path, 'fleet'))
  commit = repository.commit({ 'a.yaml': 'one' })
})

afterAll(() => temporary[Symbol.dispose]())

function state(): string {
  next++
  return join(temporary.path, `state${next}`)
}

describe('over ssh', () => {
  let sshd: TestSshd
  let address: string

  beforeAll(async () => {
    const folder = join(temporary.path, 'ssh')
    mkdirSync(folder, { recursive: true })
    sshd = await startSshd(folder)
    address = `ssh://${sshd.user}@127.0.0.1:${sshd.port}${repository.folder}`
  })

  afterAll(() => sshd[Symbol.asyncDispose]())

  it('reads with a key, from a server whose key is pinned', async () => {
    await using source = openSource(address, state(), { identityFile: sshd.identityFile, knownHosts: sshd.knownHosts })
    expect(await source.refresh()).toMatchObject({ commit, trouble: undefined })
    expect(Buffer.from((await source.readFile(commit, 'a.yaml')) ?? []).toString()).toBe('one')
  })

  it('refuses a server with another key', async () => {
    const other = createKey(join(temporary.path, 'ssh'), 'other')
    const knownHosts = join(temporary.path, 'ssh', 'known_other')
    writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${readFileSync(`${other}.pub`, 'utf8')}`)
    await using source = openSource(address, state(), { identityFile: sshd.identityFile, knownHosts })
    const { trouble } = await source.refresh()
    expect(trouble).toMatchObject({ status: 'unreachable' })
    expect(trouble?.status === 'unreachable' && trouble.reason).toBe(
      "the server's host key is not the one in knownHosts; find out why before you pin the new one",
    )
  })

  it('refuses a server that nobody pinned, and asks nobody', async () => {
    await using source = openSource(address, state(), { identityFile: sshd.identityFile })
    const { trouble } = await source.refresh()
    expect(trouble?.status === 'unreachable' && trouble.reason).toBe("the server's host key is not in knownHosts; pin it there")
  })

  it('says so when the server does not take the key', async () => {
    const identityFile = createKey(join(temporary.path, 'ssh'), 'stranger')
    await using source = openSource(address, state(), { identityFile, knownHosts: sshd.knownHosts })
    const { trouble } = await source.refresh()
    expect(trouble?.status === 'unreachable' && trouble.reason).toMatch(/permission denied/i)
  })

  describe('by one line for all that is asked', () => {
    let stateDir: string
    let keys: { readonly identityFile: string; readonly knownHosts: string }
    const open = () => openSource(address, stateDir, { ...keys, keepsLine: true })
    const sockets = () => readdirSync(stateDir).filter((name) => name.startsWith('ssh-'))
    /** Whoever knows the user's key, without the server's knowing it any more. */
    async function whileLockedOut<T>(work: () => Promise<T>): Promise<T> {
      const known = readFileSync(`${sshd.identityFile}.pub`)
      writeFileSync(`${sshd.identityFile}.pub`, '')
      try {
        return await work()
      } finally {
        writeFileSync(`${sshd.identityFile}.pub`, known)
      }
    }

    beforeEach(() => {
      stateDir = state()
      const knownHosts = join(temporary.path, 'ssh', 'known_now')
      writeFileSync(knownHosts, readFileSync(sshd.knownHosts))
      keys = { identityFile: sshd.identityFile, knownHosts }
    })

    it('logs in once, and leaves nothing behind', async () => {
      {
        await using source = open()
        expect((await source.refresh()).trouble).toBeUndefined()
        expect(statSync(join(stateDir, sockets()[0] ?? '')).mode & 0o077).toBe(0)
        expect((await whileLockedOut(() => source.refresh())).trouble).toBeUndefined()
      }
      expect(sockets()).toEqual([])
      await using later = open()
      expect((await whileLockedOut(() => later.refresh())).trouble).toMatchObject({ status: 'unreachable' })
    })

    it('logs in anew where the line broke', async () => {
      await using source = open()
      await source.refresh()
      const check = spawnSync('ssh', ['-O', 'check', '-o', `ControlPath=${join(stateDir, sockets()[0] ?? '')}`, 'nobody'], {
        encoding: 'utf8',
      })
      process.kill(Number(/pid=(\d+)/.exec(check.stderr)?.[1]), 'SIGKILL')
      expect((await source.refresh()).trouble).toBeUndefined()
    })

    it('trusts nobody on it whose pin was taken away since', async () => {
      await using source = open()
      await source.refresh()
      writeFileSync(keys.knownHosts, '')
      const { trouble } = await source.refresh()
      expect(trouble?.status === 'unreachable' && trouble.reason).toBe("the server's host key is not in knownHosts; pin it there")
      await expect.poll(sockets).toEqual([])
    })

    it('goes without where the path of its socket would be too long for the kernel', async () => {
      stateDir = join(stateDir, 'a-folder-with-a-name-that-is-much-too-long-for-a-socket-of-the-unix-domain-on-any-linux')
      await using source = open()
      expect((await source.refresh()).trouble).toBeUndefined()
      expect(sockets()).toEqual([])
    })
  })

  it('gives up on a server that accepts and never answers', async () => {
    const port = await freePort()
    const silent = (await import('node:net')).createServer(() => {}).listen(port, '127.0.0.1')
    await once(silent, 'listening')
    await using source = openSource(`ssh://127.0.0.1:${port}/x`, state(), { deadlines: { askMs: 300, fetchMs: 300 } })
    const { trouble } = await source.refresh()
    expect(trouble?.status === 'unreachable' && trouble.reason).toBe('git took longer than 0.3 s')
    silent.close()
  })

  it('refuses a path that ssh would read by rules of its own', () => {
    expect(() => openSource(address, state(), { identityFile: '/a b' })).toThrow('cannot be handed to ssh')
  })
})

describe('over https', () => {
  let server: Server
  let address: string
  let certificate: string

  beforeAll(async () => {
    const key = join(temporary.path, 'tls.key')
    certificate = join(temporary.path, 'tls.crt')
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        key,
        '-out',
        certificate,
        '-days',
        '2',
        ...subject,
      ],
      { stdio: 'ignore' },
    )
    server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      const url = new URL(request.url ?? '/', 'https://127.0.0.1')
      const environment = {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: temporary.path,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      }
      const backend = spawn('git', ['http-backend'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] })
      request.pipe(backend.stdin)
      const parts: Buffer[] = []
      backend.stdout.on('data', (part: Buffer) => parts.push(part))
      backend.stdout.on('end', () => {
        const answer = Buffer.concat(parts)
        const split = answer.indexOf('\r\n\r\n')
        const headers = new Map(
          answer
            .toString('latin1', 0, split)
            .split('\r\n')
            .map((line) => line.split(': ') as [string, string]),
        )
        response.writeHead(Number.parseInt(headers.get('Status') ?? '200', 10), { 'Content-Type': headers.get('Content-Type') ?? '' })
        response.end(answer.subarray(split + 4))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    address = `https://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}/fleet/.git`
  })

  afterAll(() => {
    server.close()
  })

  it('reads from a server whose certificate is trusted', async () => {
    await using source = openSource(address, state(), { certificateAuthority: certificate })
    expect(await source.refresh()).toMatchObject({ commit, trouble: undefined })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    await using source = openSource(address, state())
    const { trouble } = await source.refresh()
    expect(trouble?.status === 'unreachable' && trouble.reason).toMatch(/certificate/)
  })

  it('says so when the repository is not there', async () => {
    await using source = openSource(address.replace('fleet', 'nowhere'), state(), { certificateAuthority: certificate })
    expect((await source.refresh()).trouble).toMatchObject({ status: 'unreachable' })
  })
})

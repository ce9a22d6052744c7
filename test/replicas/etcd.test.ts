import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WatchNews } from '../../controller/replicas/answers.ts'
import { createEtcd } from '../../controller/replicas/etcd.ts'
import { createGateway } from '../../controller/replicas/gateway.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'
import { etcdAt } from './rig.ts'

let server: EtcdServer
beforeAll(async () => {
  server = await startEtcd()
})
afterAll(() => server[Symbol.asyncDispose]())

const put = (key: string, value = ''): { readonly when: []; readonly changes: [{ readonly put: string; readonly value: string }] } => ({
  when: [],
  changes: [{ put: key, value }],
})

describe('the adapter, on a real etcd', () => {
  it('reads more keys than fit into a page, as one revision has them, whatever stands in names and values', async () => {
    using etcd = etcdAt(server.url, { timeoutMs: 20_000 })
    const odd = ['/many/"\n\'$(id)', '/many/ä€🙂', '/many/~']
    await etcd.transact([
      ...Array.from({ length: 4100 }, (_, index) => put(`/many/${String(index).padStart(5, '0')}`)),
      ...odd.map((key) => put(key, key)),
    ])
    await etcd.transact([put('/manx'), put('/many'), put('/manz/'), put('/many0')])
    const page = await etcd.read('/many/')
    expect(page.entries).toHaveLength(4103)
    for (const key of odd) expect(page.entries.find((entry) => entry.key === key)?.value).toBe(key)
  }, 60_000)

  it('carries out each part that holds, and no other, and says which', async () => {
    using etcd = etcdAt(server.url)
    const take = (key: string, createRevision = 0) => ({ when: [{ key, createRevision }], changes: [{ put: key, value: 'mine' }] })
    const [first] = await etcd.transact([take('/t/a')])
    expect(await etcd.transact([take('/t/a'), take('/t/b')])).toMatchObject([{ isDone: false }, { isDone: true }])
    expect(await etcd.transact([take('/t/a', first?.revision), take('/t/b', first?.revision)])).toMatchObject([
      { isDone: true },
      { isDone: false },
    ])
  })

  it('tells of what is put, deleted, and taken away with a lease, from a revision in the past on', async () => {
    using etcd = etcdAt(server.url)
    const { revision } = await etcd.read('/w/')
    const lease = await etcd.grant(2)
    await etcd.transact([{ when: [], changes: [{ put: '/w/a', value: '1', lease }] }])
    const seen: WatchNews['events'][number][] = []
    const stop = new AbortController()
    const watching = etcd.watch('/w/', revision + 1, ({ events }) => void seen.push(...events), stop.signal).catch(() => {})
    await etcd.transact([put('/w/b'), put('/x')])
    await etcd.transact([{ when: [], changes: [{ delete: '/w/b' }] }])
    expect(await etcd.renew(lease)).toBe(true)
    await etcd.revoke(lease)
    expect(await etcd.renew(lease)).toBe(false)
    const told = () => seen.map((event) => (event.type === 'put' ? `put ${event.entry.key}` : `delete ${event.key}`))
    await expect.poll(told).toEqual(['put /w/a', 'put /w/b', 'delete /w/b', 'delete /w/a'])
    stop.abort()
    await watching
  })

  it('says that a revision is forgotten that was compacted away', async () => {
    using etcd = etcdAt(server.url)
    await etcd.transact([put('/c/a')])
    const [last] = await etcd.transact([put('/c/b')])
    execFileSync('etcdctl', ['--endpoints', server.url, 'compact', String(last?.revision)], {
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: 'ignore',
    })
    await expect(etcd.watch('/c/', 1, () => {}, new AbortController().signal)).rejects.toThrow('etcd ended the watch')
  })
})

describe('an etcd that asks who comes', () => {
  it('lets in a certificate of its authority, with user and password, and no other; a token that it forgot is fetched anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-etcd-tls-'))
    const file = (name: string): string => join(folder, name)
    const openssl = (...words: string[]): unknown => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=etcd authority', '-days', '2')
    writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1')
    // With users, etcd's gateway refuses a certificate that has a common name: it would mean nothing to it.
    for (const name of ['server', 'client']) {
      openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', name === 'client' ? '/O=reeve' : '/CN=server')
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-out',
        `${name}.pem`,
        '-days',
        '2',
        '-extfile',
        'san',
      )
    }
    await using secured = await startEtcd({ tls: { authority: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') } })
    const text = (name: string): string => readFileSync(file(name), 'utf8')
    const ours = {
      endpoints: [secured.url],
      authorities: text('ca.pem'),
      certificate: text('client.pem'),
      key: new Secret(text('client.key')),
      timeoutMs: 5000,
    }
    using gateway = createGateway(ours)
    const open = createEtcd(gateway)
    await open.transact([put('/s/a')])

    const ctl = (...words: string[]): unknown =>
      execFileSync(
        'etcdctl',
        ['--endpoints', secured.url, '--cacert', file('ca.pem'), '--cert', file('client.pem'), '--key', file('client.key'), ...words],
        {
          env: { ...process.env, ETCDCTL_API: '3' },
          stdio: 'ignore',
        },
      )
    ctl('user', 'add', 'root:secret')
    ctl('user', 'add', 'reeve:right')
    ctl('role', 'add', 'reeve')
    ctl('role', 'grant-permission', 'reeve', '--prefix=true', 'readwrite', '/s/')
    ctl('user', 'grant-role', 'root', 'root')
    ctl('user', 'grant-role', 'reeve', 'reeve')
    ctl('auth', 'enable')

    const user = createEtcd(gateway, { name: 'reeve', password: new Secret('right') })
    expect((await user.read('/s/')).entries).toHaveLength(1)
    await expect(user.read('/other/')).rejects.toThrow('permission denied')
    await expect(createEtcd(gateway, { name: 'reeve', password: new Secret('wrong') }).read('/s/')).rejects.toThrow(
      'invalid user ID or password',
    )
    await expect(open.read('/s/')).rejects.toThrow(/user name is empty|permission denied|not.*found/)
    // It forgets its tokens.
    await secured.restart()
    expect((await user.read('/s/')).entries).toHaveLength(1)

    using stranger = createGateway({ endpoints: [secured.url], authorities: text('ca.pem'), timeoutMs: 5000 })
    await expect(createEtcd(stranger).read('/s/')).rejects.toThrow(/certificate required|bad certificate|ECONNRESET|EPIPE/)
    using unknown = createGateway({ ...ours, authorities: text('client.pem') })
    await expect(createEtcd(unknown).read('/s/')).rejects.toThrow(/unable to (verify|get)/)
    rmSync(folder, { recursive: true })
  }, 60_000)
})

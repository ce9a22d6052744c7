import { spawnSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { daemonCheck, type Found } from '../../../controller/kinds/proxy/daemon-check.ts'
import { freePort } from '../../ssh/free-port.ts'
import { makeCertificate, makeSite } from './local-nginx.ts'

function judge(found: Partial<Found>) {
  const { expects = [] } = daemonCheck(['true'], { own: ['apache2', 'other'], sockets: [], ...found })
  const [program = '', ...words] = expects
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

test('a port that another program holds is told with its name and process; an own one and a free one are not', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const holder = spawnSync('sh', ['-c', `cat /proc/${process.pid}/comm`], { encoding: 'utf8' }).stdout.trim()
  const said = new RegExp(`^tcp port ${port} is held by \\S+ \\(pid ${process.pid}\\)\\n$`)
  for (const socket of [`*:${port}`, `127.0.0.1:${port}`]) {
    const judged = judge({ sockets: [socket] })
    expect(judged).toEqual({ status: 1, said: expect.stringMatching(said) })
    const name = /held by (\S+)/.exec(judged.said)?.[1] ?? holder
    expect(judge({ sockets: [socket], own: ['apache2', name] })).toEqual({ status: 0, said: '' })
  }
  expect(judge({ sockets: [`127.0.0.2:${port}`, `*:${await freePort()}`, `[::1]:${port}`] })).toEqual({ status: 0, said: '' })
  server.close()
})

test('a key of another certificate and what is neither are told by their names', () => {
  using site = makeSite({ 'x.pem': 'nothing' })
  for (const name of ['a', 'b']) makeCertificate(site, name)
  const pair = (certificate: string, key: string) => ({ certificate: site.path(certificate), key: site.path(key) })
  const judged = judge({
    certificates: [pair('a.crt', 'a.key'), pair('a.crt', 'b.key'), pair('x.pem', 'a.key'), pair('a.crt', 'x.pem'), pair('gone', 'gone')],
  })
  expect(judged.status).toBe(1)
  expect(judged.said.replaceAll(site.folder, '').trimEnd().split('\n')).toEqual([
    'key /b.key does not belong to certificate /a.crt',
    'key /x.pem cannot be read, or not without a password',
    'certificate /x.pem cannot be read',
  ])
})

import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { same } from '../../controller/model/change.ts'
import { openvzContainer } from '../../controller/primitives/openvzContainer/index.ts'
import { drive } from '../primitives/openvzContainer/drive.ts'
import { plpa } from '../primitives/openvzContainer/specs.ts'
import { type OpenvzHost, startOpenvzHost } from './host.ts'
import { type Entry, readSession } from './session.ts'

const folder = '/var/lib/vz/replay'
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const put = (path: string, text: string): string => `mkdir -p "$(dirname ${path})"; printf %s ${quote(text)} >${path}`

/** Puts a tool in vzctl's place that knows nothing but the entries of a session. */
async function replay(host: OpenvzHost, session: string): Promise<void> {
  const entries = readSession(session)
  const [first] = entries
  const isSetUp = first?.setup === true
  const calls = isSetUp ? entries.slice(1) : entries
  if (isSetUp) for (const [path, text] of Object.entries(first.before ?? {})) await host.write(path, text)
  const scripts = calls.map((entry, index) => recorded(entry, `${folder}/${index}`))
  await host.must(
    [
      `cp ${quote(join(import.meta.dirname, 'replay/vzctl'))} /usr/local/sbin/vzctl; cp /usr/local/sbin/vzctl /usr/local/sbin/vzlist`,
      'cp /mnt/template.tar.gz /var/lib/vz/template/cache/debian-12.tar.gz',
      put(`${folder}/state`, isSetUp ? 'running' : 'absent'),
      put(`${folder}/now`, '0'),
      ...scripts,
    ].join('\n'),
  )
}

function recorded({ argv, stdout = '', stderr = '', exit, after = {}, becomes }: Entry, at: string): string {
  const files = Object.entries(after).map(([path, text]) => (text === null ? `rm -rf ${path}` : put(path, text)))
  const parts = {
    argv: `${argv.join('\n')}\n`,
    stdout,
    stderr,
    exit: String(exit),
    becomes: becomes ?? '',
    after: files.join('\n'),
  }
  return Object.entries(parts)
    .map(([name, text]) => put(`${at}/${name}`, text))
    .join('\n')
}

let host: OpenvzHost
beforeEach(async () => {
  host = await startOpenvzHost()
})
afterEach(() => host.close())

/** Every call of the session was made, and no other. */
async function expectAllSaid(session: string): Promise<void> {
  const calls = readSession(session).filter(({ setup }) => setup !== true)
  expect(await host.read(`${folder}/wrong`)).toBeUndefined()
  expect(await host.must(`cat ${folder}/now`)).toBe(`${calls.length}\n`)
}

describe('the provider, against what vzctl is known to say', () => {
  it('makes a container with the words of the transcript, and sees nothing left to do', async () => {
    await replay(host, 'provider-create')
    const at = drive(host, openvzContainer)
    expect(await at.apply(plpa())).toEqual({ status: 'done', stdout: '' })
    await expectAllSaid('provider-create')
    expect(await at.difference(plpa())).toEqual(same)
  })

  it('changes one that runs', async () => {
    await replay(host, 'provider-update')
    const at = drive(host, openvzContainer)
    const moved = (settings = {}) => plpa({}, { IP_ADDRESS: '192.168.100.3', PRIVVMPAGES: '300000:310000', ...settings })
    expect(await at.difference(plpa())).toEqual(same)
    expect(await at.apply(moved())).toMatchObject({ status: 'done' })
    expect(await at.apply(moved({ FEATURES: 'nfs:on' }))).toMatchObject({ status: 'done' })
    await expectAllSaid('provider-update')
    expect(await at.difference(moved({ FEATURES: 'nfs:on' }))).toEqual(same)
  })

  it('retires one, and never says destroy', async () => {
    await replay(host, 'provider-retire')
    const at = drive(host, openvzContainer)
    expect(await at.retire(plpa())).toMatchObject({ status: 'done' })
    await expectAllSaid('provider-retire')
    expect(await host.must('ls /etc/vz/conf; ls /var/lib/vz/private/101')).toBe('ve-basic.conf-sample\nsbin\n')
  })
})

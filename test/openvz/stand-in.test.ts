import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenvzHost, startOpenvzHost } from './host.ts'
import { type Entry, readSession } from './session.ts'

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** Runs a command on the host and keeps what it printed apart. */
async function runIn(host: OpenvzHost, entry: Entry) {
  for (const [path, text] of Object.entries(entry.before ?? {})) await host.write(path, text)
  for (const [path, [from, to]] of Object.entries(entry.edit ?? {})) {
    const text = await host.read(path)
    await host.write(path, (text ?? '').replace(new RegExp(from, 'm'), to))
  }
  if (entry.template !== undefined) await host.must(`cp /mnt/template.tar.gz /var/lib/vz/template/cache/${entry.template}.tar.gz`)
  if (entry.lock !== undefined) await host.must(`mkdir -p /var/lib/vz/lock; echo 1 >/var/lib/vz/lock/${entry.lock}.lck`)
  await host.write('/mnt/stdin', entry.stdin ?? '')
  const { code } = await host.run(`${entry.argv.map(quote).join(' ')} </mnt/stdin >/mnt/stdout 2>/mnt/stderr`)
  return { exit: code, stdout: await host.read('/mnt/stdout'), stderr: await host.read('/mnt/stderr') }
}

describe.each(['session-recipe', 'session-refusals', 'provider-create', 'provider-update', 'provider-retire'])(
  'the stand-in, in %s',
  (session) => {
    let host: OpenvzHost
    beforeAll(async () => {
      host = await startOpenvzHost()
    })
    afterAll(() => host.close())

    it.each(readSession(session))('answers as the transcript says: $name', async (entry) => {
      expect(await runIn(host, entry)).toEqual({ exit: entry.exit, stdout: entry.stdout ?? '', stderr: entry.stderr ?? '' })
      for (const [path, text] of Object.entries(entry.after ?? {})) expect(await host.read(path), path).toBe(text ?? undefined)
      for (const [path, text] of Object.entries(entry.has ?? {}))
        expect((await host.read(path))?.split('\n')).toEqual(expect.arrayContaining(text.split('\n')))
    })
  },
)

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { watchCommand, watchInput } from '../../controller/engine/watch/command.ts'
import type { Look } from '../../controller/loop/noticed.ts'
import type { WatchNews } from '../../controller/loop/ports.ts'
import { createHostWatch, type HostWatch } from '../../controller/loop/watch.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { type Script, sh } from '../../controller/shell/sh.ts'
import type { SshHost } from '../../controller/ssh/host.ts'
import { ample, hostOf } from '../ssh/connecting.ts'
import { type Sshd, startSshd } from '../ssh/sshd.ts'
import { startProxy } from '../ssh/tcp-proxy.ts'

// The watch of the loop over the real SSH adapter, a real sshd and the real program. Only time is ours.
const patience = { timeout: 20_000, interval: 20 }
const hypervisor = 'he1' as HypervisorName
const byType = new Map(primitives.map((primitive) => [primitive.type, primitive]))

let sshd: Sshd
let host: SshHost
let folder: string
beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd?.stop())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-watch-'))
  mkdirSync(join(folder, 'etc'))
  host = hostOf(sshd)
  await host.exchange(sh`:`, ample)
})
afterEach(async () => {
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function wanting(...names: readonly string[]): DesiredState {
  const items = names.map((name) => ({
    spec: file({ path: join(folder, 'etc', name), content: '', mode: '0644', owner: 'root:root' }),
    owners: ['Hypervisor/he1' as ManifestId],
    target: { hypervisor },
  }))
  return { hypervisor, fleet: 'f', commit: '', vitals: [], items }
}

/** A watch whose looks see all that was told before they began. */
function rigOf(handle: Pick<SshHost, 'stream' | 'runAside'>) {
  let ahead = 0
  const timers = new Set<{ readonly atSeconds: number; readonly run: () => void }>()
  const news: WatchNews[] = []
  const looks: string[][] = []
  const nowSeconds = () => Date.now() / 1000 + ahead
  const after = (ms: number, run: () => void) => {
    const timer = { atSeconds: nowSeconds() + ms / 1000, run: () => timers.delete(timer) && run() }
    const real = setTimeout(timer.run, ms)
    timers.add(timer)
    return () => {
      clearTimeout(real)
      timers.delete(timer)
    }
  }
  let desired = wanting()
  const watch: HostWatch = createHostWatch({
    handle: { stream: handle.stream.bind(handle), runAside: handle.runAside.bind(handle) },
    primitives: byType,
    clock: { nowSeconds, after },
    mostSeconds: 60,
    random: () => 0,
    wake: () => look(),
    onNews: (one) => void news.push(one),
  })
  function look(more: Partial<Look> = {}): void {
    const beganSeconds = nowSeconds()
    const causes = watch.begin()
    looks.push(causes.map(({ words }) => words))
    watch.looked({ causes, beganSeconds, endedSeconds: nowSeconds(), uptimeSeconds: undefined, hasFound: true, isVoid: false, ...more })
    watch.keep(desired)
  }
  return {
    watch,
    news,
    looks,
    timers,
    want(next: DesiredState) {
      desired = next
      look()
    },
    /** Time goes by at once. */
    pass(seconds: number) {
      ahead += seconds
      for (const timer of [...timers]) if (timer.atSeconds <= nowSeconds()) timer.run()
    },
    isOpen: () => news.at(-1)?.isOpen === true,
    seen: () => looks.flat(),
  }
}

/** Programs of watches that our sshd has started and that run, whoever is their parent by now: other tests have theirs. */
const started = new Set<string>()
function processes(): readonly number[] {
  const daemon = readFileSync(join(sshd.dir, 'pid'), 'utf8').trim()
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && statOf(name)?.name === 'reeve-watch')
  for (const pid of all) if (descendsFrom(pid, daemon)) started.add(pid)
  return all.filter((pid) => started.has(pid)).map(Number)
}

function onlyOne(): number {
  const [one, ...others] = processes()
  if (one === undefined || others.length > 0) throw new Error(`${others.length + Number(one !== undefined)} watches run`)
  return one
}

function descendsFrom(pid: string, ancestor: string): boolean {
  if (pid === ancestor) return true
  const parent = statOf(pid)?.parent
  return parent !== undefined && parent !== '0' && descendsFrom(parent, ancestor)
}

/** Of proc(5); undefined for a process that is gone, or waits for nothing but its parent to notice. */
function statOf(pid: string): { readonly name: string; readonly parent: string } | undefined {
  try {
    const [, name = '', state, parent = ''] = /^\d+ \((.*)\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return state === 'Z' ? undefined : { name, parent }
  } catch {
    return undefined
  }
}

describe('the watch of a host', () => {
  it('tells what moves, once it has settled', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a', 'b'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    writeFileSync(join(folder, 'etc/b'), 'x')
    await expect.poll(rig.seen, patience).toContain(join(folder, 'etc/b'))
    expect(rig.seen()).not.toContain(join(folder, 'etc/a'))
    rig.watch.close()
    await expect.poll(processes, patience).toEqual([])
    expect(rig.timers.size).toBe(0)
  })

  it('has the host looked at once more when it begins to see', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.seen, patience).toContain('the watch')
    rig.watch.close()
  })

  it('is one channel of the connection that is open, and one process, which goes on while the list is the same', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    const before = processes()
    expect(before).toHaveLength(1)
    rig.want(wanting('a'))
    rig.want(wanting('a'))
    expect(processes()).toEqual(before)
    rig.want(wanting('a', 'b'))
    await expect.poll(() => processes().length === 1 && processes()[0] !== before[0], patience).toBe(true)
    rig.watch.close()
    await expect.poll(processes, patience).toEqual([])
  })

  it('that stands still is ended and replaced', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    const pid = onlyOne()
    process.kill(pid, 'SIGSTOP')
    rig.pass(41)
    expect(rig.news.at(-1)).toMatchObject({ isOpen: false, because: 'it said nothing for 40 seconds' })
    await expect.poll(processes, patience).toEqual([])
    rig.pass(10)
    await expect.poll(rig.isOpen, patience).toBe(true)
    expect(processes()).not.toContain(pid)
    rig.watch.close()
  })

  it('that was killed is opened anew after a look', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    for (const pid of processes()) process.kill(pid, 'SIGKILL')
    await expect.poll(rig.isOpen, patience).toBe(false)
    rig.pass(10)
    await expect.poll(rig.isOpen, patience).toBe(true)
    rig.watch.close()
  })

  it('that stands still as the clock was put back is ended and replaced', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    const pid = onlyOne()
    process.kill(pid, 'SIGSTOP')
    rig.pass(-86_400)
    // The resync.
    rig.want(wanting('a'))
    rig.pass(41)
    expect(rig.news.at(-1)).toMatchObject({ isOpen: false, because: 'it said nothing for 40 seconds' })
    rig.pass(-86_400)
    rig.want(wanting('a'))
    rig.pass(601)
    await expect.poll(rig.isOpen, patience).toBe(true)
    expect(processes()).not.toContain(pid)
    rig.watch.close()
  })

  it('leaves nothing behind where its connection ends', async () => {
    const rig = rigOf(host)
    rig.want(wanting('a'))
    await expect.poll(rig.isOpen, patience).toBe(true)
    expect(processes()).toHaveLength(1)
    await host[Symbol.asyncDispose]()
    await expect.poll(processes, patience).toEqual([])
    rig.watch.close()
  })

  it('is tried with ever longer pauses where the host gives no second channel', async () => {
    const strict = await startSshd({ config: 'MaxSessions 1' })
    const alone = hostOf(strict)
    await alone.exchange(sh`:`, ample)
    const rig = rigOf(alone)
    rig.want(wanting('a'))
    await expect.poll(() => rig.news.at(-1)?.because ?? '', patience).toMatch(/opens no shell/)
    expect(await alone.exchange(sh`echo still there`, ample)).toBe('still there\n')
    expect(rig.news).toHaveLength(1)
    rig.want(wanting('a'))
    expect(rig.news).toHaveLength(1)
    rig.watch.close()
    await alone[Symbol.asyncDispose]()
    await strict.stop()
  })

  const lies: readonly { readonly name: string; readonly script: Script; readonly because: string | RegExp }[] = [
    { name: 'has no perl', script: sh`echo missing perl`, because: 'perl is missing there' },
    { name: 'ends at once', script: sh`echo 'no such luck' >&2; exit 3`, because: 'no such luck' },
    { name: 'prints without end', script: sh`yes 'alive 1.00'`, because: 'it said more than can be right' },
    { name: 'prints rubbish without end', script: sh`cat /dev/zero`, because: 'it said more than can be right' },
  ]
  for (const { name, script, because } of lies)
    it(`is given up where the host ${name}, and the shell goes on`, async () => {
      const rig = rigOf({ stream: (_, listener) => host.stream(script, listener), runAside: (one) => host.runAside(one) })
      rig.want(wanting('a'))
      await expect.poll(() => rig.news.at(-1)?.because ?? '', patience).toBe(because)
      expect(rig.isOpen()).toBe(false)
      expect(await host.exchange(sh`echo still there`, ample)).toBe('still there\n')
      rig.watch.close()
    })

  it('ends by itself where the connection is a black hole', async () => {
    await using proxy = await startProxy(sshd.port)
    const far = hostOf(sshd, { settings: { ports: [proxy.port] } })
    await far.exchange(sh`:`, ample)
    const said: string[] = []
    const stream = await far.stream(watchCommand, { onText: (text) => void said.push(text), onEnd: () => {} })
    // A minute of silence is four seconds here.
    stream.write(watchInput({ lines: [`path - ${folder}/etc/a`] }, 1))
    await expect.poll(() => said.join(''), patience).toContain('ready')
    proxy.blackHole()
    expect(processes()).toHaveLength(1)
    await expect.poll(processes, patience).toEqual([])
    await far[Symbol.asyncDispose]()
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchCommand, watchInput } from '../../../controller/engine/watch/command.ts'
import { createSaidReader, type Said } from '../../../controller/engine/watch/said.ts'

// The real program under dash, with real notices of the kernel: in network, mounts and host name of its own, so that it hears of nothing but what is done here.
const patience = { timeout: 20_000, interval: 20 }

let folder: string
let child: ChildProcess
let said: Said[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-watch-'))
  mkdirSync(`${folder}/etc`)
})
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    child.stdin?.end()
    child.stdin?.destroy()
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

/** Runs `during` in the same namespaces as soon as the watch sees all. */
async function watch(lines: readonly string[], during: string): Promise<void> {
  const own = lines.map((line) => line.replaceAll('FOLDER', folder))
  const script = `exec 3<&0; { ${watchCommand.text}
} <&3 | { while read -r line; do printf '%s\\n' "$line"; case $line in ready*) { cd ${folder}; ${during}
} </dev/null >&2 & ;; esac; done; }`
  said = []
  const reader = createSaidReader(lines.length)
  child = spawn('unshare', ['-n', '-m', 'dash', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdout?.on('data', (chunk: Buffer) => said.push(...reader.push(chunk.toString('latin1'))))
  child.stdin?.write(watchInput({ lines: own }))
  await expect.poll(() => said.some(({ type }) => type === 'ready'), patience).toBe(true)
}

const numbers = (): readonly number[] =>
  [...new Set(said.flatMap((one) => (one.type === 'moved' && one.things !== 'all' ? one.things : [])))].sort()

const cases: readonly {
  readonly name: string
  readonly watched: readonly string[]
  readonly before?: string
  readonly done: string
  readonly moved: readonly number[]
}[] = [
  { name: 'a file that is written', watched: ['path - FOLDER/etc/a', 'path - FOLDER/etc/b'], done: 'echo x >etc/a', moved: [0] },
  { name: 'a file that is put in place of another', watched: ['path - FOLDER/etc/a'], done: 'echo x >etc/.a; mv etc/.a etc/a', moved: [0] },
  { name: 'a mode', watched: ['path - FOLDER/etc'], done: 'chmod 700 etc', moved: [0] },
  { name: 'a name with blanks and signs', watched: ["path - FOLDER/etc/a $(b) 'c'"], done: 'echo x >"etc/a \\$(b) \'c\'"', moved: [0] },
  {
    name: 'a file in folders that were not there, once they are',
    watched: ['path - FOLDER/no/such/file'],
    done: 'mkdir -p no/such; sleep 1; echo x >no/such/file',
    moved: [0],
  },
  {
    name: 'a file whose folder is moved away and made anew',
    watched: ['path - FOLDER/etc/a'],
    done: 'mv etc gone; mkdir etc; sleep 1; echo x >etc/a',
    moved: [0],
  },
  { name: 'all names in a folder', watched: ['folder - FOLDER/etc', 'path - FOLDER/etc/x'], done: 'echo x >etc/any', moved: [0] },
  {
    name: 'folders below, also new ones',
    watched: ['tree - FOLDER/etc'],
    done: 'mkdir -p etc/new/deep; sleep 1; echo x >etc/new/deep/file',
    moved: [0],
  },
  {
    name: 'a table, and no other one',
    watched: ['nft - inet reeve', 'nft - ip other'],
    done: 'nft add table inet another; nft add table inet reeve',
    moved: [0],
  },
  {
    name: 'a mount, and no other one',
    watched: ['mount - FOLDER/etc', 'mount - FOLDER/other'],
    done: 'mount -t tmpfs none etc',
    moved: [0],
  },
  {
    name: 'an interface with its addresses, and no other one',
    watched: ['link - br0', 'link - br1'],
    done: 'ip link add br0 type bridge; ip link add br2 type bridge; ip address add 192.0.2.1/24 dev br0',
    moved: [0],
  },
  {
    name: 'a setting of the kernel',
    watched: ['path - /proc/sys/net/ipv4/ip_forward'],
    done: 'sysctl -q -w net.ipv4.ip_forward=1',
    moved: [0],
  },
]

describe('the program of a watch', () => {
  for (const { name, watched, done, moved } of cases)
    it(`tells of ${name}`, async () => {
      await watch(watched, done)
      await expect.poll(numbers, patience).toEqual(moved)
    })

  it('names the process that changed a table', async () => {
    await watch(['nft - inet reeve'], 'nft add table inet reeve')
    const by = () => said.flatMap((one) => (one.type === 'moved' ? [one.by?.name] : []))
    await expect.poll(by, patience).toEqual(['nft'])
  })

  it('says which of its readers work', async () => {
    await watch(['path - FOLDER/etc/a', 'nft - inet reeve', 'mount - /srv', 'swap - -', 'link - br0', 'block - -'], ':')
    const sources = said.flatMap((one) => (one.type === 'source' ? [`${one.source} ${one.because}`] : []))
    expect(sources.sort()).toEqual(['block ', 'file ', 'link ', 'mount ', 'nft ', 'swap '])
  })

  it('tells a storm in few lines, and what comes after it', async () => {
    await watch(
      ['path - FOLDER/etc/a', 'path - FOLDER/etc/b'],
      'i=0; while [ $i -lt 200 ]; do echo $i >etc/a; i=$((i+1)); done; echo x >etc/b',
    )
    await expect.poll(() => numbers().includes(1), patience).toBe(true)
    const [first, last] = [said.find(({ type }) => type === 'ready'), said.at(-1)]
    const seconds =
      (last && 'uptimeSeconds' in last ? last.uptimeSeconds : 0) - (first && 'uptimeSeconds' in first ? first.uptimeSeconds : 0)
    expect(said.filter(({ type }) => type === 'moved').length).toBeLessThanOrEqual(seconds * 5 + 3)
  })

  it('ends with its input', async () => {
    await watch(['path - FOLDER/etc/a'], ':')
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
    expect(child.exitCode).toBe(0)
  })

  it('is missing where there is no perl, and says so', async () => {
    said = []
    const reader = createSaidReader(0)
    child = spawn('dash', ['-c', watchCommand.text.replaceAll(/command -v perl/g, 'command -v no-such-perl')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdout?.on('data', (chunk: Buffer) => said.push(...reader.push(chunk.toString())))
    await once(child, 'exit')
    expect(said).toEqual([{ type: 'missing', because: 'perl' }])
  })
})

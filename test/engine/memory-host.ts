import { createHost, type SimulatedHost } from '../fleet/host.ts'
import { type Call, type Process, signal, sleep, type Tool } from '../fleet/shell/process.ts'
import { absolute } from '../fleet/shell/redirect.ts'
import { openWay } from '../fleet/way.ts'
import type { ShellHost } from './shell-host.ts'

/** The host of test/fleet in place of a real shell: the same scripts in a hundredth of the time. */
export async function startMemoryHost(): Promise<ShellHost> {
  const simulated = createHost({ name: 'he1' })
  const sleepers = new Set<Process>()
  const tools: readonly (readonly [string, Tool])[] = [...simulated.machine.tools, ...testTools, ['sleep', sleeping(sleepers)]]
  Object.assign(simulated.machine, { tools: new Map(tools) })
  let commands = 0
  // A loop that waits for something lets that happen.
  simulated.machine.pace = () => (++commands % 200 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined)
  const way = openWay(simulated)
  await simulated.run('mkdir -p /mnt /etc/reeve /run/reeve /var/lib/reeve')
  return Object.assign(way, {
    answer: true,
    directory: '/mnt',
    run: (script: string) => simulated.run(script),
    async killShells(words: string, { withSleeps = false } = {}) {
      for (const shell of shellsOf(simulated, words)) signal(shell, 'KILL')
      if (withSleeps) for (const one of sleepers) one.wake?.()
      await untilNone(simulated, words)
    },
    untilNoShell: (words: string) => untilNone(simulated, words),
    async close() {
      way.cut()
      simulated.powerCycle()
    },
  })
}

/** Not the one that the controller keeps open, which has none. */
function shellsOf({ machine }: SimulatedHost, words: string) {
  return [...machine.processes.values()].filter(
    (one) => one.words.length > 0 && one.words[0] !== '-c' && one.words.join(' ').startsWith(words),
  )
}

async function untilNone(host: SimulatedHost, words: string): Promise<void> {
  while (shellsOf(host, words).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** What tests look at a host with, and the controller does not. */
const testTools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['ls', list],
  ['xargs', joined],
  ['touch', touch],
])

/** sleep(1), which here is no process: whoever sleeps for a step can be woken, as if it had been killed. */
function sleeping(sleepers: Set<Process>): Tool {
  return async ({ words, process }) => {
    const ms = Number(words[0]) * 1000
    if (ms < 30_000) return (await sleep(process, ms)) ? 0 : 143
    sleepers.add(process)
    const endMs = performance.now() + ms
    await sleep(process, ms)
    sleepers.delete(process)
    return performance.now() < endMs ? 137 : 0
  }
}

/** `ls DIRECTORY`, `ls -d PATH…` */
function list({ words, process, machine, out }: Call): number {
  const paths = words.filter((word) => !word.startsWith('-'))
  const found = paths.flatMap((path) => {
    const node = machine.disk.at(absolute(process, path))
    if (node === undefined) return []
    return node.type === 'directory' && !words.includes('-d') ? [...node.entries.keys()].toSorted() : [path]
  })
  for (const name of found) out(`${name}\n`)
  return found.length > 0 || !words.includes('-d') ? 0 : 2
}

function joined({ words, input, out }: Call): number {
  if (words.length > 0) return 127
  out(`${input().trim().split(/\s+/).join(' ')}\n`)
  return 0
}

function touch({ words, process, machine }: Call): number {
  for (const word of words) if (!machine.disk.write(absolute(process, word), '')) return 1
  return 0
}

import { closeSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runOrThrow } from '../../lab/process.ts'
import { random } from '../instants.ts'
import { startLiar } from './liar.ts'
import type { CheapWorld } from './world.ts'

/** A fault of what the controller itself stands on. */
export interface Fault {
  readonly class: string
  readonly what: string
  /** Makes it so; the answer ends it. */
  strike(world: CheapWorld): Promise<() => Promise<unknown>>
  /** What is put right on the host goes on meanwhile; default true. */
  readonly goesOn?: boolean
}

const nothing = async (): Promise<void> => {}

/** The repository as it was is put back. */
async function spoilt(world: CheapWorld, spoil: (folder: string) => Promise<unknown>): Promise<() => Promise<unknown>> {
  const folder = world.repository.url
  await cp(folder, `${folder}.kept`, { recursive: true })
  await spoil(folder)
  return async () => {
    await rm(folder, { recursive: true, force: true })
    await rename(`${folder}.kept`, folder)
  }
}

function overwrite(file: string, at: number, bytes: number): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(bytes, 0x5a), 0, bytes, at)
  closeSync(handle)
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

async function corruptObjects(folder: string): Promise<void> {
  for (const file of filesBelow(folder)) {
    await runOrThrow('chmod', ['u+w', file])
    overwrite(file, 2, Math.max(1, Math.min(64, statSync(file).size - 2)))
  }
}

const mirrorOf = ({ stateDir }: CheapWorld): string =>
  join(stateDir, readdirSync(stateDir).find((name) => name.endsWith('.git')) ?? 'no mirror')

export const gitFaults: readonly Fault[] = [
  {
    class: 'Git gone',
    what: 'its folder is away',
    async strike({ repository }) {
      await repository.hide()
      return () => repository.show()
    },
  },
  {
    class: 'Git corrupt',
    what: 'the objects of the repository',
    strike: (world) => spoilt(world, (folder) => corruptObjects(join(folder, '.git/objects'))),
  },
  {
    class: 'Git corrupt',
    what: 'the branch of the repository',
    strike: (world) => spoilt(world, async (folder) => writeFileSync(join(folder, '.git/refs/heads/main'), 'nonsense\n')),
  },
  {
    class: 'Git corrupt',
    what: "the objects of the controller's own copy, under a controller that runs",
    async strike(world) {
      await corruptObjects(join(mirrorOf(world), 'objects'))
      return nothing
    },
  },
  {
    class: 'Git corrupt',
    what: "the controller's own copy, while it was away",
    async strike(world) {
      await world.kill()
      await corruptObjects(join(mirrorOf(world), 'objects'))
      rmSync(join(mirrorOf(world), 'HEAD'))
      await world.controller()
      return nothing
    },
  },
  {
    class: 'Git shallow',
    what: 'its history was cut behind the commit in force',
    async strike(world) {
      await world.repository.commit({})
      return spoilt(world, shallow)
    },
  },
  {
    class: 'Git shallow',
    what: 'its history was cut while the controller was away',
    async strike(world) {
      await world.kill()
      for (const _ of ['one', 'two']) await world.repository.commit({})
      const restore = await spoilt(world, shallow)
      await world.controller()
      return restore
    },
  },
  {
    class: 'Git rewritten',
    what: 'a branch without its history',
    async strike(world) {
      const base = await world.repository.head()
      await world.repository.replaceHistory({ 'other.md': 'nothing of ours\n' })
      return () => world.repository.reset(base)
    },
  },
  {
    class: 'Git rewritten',
    what: 'the same manifests, without their history',
    async strike(world) {
      const base = await world.repository.head()
      await world.repository.replaceHistory({ 'he1.yaml': await world.repository.read('he1.yaml') })
      return () => world.repository.reset(base)
    },
  },
  {
    class: 'Git emptied',
    what: 'all manifests are gone by a commit',
    async strike(world) {
      const kept = await world.repository.read('he1.yaml')
      await world.repository.commit({ 'he1.yaml': null })
      return () => world.repository.commit({ 'he1.yaml': kept })
    },
  },
]

async function shallow(folder: string): Promise<void> {
  await runOrThrow('git', ['clone', '-q', '--depth', '1', '-b', 'main', `file://${folder}`, `${folder}.shallow`])
  await rm(folder, { recursive: true })
  await rename(`${folder}.shallow`, folder)
}

const database = ({ stateDir }: CheapWorld): string => join(stateDir, 'history.sqlite')
const remove = (world: CheapWorld): void => {
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${database(world)}${end}`, { force: true })
}

async function restarted(world: CheapWorld, spoil: () => void): Promise<() => Promise<unknown>> {
  await world.kill()
  spoil()
  await world.controller()
  return nothing
}

async function running(spoil: () => void): Promise<() => Promise<unknown>> {
  spoil()
  return nothing
}

/** From somewhere on, as a disk does that loses a part of a file. */
const damage = (world: CheapWorld): void => {
  const { size } = statSync(database(world))
  overwrite(database(world), Math.floor(random() * size * 0.9), Math.ceil(size / 10))
}

export const databaseFaults: readonly Fault[] = [
  { class: 'SQLite deleted', what: 'under a controller that runs', strike: (world) => running(() => remove(world)) },
  { class: 'SQLite deleted', what: 'while the controller was away', strike: (world) => restarted(world, () => remove(world)) },
  { class: 'SQLite corrupt', what: 'somewhere, under a controller that runs', strike: (world) => running(() => damage(world)) },
  { class: 'SQLite corrupt', what: 'somewhere, while the controller was away', strike: (world) => restarted(world, () => damage(world)) },
  {
    class: 'SQLite corrupt',
    what: 'cut in half, while the controller was away',
    strike: (world) => restarted(world, () => truncateSync(database(world), Math.floor(statSync(database(world)).size / 2))),
  },
  {
    class: 'SQLite corrupt',
    what: 'nonsense from its first byte on, under a controller that runs',
    strike: (world) => running(() => writeFileSync(database(world), 'nonsense'.repeat(5_000))),
  },
  {
    class: 'disk full under the controller',
    what: 'while it runs',
    async strike(world) {
      const file = join(world.stateDir, 'fill')
      fill(file)
      return async () => rmSync(file)
    },
  },
  {
    class: 'disk full under the controller',
    what: 'when it starts',
    async strike(world) {
      await world.kill()
      const file = join(world.stateDir, 'fill')
      fill(file)
      // It may refuse to start, and says why: whoever supervises it tries again.
      const started = await world.controller().then(
        () => true,
        () => false,
      )
      return async () => {
        rmSync(file)
        if (!started) await world.kill()
      }
    },
    goesOn: false,
  },
]

function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (let part = 1 << 20; part >= 1; part = part === 1 ? 0 : part >> 4) writeUntilFull(handle, part)
  } finally {
    closeSync(handle)
  }
}

function writeUntilFull(handle: number, bytes: number): void {
  try {
    for (;;) if (writeSync(handle, Buffer.alloc(bytes)) < bytes) return
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

const lying = (lie: Parameters<typeof startLiar>[1], what: string): Fault => ({
  class: 'SMTP lying',
  what,
  async strike({ catcher }) {
    await catcher.setMode('down')
    const liar = await startLiar(catcher.port, lie)
    return async () => {
      await liar[Symbol.asyncDispose]()
      await catcher.setMode('accept')
    }
  },
})

const refusing = (code: 421 | 450 | 452): Fault => ({
  class: 'SMTP down',
  what: `it says ${code} to each mail`,
  async strike({ catcher }) {
    await catcher.setMode(code)
    return () => catcher.setMode('accept')
  },
})

export const mailFaults: readonly Fault[] = [
  {
    class: 'SMTP down',
    what: 'nobody listens',
    async strike({ catcher }) {
      await catcher.setMode('down')
      return () => catcher.setMode('accept')
    },
  },
  refusing(421),
  refusing(450),
  refusing(452),
  {
    class: 'SMTP down',
    what: 'nobody listens, and the controller is killed meanwhile',
    async strike(world) {
      await world.catcher.setMode('down')
      return async () => {
        await world.kill()
        await world.controller()
        await world.catcher.setMode('accept')
      }
    },
  },
  {
    class: 'SMTP slow',
    what: '100 bytes a second',
    async strike({ toSmtp }) {
      toSmtp.setMode({ kind: 'throttle', bytesPerSecond: 100 })
      return async () => toSmtp.setMode({ kind: 'pass' })
    },
  },
  {
    class: 'SMTP slow',
    what: 'a black hole',
    async strike({ toSmtp }) {
      toSmtp.setMode({ kind: 'blackhole' })
      return async () => {
        toSmtp.setMode({ kind: 'pass' })
        toSmtp.cut()
      }
    },
  },
  lying('mute', 'it takes the connection and says nothing'),
  lying('nonsense', 'it speaks no SMTP'),
  lying('forgets', 'it takes the whole mail and cuts the line instead of its answer'),
  lying('endless', 'it greets for ever'),
]

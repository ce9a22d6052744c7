import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, type Machine, startLab } from '../lab.ts'
import { isAlive } from '../process.ts'
import { startSmtpCatcher } from '../smtp-catcher.ts'
import { sshArgs } from '../ssh-client.ts'
import type { Stage } from './acts.ts'
import { createApi } from './api.ts'
import { type ControllerProcess, type LogRecord, startController } from './controller.ts'
import { fillFleet } from './fleet.ts'
import { mailLines } from './mail.ts'
import { createRepository } from './repository.ts'
import { createStory } from './story.ts'
import type { View } from './view.ts'

/** The whole scene: lab, repository, mails and controller. */
export interface Scene extends Stage {
  readonly folder: string
  readonly lab: Lab
  readonly controller: ControllerProcess
  /** The commit that the fleet began with. */
  readonly commit: string
  readonly labSeconds: number
}

const example = join(import.meta.dirname, '../../../manifests-example')
const resync = '5s'

/** Builds the scene. What was built is disposed with `stack`, in the order opposite to that in which it came. */
export async function setScene(stack: AsyncDisposableStack, machines: number, view: View): Promise<Scene> {
  view.line('starting the lab: a real Debian hypervisor, bare')
  view.wait('the lab')
  const lab = stack.use(await startLab({ machines, progress: (text) => view.line(`lab: ${text}`, 'dim') }))
  const labSeconds = view.seconds()
  const folder = makeFolder(stack)
  const repository = await createRepository(folder)
  await fillFleet(example, repository.clone, lab.machines, lab)
  for (const machine of lab.machines) await writeShortcut(folder, machine)
  const commit = await repository.commit('The example fleet')
  view.line(`repository filled: ${commit.slice(0, 12)} in ${repository.bare}`)
  const mails = stack.use(await startSmtpCatcher({ onMail: (mail) => view.block(mailLines(mail)) }))
  const records: LogRecord[] = []
  const tell = createStory()
  const onRecord = (record: LogRecord) => {
    records.push(record)
    for (const { text, tone } of tell(record)) view.line(text, tone)
  }
  const [machine] = lab.machines as [Machine]
  const { identityFile } = machine
  const controller = stack.use(
    await startController({ folder, repositoryUrl: repository.url, identityFile, smtpPort: mails.port, resync, onRecord }),
  )
  view.line(`controller started: process ${controller.pid}, ${controller.url}`)
  return { folder, lab, controller, commit, labSeconds, machine, repository, mails, records, view, api: createApi(controller.url) }
}

const folderName = /^reeve-demo-(\d+)$/

/** A folder that goes with us, however we end; what a killed demo left is removed first. */
function makeFolder(stack: AsyncDisposableStack): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderName.exec(name)?.[1]
    if (owner && !isAlive(Number(owner))) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
  const folder = join(tmpdir(), `reeve-demo-${process.pid}`)
  mkdirSync(folder, { mode: 0o700 })
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  stack.defer(remove)
  return folder
}

/** `./he1 COMMAND` in the demo's folder is a root shell there. */
async function writeShortcut(folder: string, machine: Machine): Promise<void> {
  const words = ['ssh', ...sshArgs(machine)].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  await writeFile(join(folder, machine.name), `#!/bin/sh\nexec ${words} -- "$@"\n`, { mode: 0o700 })
}

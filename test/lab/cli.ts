import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { type Archives, ensureImage } from './image.ts'
import { attachLab, endLab, type Lab, type Machine, startLab } from './lab.ts'
import { createProgress } from './progress.ts'
import { sshArgs } from './ssh-client.ts'
import { foldersOf, isUp, type MachineState, readState, removeFolders, stateFileIn } from './state.ts'

// `up` keeps one lab for each user; tests make labs of their own beside it.
const labName = 'up'
const folders = foldersOf(labName)
const stateFile = stateFileIn(folders.run)

const program = new Command('npm run lab --')
  .description('Real test hypervisors on this machine: Debian with LXC, LVM and nftables, emulated by QEMU.')
  .showHelpAfterError()
  .enablePositionalOptions()
program.command('build').description('build the image, where the cache does not have it').action(build)
program
  .command('up')
  .description('start hypervisors he1, he2, … from their clean state')
  .option('-n, --machines <count>', 'how many, 1 to 8', parseCount, 2)
  .action(up)
program.command('ssh <machine> [command...]').description('a shell, or one command, as root').passThroughOptions().action(ssh)
program.command('reset [machine]').description('back to the clean state, one machine or all').action(reset)
program.command('power-cycle <machine>').description('pull the power and boot again from the same disks').action(powerCycle)
program.command('status').description('what runs, and how to reach it').action(status)
program.command('down').description('end all and remove their disks; the image stays in the cache').action(down)

// `status | head` ends our output early; that is no error.
process.stdout.on('error', () => process.exit(0))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

function parseCount(text: string): number {
  if (!/^[1-8]$/.test(text)) throw new InvalidArgumentError('a number from 1 to 8')
  return Number(text)
}

async function build(): Promise<void> {
  const image = await ensureImage(createProgress())
  process.stdout.write(`image      ${image.folder}\n${archivesOf(image)}`)
}

async function up({ machines }: { readonly machines: number }): Promise<void> {
  const running = (await readState(stateFile))?.machines.filter(isUp) ?? []
  if (running.length > 0 && running.length !== machines) {
    throw new Error(`${running.length} machine(s) of a lab are up and ${machines} were asked for; first: npm run lab -- down`)
  }
  if (running.length === 0) {
    removeFolders(folders)
    await startLab({ machines, keepAs: labName })
  }
  await status()
}

async function status(): Promise<void> {
  const state = await readState(stateFile)
  if (!state) return void process.stdout.write('no lab is up; start one: npm run lab -- up\n')
  const lab = await attachLab(stateFile)
  process.stdout.write(`${state.machines.map((one) => describe(one, lab.machine(one.plan.name))).join('\n')}\n`)
  process.stdout.write(`archives for containers on each:\n${archivesOf(state)}`)
}

function archivesOf({ containerArchive, servicesArchive }: Archives): string {
  return [containerArchive, servicesArchive]
    .map(({ pathOnHypervisor, sha256 }) => `archive    ${pathOnHypervisor}\n  sha256   ${sha256}\n`)
    .join('')
}

function describe(state: MachineState, machine: Machine): string {
  const { name, address, port, eth1Address, identityFile, hostKey } = machine
  if (!isUp(state)) return `${name}  off; boot it: npm run lab -- power-cycle ${name}; or from its clean state: reset ${name}`
  return [
    `${name}  up, process ${state.running.pid}, eth1 ${eth1Address}; shell: npm run lab -- ssh ${name}`,
    `  ssh -i ${identityFile} -p ${port} root@${address}`,
    `  host key ${hostKey}`,
    `  console  ${state.plan.folder}/serial.log`,
  ].join('\n')
}

async function ssh(name: string, given: readonly string[]): Promise<void> {
  const command = given[0] === '--' ? given.slice(1) : given
  const machine = (await theLab()).machine(name)
  const terminal = process.stdin.isTTY && command.length === 0 ? ['-t'] : []
  const child = spawn('ssh', [...terminal, ...sshArgs(machine), '--', ...command], { stdio: 'inherit' })
  process.exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 255)))
}

async function reset(name?: string): Promise<void> {
  const lab = await theLab()
  const startMs = performance.now()
  await (name ? lab.machine(name) : lab).reset()
  process.stdout.write(`${name ?? 'all machines'}: clean again after ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`)
}

async function powerCycle(name: string): Promise<void> {
  const machine = (await theLab()).machine(name)
  createProgress()(`${name}: power pulled, booting (half a minute to two)`)
  await machine.powerCycle()
  process.stdout.write(`${name}: up again\n`)
}

async function down(): Promise<void> {
  if (existsSync(stateFile)) await endLab(await attachLab(stateFile), folders)
  removeFolders(folders)
  process.stdout.write('nothing of the lab runs any more\n')
}

async function theLab(): Promise<Lab> {
  if (!existsSync(stateFile)) throw new Error('no lab is up; start one: npm run lab -- up')
  return attachLab(stateFile)
}

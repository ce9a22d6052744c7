import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Machine, startLab } from '../lab/lab.ts'
import { changeFirewallByHand } from './by-hand.ts'
import { commitAndProve, type Running, residentMiB, startRunning } from './commit.ts'
import { exampleText, fillExample } from './example.ts'
import { openBenchHost } from './host.ts'
import { measureNoop, timed, writesOf } from './measure.ts'
import { figure, type Row, timeByFloor } from './rows.ts'
import { median } from './statistics.ts'
import { exampleTools, forksAllowed } from './tools.ts'

/** The example fleet on a real hypervisor with LVM and LXC, emulated where there is no KVM. */
export async function benchEmulated(runs: number): Promise<readonly Row[]> {
  await using lab = await startLab({ machines: 1 })
  const [host] = lab.machines as [Machine]
  const controllerRows: Row[] = []
  {
    await using running = await startRunning(host.identityFile, (folder) => fillExample(folder, lab))
    for (let turn = 0; turn < 10; turn++) await running.goRound()
    controllerRows.push(figure('resident memory of the controller, example fleet', await residentMiB(running.controller.pid), 'MiB', 150))
    const file = join(running.repository.clone, 'he1/firewall.yaml')
    const text = await readFile(file, 'utf8')
    const rule = (turn: number) => `    - {name: bench, chain: input, protocol: tcp, ports: [${9000 + turn}], action: accept}`
    const fill = (turn: number) => writeFile(file, text.replace(/^ {2}rules:$/m, `  rules:\n${rule(turn)}`))
    controllerRows.push(...(await firewallRows(running, host, 5, fill)))
    await writeFile(file, text)
  }
  await using reeve = openBenchHost(host, 'demo')
  await reeve.want(await exampleText(lab))
  await reeve.converge()
  const { cycleMs, floorMs, forks, floorForks, roundTrips } = await measureNoop(host, reeve, runs)
  return [
    timeByFloor('cycle without a change, example fleet, emulated', cycleMs, floorMs, 1.3),
    figure('… by itself', cycleMs, 'ms', 2000),
    figure('… round trips', roundTrips, '', 1),
    figure(`… processes on the host, ${exampleTools.length} tools`, forks, '', forksAllowed(exampleTools), floorForks),
    figure('… files written outside /run', (await writesOf(host, reeve)).length, '', 0),
    ...controllerRows,
  ]
}

/** On an emulated host its own commands take seconds: what the controller waited for it is measured by the controller itself, and the whole held against the same by hand. */
async function firewallRows(running: Running, host: Machine, runs: number, fill: (turn: number) => Promise<void>): Promise<readonly Row[]> {
  const [proven, beyond, own]: [number[], number[], number[]] = [[], [], []]
  for (let turn = 0; turn < runs; turn++) {
    await fill(turn)
    const before = await running.waitedSeconds()
    const provenMs = await commitAndProve(running)
    proven.push(provenMs)
    beyond.push(provenMs - 1000 * ((await running.waitedSeconds()) - before))
    own.push(await timed(() => changeFirewallByHand(host)))
  }
  const name = 'commit of a firewall rule → proven, emulated'
  return [timeByFloor(name, median(proven), median(own), null), figure('… beyond what the host took to answer', median(beyond), 'ms', 1000)]
}

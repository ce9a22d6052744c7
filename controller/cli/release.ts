import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { sweepMessage } from '../engine/apply/sweep.ts'
import type { Cycle } from '../engine/cycle.ts'
import { planOnce, reconcile } from '../engine/reconcile.ts'
import { planRelease } from '../engine/release.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import { emptyMemory, type HostMemory } from '../engine/session.ts'
import { createTrust, reconcileDepsFor } from '../loop/dependencies.ts'
import type { HostHandle } from '../loop/ports.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import { visibleJson } from '../report/visible.ts'
import { canAsk, confirmed } from './confirm.ts'
import { createConnector } from './connector.ts'
import { clock, loadConfig, paintFor, processName, randomHex, silentLog } from './context.ts'
import { CommandEnd } from './exit.ts'
import { becomeOwnerOf } from './owner.ts'
import { type ReleaseFrom, releaseFrom } from './releaseFrom.ts'
import { type Released, readSweep, releaseJson, releasePlanText, releaseText } from './releaseText.ts'
import { openGit } from './repository.ts'
import { readRules } from './rules.ts'

interface Options {
  readonly config?: string
  readonly yes?: boolean
  readonly leaveUnknown?: boolean
  readonly output: string
}

export function addRelease(program: Command): void {
  program
    .command('release')
    .argument('<hypervisor>', 'name of its manifest, in the newest commit or in one before')
    .option('--config <file>', 'reeve.yaml')
    .option('--yes', 'do it; without it a terminal asks, and nothing else does it')
    .option('--leave-unknown', 'go on where something cannot be seen (a stopped container): it keeps its mark')
    .option('-o, --output <format>', 'text or json', 'text')
    .description(
      'leave a host with everything running and no trace of Reeve: shows first what will be done (exit 0 released, 1 not, 2 error)',
    )
    .action((hypervisor: string, options: Options) => release(hypervisor, options))
}

async function release(name: string, options: Options): Promise<void> {
  if (options.output !== 'text' && options.output !== 'json') throw new CommandEnd(`-o ${options.output}: write text or json`)
  const config = loadConfig(options.config)
  becomeOwnerOf(config.stateDir)
  await using git = openGit(config, { isRecorded: false })
  const from = await releaseFrom(config, git, name)
  if (from.objections.length > 0) return end(options, { status: 'refused', hypervisor: name, message: from.objections.join('\n') })
  await using handle = createConnector(config, silentLog, () => {})(from.manifest, hypervisorsOf(from))
  const memory = emptyMemory()
  const trust = createTrust(git)
  const common = {
    clock,
    rules: readRules(config.fleet),
    timings: timingsOf(config),
    randomHex,
    name: processName('release'),
    epoch: 'found' as const,
    approvals: () => new Set<string>(),
  }
  const deps: ReconcileDeps = {
    ...reconcileDepsFor(common, trust, { handle, memory }, from.revision),
    planFrom: (input) => planRelease(input, { leavesUnknown: options.leaveUnknown === true }),
  }
  await carryOut(desiredOf(from, config, memory), deps, handle, memory, options)
}

function hypervisorsOf({ revision }: ReleaseFrom): ReleaseFrom['revision']['fleet']['manifests'] {
  return revision.fleet.manifests.filter((one) => one.kind === 'Hypervisor')
}

function timingsOf({ timeouts }: Config) {
  return {
    observeTimeoutMs: timeouts.observeMs,
    applyTimeoutMs: timeouts.applyMs,
    confirmTimeoutMs: timeouts.confirmMs,
    resyncSeconds: 60,
    workers: 1,
  }
}

/** The ledger says what is Reeve's. Where it was lost, the marks of what Git asks for do. */
function desiredOf({ revision, manifest }: ReleaseFrom, { fleet }: Config, memory: HostMemory): () => DesiredState {
  const hypervisor = manifest.name as HypervisorName
  return () => {
    const items =
      memory.installed !== undefined && memory.ledger.status === 'none' ? revision.compiled.states.get(hypervisor)?.items : undefined
    return { hypervisor, fleet, commit: revision.commit, vitals: [], items: items ?? [] }
  }
}

async function carryOut(
  desired: () => DesiredState,
  deps: ReconcileDeps,
  handle: HostHandle,
  memory: HostMemory,
  options: Options,
): Promise<void> {
  const { hypervisor } = desired()
  let plan = await planOnce(desired(), deps)
  if (memory.ledger.status === 'none') plan = await planOnce(desired(), deps)
  const planned: Released = { status: 'planned', hypervisor, cycle: plan, message: messageOf(plan) }
  if (plan.plan.unknown.length > 0 || plan.busy !== undefined || plan.hold !== undefined)
    return end(options, { ...planned, status: 'refused' })
  if (options.output === 'text') process.stdout.write(releasePlanText(plan, paintFor(process.stdout)))
  if (!options.yes && (options.output === 'json' || !canAsk() || !(await confirmed(`Release ${hypervisor}?`))))
    return end(options, { ...planned, message: `nothing was changed; to do it: reeve release ${hypervisor} --yes` })
  const cycle = await untilReleased(desired, deps)
  if (cycle.status !== 'noop' && cycle.status !== 'converged')
    return end(options, { status: 'failed', hypervisor, cycle, message: messageOf(cycle) })
  const sum = memory.ledger.status === 'none' ? '' : memory.ledgerSum
  const swept = readSweep(await handle.exchange(sweepMessage(sum), { deadlineMs: deps.applyTimeoutMs, maxBytes: 1 << 20 }))
  const message = swept.refused ?? `${hypervisor} is released`
  end(options, { status: swept.refused === undefined ? 'released' : 'failed', hypervisor, cycle, message, swept })
}

/** An apply that was cut off is put right first, as before any plan; then the rest is let go of. */
async function untilReleased(desired: () => DesiredState, deps: ReconcileDeps): Promise<Cycle> {
  const endSeconds = clock.nowSeconds() + deps.applyTimeoutMs / 1000
  let cycle = await reconcile(desired(), deps)
  while (cycle.status === 'waiting' && clock.nowSeconds() < endSeconds) {
    await clock.wait(1000)
    cycle = await reconcile(desired(), deps)
  }
  return cycle
}

function messageOf({ message, busy, hold, plan }: Cycle): string {
  if (busy !== undefined) return `${busy.message}: ask again when it has ended`
  if (hold !== undefined) return `a person holds this host (${hold}): remove /etc/reeve/hold there when that is over`
  if (plan.unknown.length > 0)
    return 'not everything can be seen, and nothing was changed: start what is stopped, or go on without it with --leave-unknown'
  return message
}

function end(options: Options, released: Released): void {
  process.exitCode = released.status === 'released' ? 0 : 1
  if (options.output === 'json') process.stdout.write(visibleJson(releaseJson(released)))
  else process.stdout.write(releaseText(released, paintFor(process.stdout)))
}

import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { mendFunction } from '../engine/apply/mend.ts'
import { fencePath, hostLockPath, journalPath, ledgerPath } from '../engine/apply/paths.ts'
import { turnFunction } from '../engine/apply/turn.ts'
import { headerLine, type LedgerReading, parseLedger } from '../engine/ledger.ts'
import { loadTree, isReadPath as wants } from '../manifests/tree.ts'
import { epochNumber } from '../model/epoch.ts'
import type { LedgerHeader } from '../model/ledger.ts'
import type { Manifest } from '../model/manifest.ts'
import { visible } from '../report/visible.ts'
import { type Script, sh } from '../shell/sh.ts'
import { createConnector } from './connector.ts'
import { loadConfig, silentLog } from './context.ts'
import { CommandEnd } from './exit.ts'
import { becomeOwnerOf } from './owner.ts'
import { openGit } from './repository.ts'
import { readRules } from './rules.ts'

interface Options {
  readonly config?: string
  readonly yes?: boolean
}

export function addTakeover(program: Command): void {
  program
    .command('takeover')
    .argument('<hypervisor>', 'name of the Hypervisor manifest')
    .option('--config <file>', 'reeve.yaml')
    .option('--yes', 'do it; without it only shows what the host says of itself')
    .description(
      "make a host this fleet's that another fleet, name or machine wrote the ledger of, or whose ledger is damaged (exit 0 done, 1 not done)",
    )
    .action((hypervisor: string, options: Options) => takeover(hypervisor, options))
}

const bounds = { deadlineMs: 30_000, maxBytes: 16 << 20 }

async function takeover(name: string, options: Options): Promise<void> {
  const config = loadConfig(options.config)
  becomeOwnerOf(config.stateDir)
  const hypervisors = await readHypervisors(config)
  const manifest = hypervisors.find((one) => one.name === name)
  if (manifest === undefined) throw new CommandEnd(`the fleet has no valid Hypervisor ${name}`)
  await using host = createConnector(config, silentLog, () => {})(manifest, hypervisors)
  const machineId = (await host.exchange(sh`cat /etc/machine-id`, bounds)).trim()
  const sum = (await host.exchange(sh`[ ! -s ${ledgerPath} ] || sha256sum <${ledgerPath}`, bounds)).split(' ')[0]?.trim() ?? ''
  const text = await host.exchange(sh`cat ${ledgerPath} 2>/dev/null`, bounds)
  const reading = parseLedger(text)
  process.stdout.write(`${name}: machine-id ${visible(machineId)}\n${describe(reading)}\n`)
  if (!options.yes) {
    process.stdout.write(
      `nothing was changed; to make it fleet ${config.fleet}'s ${name}, keeping the old ledger beside the new one: reeve takeover ${name} --yes\n`,
    )
    process.exitCode = 1
    return
  }
  const old = reading.status === 'read' ? reading.ledger.header : undefined
  const header: LedgerHeader = {
    format: 1,
    fleet: config.fleet,
    hypervisor: name,
    machineId,
    epoch: epochNumber(config.epoch),
    generation: (old?.generation ?? newestIn(text)) + 1,
    commit: old?.commit ?? '',
  }
  const answer = await host.exchange(takeoverScript(header, reading.status, sum), bounds)
  if (!answer.includes('taken over')) throw new CommandEnd(`the takeover failed: ${visible(answer.trim()) || 'the host gave no reason'}`, 1)
  process.stdout.write(
    `${name} is fleet ${config.fleet}'s now; look at what that means before anything is changed: reeve plan --hypervisor ${name}\n`,
  )
}

/** The highest generation that a damaged ledger speaks of: a plan that was made from it must not fit the new one. */
function newestIn(text: string): number {
  return Math.max(0, ...[...text.matchAll(/^\{"reeve":\d{1,4},"generation":(\d{1,12}),/gm)].map(([, digits]) => Number(digits)))
}

/** The Hypervisors of the repository as it is now. */
export async function readHypervisors(config: Config): Promise<readonly Manifest[]> {
  await using git = openGit(config, { isRecorded: false })
  const { commit, refused } = await git.refresh()
  if (commit === undefined) throw new CommandEnd(refused?.because ?? 'the repository cannot be read')
  const reading = await git.readTree(commit, wants)
  if (reading.status === 'failed') throw new CommandEnd(`commit ${commit} cannot be read: ${reading.reason}`)
  return loadTree(reading.tree, readRules(config.fleet)).fleet.manifests.filter((one) => one.kind === 'Hypervisor')
}

function describe(reading: LedgerReading): string {
  if (reading.status === 'none') return 'it has no ledger: nothing needs to be taken over'
  if (reading.status === 'unreadable')
    return `its ledger cannot be read: ${reading.reason}; things that carry this fleet's mark, or are as wanted, will be taken over, and nothing is removed`
  const { header, entries } = reading.ledger
  return visible(
    `its ledger: fleet ${header.fleet}, hypervisor ${header.hypervisor}, machine-id ${header.machineId}, ${entries.size} things owned`,
  )
}

/**
 * Writes the new header; a ledger that can be read keeps its entries, which are ours from then on. Says `taken over` where it did.
 * `seenSum`: sha256 of the ledger that the header was made from, empty where there was none. Where another apply wrote since, its generation would be given twice,
 * and a plan of the other fleet would still fit.
 */
export function takeoverScript(header: LedgerHeader, ledger: LedgerReading['status'], seenSum: string): Script {
  return underLock(ledger === 'read' ? rewrite(header) : renew(header), seenSum)
}

function rewrite(header: LedgerHeader): Script {
  return sh`cp -p "$L" "$kept" && reeve_mend && printf '%s\n' ${headerLine(header)} >>"$L" && sync "$L" && echo 'taken over'`
}

function renew(header: LedgerHeader): Script {
  return sh`if [ -e "$L" ]; then mv "$L" "$kept"; fi; mkdir -p ${journalPath} && printf '%s\n' ${headerLine(header)} >"$L" && sync "$L" && echo 'taken over'`
}

/** Takes its turn as every writer does: an observation that runs meanwhile is worth nothing. */
function underLock(act: Script, seenSum: string): Script {
  return sh`mkdir -p /run/reeve /var/lib/reeve && chmod 700 /run/reeve /var/lib/reeve
(
  flock -w 30 9 || { echo 'another apply is running'; exit 1; }
  L=${ledgerPath} sum=
  if [ -s "$L" ]; then sum=$(sha256sum <"$L"); sum=\${sum%% *}; fi
  [ "$sum" = ${seenSum} ] || { echo 'its ledger was written to meanwhile, so somebody is at work there: stop them, or look again'; exit 1; }
  kept=/var/lib/reeve/ledger.before-$(date +%Y%m%d-%H%M%S-%N)
  J=takeover-\${kept##*before-}
  ${turnFunction}
  ${mendFunction}
  reeve_turn 'takeover begun'
  rc=0; { ${act} && rm -f ${fencePath}; } || rc=$?
  reeve_turn 'takeover ended'
  exit "$rc"
) 9>>${hostLockPath} 2>&1`
}

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { phases, type Step } from '../../../controller/model/primitive.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A network and mount namespace of its own on this machine, with an empty /var/lib and /etc/systemd/system, where changes to /etc are thrown away: the real nft and kernel. */
export interface Host {
  run(script: string, before?: string): Ran
  /** Runs steps as the engine does: by phase, each script in a shell of its own; stops at the first failure. */
  apply(steps: readonly Step[]): Applied
  [Symbol.dispose](): void
}

export interface Applied {
  readonly failed: { readonly title: string; readonly stderr: string } | undefined
  undo(): void
}

export async function createHost(): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-nft-'))
  const ownEtc =
    'mount -t tmpfs none /mnt; mkdir /mnt/up /mnt/work; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work overlay /etc; umount -l /mnt'
  const setup = `${ownEtc}; mount -t tmpfs none /var/lib; mount -t tmpfs none /etc/systemd/system; ip link set lo up; echo ready; exec sleep 600`
  const child = spawn('unshare', ['-n', '-m', 'sh', '-ec', setup], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('no namespace of its own: run as root')))
  })
  const run = (script: string, before = folder) => runIn(child.pid ?? 0, folder, script, before)
  return {
    run,
    apply: (steps) => applyIn(steps, mkdtempSync(join(folder, 'before-')), run),
    [Symbol.dispose]() {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function runIn(pid: number, folder: string, script: string, before: string): Ran {
  const file = join(folder, 'script')
  writeFileSync(file, script)
  const env = { PATH: process.env.PATH, LC_ALL: 'C', REEVE_BEFORE: before }
  const inside = ['-t', String(pid), '-n', '-m', 'sh', '-c', 'sh -eu "$1" </dev/null 2>"$1.err"', 'sh', file]
  const [code, stdout] = attempt(() => execFileSync('nsenter', inside, { env, encoding: 'utf8', maxBuffer: 1 << 26 }))
  return { code, stdout, stderr: execFileSync('cat', [`${file}.err`], { encoding: 'utf8' }) }
}

function attempt(act: () => string): readonly [number, string] {
  try {
    return [0, act()]
  } catch (error) {
    const { status, stdout } = error as { status: number | null; stdout: string }
    return [status ?? -1, stdout]
  }
}

function applyIn(steps: readonly Step[], before: string, run: Host['run']): Applied {
  const ordered = phases.flatMap((phase) => steps.filter((step) => step.phase === phase))
  const begun: Step[] = []
  const undo = () => {
    for (const step of begun.toReversed()) if (step.undo) expectSuccess(step.title, run(step.undo.text, before))
  }
  for (const step of ordered) {
    begun.push(step)
    const scripts = [step.guard, step.run, step.check].filter((script) => script !== undefined)
    for (const script of scripts) {
      const ran = run(script.text, before)
      if (ran.code !== 0) return { failed: { title: step.title, stderr: ran.stderr }, undo }
    }
  }
  return { failed: undefined, undo }
}

function expectSuccess(title: string, ran: Ran): void {
  if (ran.code !== 0) throw new Error(`the undo of "${title}" failed: ${ran.stderr}`)
}

import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HypervisorView, StatusView } from '../../controller/model/status.ts'
import type { ControllerProcess } from './controller.ts'

/** Waits until the status of he1 shows this; asks the controller for cycles meanwhile. */
export async function until(
  controller: ControllerProcess,
  what: string,
  fits: (host: HypervisorView, status: StatusView) => boolean,
): Promise<HypervisorView> {
  let last: StatusView | undefined
  let kickedMs = 0
  for (const endMs = performance.now() + 240_000; performance.now() < endMs; await sleep(150)) {
    last = (await controller.status()) ?? last
    const host = last?.hypervisors.find((one) => one.name === 'he1')
    if (host && last && fits(host, last)) return host
    if (performance.now() - kickedMs < 3000) continue
    kickedMs = performance.now()
    await controller.kick().catch(() => {})
  }
  const log = (await readFile(`${controller.stateDir}.log`, 'utf8')).split('\n').slice(-15).join('\n')
  throw new Error(
    `never came true: ${what}; last: ${JSON.stringify({ hosts: last?.hypervisors, errors: last?.errors })}\n${log} (${dirname(controller.stateDir)})`,
  )
}

/** Waits until two cycles after now found all as this commit wants it. */
export async function converged(controller: ControllerProcess, head: string): Promise<void> {
  for (const round of ['first', 'second']) {
    const sinceSeconds = Date.now() / 1000
    await until(controller, `${round} cycle without work at ${head.slice(0, 8)}`, (host, status) => {
      const isNew = host.lastCycleSeconds !== null && host.lastCycleSeconds > sinceSeconds
      return isNew && host.lastResult === 'noop' && status.commit?.hash === head
    })
  }
}

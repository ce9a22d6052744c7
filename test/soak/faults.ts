import { afterBoot } from '../faults/native/inventory.ts'
import type { ProxyMode } from '../lab/tcp-proxy.ts'
import type { FaultSort } from './schedule.ts'
import { type Stage, statusNow } from './stage.ts'
import type { SoakHost } from './world.ts'

type Cure = () => Promise<unknown>

export interface Fault {
  /** Makes it so; the answer ends it. */
  strike(stage: Stage, host: SoakHost): Promise<Cure>
  readonly forSeconds: number
  /** It strikes before what is done meanwhile; else in the middle of it. */
  readonly isFirst: boolean
}

const nothing: Cure = async () => {}

/** What becomes of the line of one host. */
function line(mode: ProxyMode, isCut: boolean, forSeconds: number): Fault {
  return {
    async strike(_stage, { way }) {
      way.setMode(mode)
      if (isCut) way.cut()
      return async () => way.setMode({ kind: 'pass' })
    },
    forSeconds,
    isFirst: false,
  }
}

export const faults: Readonly<Record<FaultSort, Fault>> = {
  'TCP cut': line({ kind: 'pass' }, true, 0),
  'TCP reset': line({ kind: 'refuse' }, true, 8),
  'TCP black hole': line({ kind: 'blackhole' }, false, 30),
  'TCP slow': line({ kind: 'throttle', bytesPerSecond: 1000 }, false, 20),
  'host reboot': {
    async strike(_stage, { machine }) {
      await machine.powerCycle()
      await machine.must(afterBoot)
      return nothing
    },
    forSeconds: 0,
    isFirst: false,
  },
  'SMTP down': {
    async strike({ world }) {
      await world.catcher.setMode('down')
      return () => world.catcher.setMode('accept')
    },
    forSeconds: 60,
    isFirst: true,
  },
  'Git gone': {
    async strike({ world }) {
      await world.repository.hide()
      return () => world.repository.show()
    },
    forSeconds: 60,
    isFirst: true,
  },
  'kill -9 of the controller': {
    async strike(stage) {
      stage.watchers.pid = undefined
      await stage.world.kill()
      return () => statusNow(stage)
    },
    forSeconds: 1,
    isFirst: false,
  },
}

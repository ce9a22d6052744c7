import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Config, readConfig } from '../config.ts'
import type { LoopClock } from '../loop/ports.ts'
import type { Log } from '../model/log.ts'
import { reasonOf } from '../model/reason.ts'
import { formatDiagnostics } from '../report/diagnostics.ts'
import { createPaint, type Paint } from '../report/paint.ts'
import { CommandEnd } from './exit.ts'

// What nearly every command needs. What is slow to load (kinds, Git, SSH) stands in files of its own: a command loads what it names.

/** Where reeve.yaml is looked for, in this order, when nobody names it. */
const configPlaces = ['reeve.yaml', '/etc/reeve/reeve.yaml']

/** Reads the configuration; ends the command with every error of it at once. */
export function loadConfig(named: string | undefined, over: Readonly<Record<string, string>> = {}): Config {
  const path = named ?? process.env['REEVE_CONFIG'] ?? configPlaces.find((place) => existsSync(place))
  const environment = { ...process.env, ...over }
  if (path === undefined && environment['REEVE_FLEET'] === undefined)
    throw new CommandEnd(`there is no ${configPlaces.join(' or ')}; name one with --config, or copy reeve.example.yaml`)
  const reading = readConfig({ file: path ?? 'reeve.yaml', bytes: path === undefined ? undefined : readOrEnd(path), environment })
  if (reading.diagnostics.length > 0) process.stderr.write(formatDiagnostics(reading.diagnostics, { format: 'text' }))
  if (reading.status === 'invalid') throw new CommandEnd(`${path ?? 'the environment'} is not usable as configuration`)
  return reading.config
}

function readOrEnd(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CommandEnd(`the configuration ${path} cannot be read: ${reasonOf(error)}`)
  }
}

/** Who applies, for people who find an apply on a host and wonder whose it is. */
export function processName(command: string): string {
  return `reeve ${command} on ${hostname()}, process ${process.pid}`
}

export const clock: LoopClock = {
  nowSeconds: () => Date.now() / 1000,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export function randomHex(bytes = 16): string {
  return randomBytes(bytes).toString('hex')
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Colours only on a terminal, and not where NO_COLOR is set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return createPaint(stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '')
}

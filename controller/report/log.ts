import { type DestinationStream, pino } from 'pino'
import type { Log } from '../model/log.ts'
import { visible } from './visible.ts'

/** Keys that a log line may carry; dashboards and greps rely on them. */
export interface LogKeys {
  readonly component?: string
  readonly hypervisor?: string
  readonly kind?: string
  readonly name?: string
  readonly commit?: string
  readonly plan?: string
  readonly durationMs?: number
  readonly err?: unknown
}

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where the lines go; default stdout. */
  readonly destination?: DestinationStream
}

/** A log that can make others which carry more keys. */
export interface Logger extends Log {
  with(keys: LogKeys): Logger
}

/** JSON lines with time (ISO 8601), level in words, and the stable keys. Secrets print as their mask (shell/secret.ts). */
export function createLog({ level, destination }: LogSettings): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // What JSON leaves as it is can still move the cursor of a terminal.
    hooks: { streamWrite: visible },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['password', 'privateKey', 'token', '*.password', '*.privateKey', '*.token'], censor: '«secret»' },
  }
  return wrap(destination ? pino(options, destination) : pino(options))
}

function wrap(logger: pino.Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    with: (keys) => wrap(logger.child(keys)),
  }
}

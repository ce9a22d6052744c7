import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ConfigReading, readConfig } from '../controller/config.ts'
import { formatDiagnostics } from '../controller/report/diagnostics.ts'
import { badConfigs, oddConfigs } from './config.cases.ts'

const least = 'fleet: f\nrepository: {url: /srv/fleet.git}\n'

function read(text: string | undefined, environment: Readonly<Record<string, string>> = {}): ConfigReading {
  return readConfig({ file: 'reeve.yaml', bytes: text === undefined ? undefined : Buffer.from(text), environment })
}

function told(reading: ConfigReading): readonly string[] {
  return formatDiagnostics(reading.diagnostics, { format: 'text' }).trimEnd().split('\n')
}

describe('a configuration that is right', () => {
  it('fills in the defaults', () => {
    expect(read(least)).toEqual({
      status: 'valid',
      diagnostics: [],
      config: {
        version: 1,
        fleet: 'f',
        epoch: 1,
        repository: {
          url: { transport: 'file', url: '/srv/fleet.git', path: '/srv/fleet.git' },
          branch: 'main',
          path: '.',
          pollMs: 5000,
        },
        identities: {},
        jumpHosts: {},
        alerts: {
          groupWaitMs: 30_000,
          groupIntervalMs: 300_000,
          repeatCriticalMs: 14_400_000,
          repeatWarningMs: 86_400_000,
          keepFiringMs: 120_000,
        },
        api: { hosts: [] },
        history: { retentionMs: 7_776_000_000, maxEntries: 200_000 },
        resyncMs: 60_000,
        listen: { address: '127.0.0.1', port: 9808 },
        stateDir: '/var/lib/reeve-controller',
        timeouts: { connectMs: 10_000, observeMs: 60_000, applyMs: 300_000, confirmMs: 30_000 },
        logLevel: 'info',
      },
    })
  })

  it('holds in the example of the repository, whose values are the defaults', () => {
    const example = read(readFileSync(join(import.meta.dirname, '../reeve.example.yaml'), 'utf8'))
    const defaults = read(least)
    expect(told(example)).toEqual([''])
    if (example.status !== 'valid' || defaults.status !== 'valid') throw new Error('both are valid')
    const { resyncMs, history, listen, stateDir, timeouts, logLevel } = defaults.config
    expect(example.config).toMatchObject({ resyncMs, history, listen, stateDir, timeouts, logLevel })
    expect(example.config.repository).toMatchObject({ branch: 'main', path: '.', pollMs: 5000 })
  })

  it('can come from the environment alone', () => {
    const reading = read(undefined, {
      REEVE_FLEET: 'f',
      REEVE_REPOSITORY_URL: '/srv/x',
      REEVE_REPOSITORY_POLL_INTERVAL: '10s',
      REEVE_LISTEN_PORT: '1',
      REEVE_STATE_DIR: '/s',
      REEVE_CONFIG: '/etc/reeve.yaml',
      REEVE_MAIL_SMARTHOST_HOST: 'm',
      REEVE_MAIL_SMARTHOST_SECURE: 'true',
      REEVE_MAIL_FROM: 'a@b',
      REEVE_MAIL_TO: 'c@d, e@f',
    })
    expect(reading).toMatchObject({
      status: 'valid',
      diagnostics: [],
      config: {
        repository: { pollMs: 10_000 },
        listen: { port: 1 },
        stateDir: '/s',
        mail: { smarthost: { host: 'm', secure: true, port: 25 }, to: ['c@d', 'e@f'] },
      },
    })
  })

  it.each(oddConfigs)('warns of $name', ({ text, environment, says }) => {
    const reading = read(text, environment)
    expect(reading.status).toBe('valid')
    expect(told(reading)).toEqual(says)
  })
})

describe('a configuration that is wrong is told at its line, all of it at once', () => {
  it.each(badConfigs)('$name', ({ text, environment, says }) => {
    const reading = read(text, environment)
    expect(reading.status).toBe('invalid')
    expect(told(reading)).toEqual(says)
  })
})

import { describe, expect, it } from 'vitest'
import { createLog } from '../../controller/report/log.ts'
import { Secret } from '../../controller/shell/secret.ts'

function capture(level: 'debug' | 'info') {
  const lines: string[] = []
  return { lines, log: createLog({ level, destination: { write: (line: string) => void lines.push(line) } }) }
}

describe('the log', () => {
  it('writes JSON with time, level in words, and the keys it was given', () => {
    const { lines, log } = capture('info')
    log.with({ component: 'ssh', hypervisor: 'he1' }).info({ durationMs: 12 }, 'connected')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      component: 'ssh',
      hypervisor: 'he1',
      durationMs: 12,
      msg: 'connected',
    })
  })

  it('shows an error with its cause, and leaves out what is below its level', () => {
    const { lines, log } = capture('info')
    log.debug({}, 'unseen')
    log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/outer.*inner/)
  })

  it('shows no secret, wherever it stands', () => {
    const { lines, log } = capture('info')
    log.info(
      { password: 'hunter2', identity: { privateKey: 'hunter2' }, deep: { list: [new Secret('hunter2')] } },
      `word ${new Secret('hunter2')}`,
    )
    expect(lines.join('')).not.toContain('hunter2')
    expect(lines.join('').match(/«secret»/g)).toHaveLength(4)
  })
})

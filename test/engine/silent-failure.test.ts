import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { AnyPrimitive, Step } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'
import { depsOf, wantedOf } from './deps.ts'
import { note, notePrimitive } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

/** A note that is made by one good step, and this one. */
function making(step: Omit<Step, 'title'>): ReadonlyMap<string, AnyPrimitive> {
  const steps = (): readonly Step[] => [
    { title: 'begin well', run: sh`:` },
    { title: 'break /mnt/a', ...step },
  ]
  return new Map([['note', { ...notePrimitive, steps }]])
}

describe('a step whose commands fail and print nothing', () => {
  it.each<readonly [name: string, step: Omit<Step, 'title'>, message: string]>([
    ['in a test that does not hold', { run: sh`true; [ 1 = 2 ]; true` }, 'the run of step 2 of 2 ended with status 1'],
    ['in a command substitution', { run: sh`x=$(exit 7); true` }, 'the run of step 2 of 2 ended with status 7'],
    ['at the end of a list', { run: sh`true && cmp -s /etc/passwd /etc/group` }, 'the run of step 2 of 2 ended with status 1'],
    ['reading beyond an end', { run: sh`read -r line </dev/null` }, 'the run of step 2 of 2 ended with status 1'],
    ['in its guard', { guard: sh`exit 3`, run: sh`:` }, 'the guard of step 2 of 2 ended with status 3'],
    ['in its check', { run: sh`:`, check: sh`false` }, 'the check of step 2 of 2 ended with status 1'],
    ['by a signal', { run: sh`sh -c 'kill -s PIPE $$'` }, 'the run of step 2 of 2 ended with status 141 (signal 13)'],
    ['with its whole script', { run: sh`kill -s PIPE $$; sleep 1` }, 'its script was cut in step 2 of 2, with status 141 (signal 13)'],
  ])('%s is told with its number and status', async (_, step, message) => {
    const cycle = await reconcile(wantedOf([note('/mnt/a', 'x')]), depsOf(host, { primitives: making(step) }))
    expect(cycle.status).toBe('failed')
    expect(cycle.message).toContain(`note:/mnt/a: could not break /mnt/a: nothing was printed; ${message}`)
  })
})

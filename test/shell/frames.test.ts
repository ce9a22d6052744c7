import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { framesFunction, parseFrames } from '../../controller/shell/frames.ts'
import { joinScripts, type Script, sh } from '../../controller/shell/sh.ts'

/** Runs collectors in a real sh, as root of a mount namespace with a /run of its own. */
function collect(scripts: Readonly<Record<string, Script>>): ReturnType<typeof parseFrames> {
  const collectors = Object.entries(scripts).map(([name, script]) => ({ name, script }))
  const message = joinScripts([framesFunction('abc', collectors, 30), sh`reeve_frames_abc 0123456789abcdef`])
  const program = `mount -t tmpfs none /run && exec sh -s`
  const reply = execFileSync('unshare', ['-m', 'sh', '-c', program], { input: message.text, encoding: 'utf8', timeout: 15_000 })
  return parseFrames(reply, '0123456789abcdef')
}

describe('frames', () => {
  it('gives each collector its frame, also one that ends its shell, and waits for none that is over', () => {
    const frames = collect({
      good: sh`echo fine`,
      failing: sh`echo half; echo broken >&2; false`,
      leaving: sh`echo said; exit 3`,
      crashing: sh`set -u; echo before; echo "$reeve_nowhere"`,
    })
    expect(frames.get('good')).toMatchObject({ exitCode: 0, stdout: 'fine\n' })
    expect(frames.get('failing')).toMatchObject({ exitCode: 1, stdout: 'half\n' })
    expect(frames.get('failing.err')?.stdout).toBe('broken\n')
    expect(frames.get('leaving')).toMatchObject({ exitCode: 3, stdout: 'said\n' })
    expect(frames.get('crashing')).toMatchObject({ exitCode: 2, stdout: 'before\n' })
  })
})

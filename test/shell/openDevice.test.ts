import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isOpenVolume, letUdevFinish, refuseWhile } from '../../controller/shell/openDevice.ts'
import { joinScripts, sh } from '../../controller/shell/sh.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-open-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A shell in which the tools of a host are words of ours. */
function run(tools: string, script: { readonly text: string }) {
  const { status, stderr, stdout } = spawnSync('dash', ['-euc', `cd '${folder}'; sleep() { :; }\n${tools}\n${script.text}\necho on`], {
    encoding: 'utf8',
  })
  return { status, stderr, stdout }
}

describe('a guard that refuses what is open', () => {
  const guard = refuseWhile(sh`[ -e held ]`, 'vg/x is in use')

  test.each<[string, string]>([
    ['is open for nobody', 'udevadm() { echo asked >&2; }'],
    ['is open until udev is done with it', ': >held; udevadm() { rm held; }'],
    ['is open until after a second or two', ': >held; udevadm() { :; }; sleep() { rm -f held; }'],
    ['is open for a moment where there is no udev', ': >held; sleep() { rm -f held; }'],
  ])('lets go on what %s', (_, tools) => {
    expect(run(tools, guard)).toEqual({ status: 0, stderr: '', stdout: 'on\n' })
  })

  test('refuses what stays open, and says so', () => {
    expect(run(': >held; udevadm() { false; }', guard)).toEqual({ status: 1, stderr: 'vg/x is in use\n', stdout: '' })
  })
})

describe('a volume', () => {
  test.each<[string, string, boolean]>([
    ['open', "lvm() { echo '  open '; }", true],
    ['closed', "lvm() { echo '  '; }", false],
    ['inactive', "lvm() { echo '  unknown'; }", false],
    ['of which lvs cannot tell', 'lvm() { return 5; }', true],
  ])('that is %s', (_, tools, isOpen) => {
    expect(run(tools, joinScripts([sh`if ${isOpenVolume("vg/it's")}; then echo open; fi`])).stdout).toBe(isOpen ? 'open\non\n' : 'on\n')
  })

  test('is waited for even where udev gives up', () => {
    expect(run('udevadm() { return 1; }', letUdevFinish).status).toBe(0)
  })
})

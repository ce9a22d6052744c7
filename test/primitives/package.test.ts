import { expect, test } from 'vitest'
import { install } from '../../controller/primitives/package/steps.ts'
import { runWith } from '../machine/shell.ts'

// The apt-get of this machine with lists of its own, and no source.
const ownLists = `mount -t tmpfs none /etc/apt/sources.list.d; mount -t tmpfs none /var/lib/apt/lists; mkdir -p /var/lib/apt/lists/partial
: >/tmp/none && mount --bind /tmp/none /etc/apt/sources.list 2>/dev/null || :`

test('the lists of apt-get are waited for while somebody else fetches them', async () => {
  const hold = `python3 -c 'import fcntl, time
lists = open("/var/lib/apt/lists/lock", "w"); fcntl.lockf(lists, fcntl.LOCK_EX); print("held", flush=True); time.sleep(3)' >/tmp/held &
until [ -s /tmp/held ]; do sleep 0.1; done`
  const script = `set -eu\ncd /\nmount -t tmpfs none /tmp\n${ownLists}\n${hold}\n(${install('nobody-has-this').run.text}\n)`
  const { code, stderr } = await runWith(['unshare', '-m', '--propagation', 'private', 'dash', '-s'], script)
  expect(code).toBe(1)
  expect(stderr).toContain('no package source of this machine has nobody-has-this')
  expect(stderr).not.toContain('Could not get lock')
})

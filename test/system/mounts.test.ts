import { expect, test } from 'vitest'
import type { FileSpec } from '../../controller/primitives/file/spec.ts'
import { says, specsOf } from './place.ts'

const bad: readonly (readonly [name: string, mount: string, says: readonly string[]])[] = [
  ['of nothing', '{path: /srv/a}', ['mounts[0]: a mount has exactly one of device, nfs, bind, tmpfs; this one has none']],
  [
    'of two things',
    '{path: /srv/a, tmpfs: 1Mi, bind: /srv/b}',
    ['mounts[0]: a mount has exactly one of device, nfs, bind, tmpfs; this one has bind and tmpfs'],
  ],
  [
    'over what the machine needs',
    '{path: /etc/a, tmpfs: 1Mi}',
    ['mounts[0].path: /etc/a is no place to mount over: the machine needs what is there'],
  ],
  ['over all homes', '{path: /home, tmpfs: 1Mi}', ['mounts[0].path: /home is no place to mount over: the machine needs what is there']],
  ['at itself', '{path: /srv/a, bind: /srv/a}', ['mounts[0].bind: /srv/a would be shown at itself']],
  ['of memory with a type', '{path: /srv/a, tmpfs: 1Mi, type: ext4}', ['mounts[0].type: type belongs to a device; tmpfs has its own']],
  ['by a name that moves', '{path: /srv/a, device: /dev/sdb1}', ['mounts[0].device: /dev/sdb1 may be another disk after a reboot']],
  [
    'with an option that the unit says',
    '{path: /srv/a, tmpfs: 1Mi, options: [size=5m, nofail]}',
    [
      'mounts[0].options[0]: size=5m is not an option here: the fields of the mount say so, or the unit does',
      'mounts[0].options[1]: nofail is not an option here: the fields of the mount say so, or the unit does',
    ],
  ],
  [
    'with an option twice',
    '{path: /srv/a, tmpfs: 1Mi, options: [mode=0700, mode=0755]}',
    ['mounts[0].options[1]: mode is already at options[0]'],
  ],
  [
    'with options that exclude each other',
    '{path: /srv/a, tmpfs: 1Mi, options: [ro, rw]}',
    ['mounts[0].options[1]: ro and rw exclude each other'],
  ],
]

test.each(bad.map(([name, mount, expected]) => ({ name, mount, expected })))(
  'a mount $name is told with its place',
  ({ mount, expected }) => {
    expect(says(`{mounts: [${mount}]}`)).toEqual(expected)
  },
)

test('an export of a server waits for the network and its package, a device is told by its name, and what is in a mount waits for it', () => {
  const specs = specsOf(
    '{mounts: [{path: /srv/nfs, nfs: "nas.example.com:/export/a", options: [vers=4.2]}, {path: /srv/nfs/disk, device: UUID=0a1b-2c, type: vfat}], files: [{path: /srv/nfs/disk/note, content: x}]}',
  )
  const content = (path: string) => specs.find((spec): spec is FileSpec => spec.id === `file:${path}`)?.content
  expect(content('/etc/systemd/system/srv-nfs.mount')).toBe(`# Managed by Reeve, fleet testfleet, Hypervisor/he1
[Unit]
Description=Mount /srv/nfs
DefaultDependencies=no
Conflicts=umount.target
Before=umount.target
Wants=network-online.target
After=network-online.target remote-fs-pre.target

[Mount]
What=nas.example.com:/export/a
Where=/srv/nfs
Type=nfs

[Install]
WantedBy=multi-user.target
`)
  expect(content('/etc/systemd/system/srv-nfs.mount.d/options.conf')).toContain('\n[Mount]\nOptions=vers=4.2\n')
  expect(content('/etc/systemd/system/srv-nfs-disk.mount')).toContain('What=/dev/disk/by-uuid/0a1b-2c\nWhere=/srv/nfs/disk\nType=vfat\n')
  const needsOf = (id: string) => specs.find((spec) => spec.id === id)?.needs?.map((need) => need.id)
  expect(needsOf('service:srv-nfs.mount')).toEqual(['package:nfs-common'])
  expect(needsOf('service:srv-nfs-disk.mount')).toEqual(['service:srv-nfs.mount'])
  expect(needsOf('file:/srv/nfs/disk/note')).toEqual(['service:srv-nfs.mount', 'service:srv-nfs-disk.mount'])
})

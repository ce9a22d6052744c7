import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyring, makeMirror, mirror } from './debootstrap.ts'
import { box, converge, cycleOf, inside, root } from './engine.ts'
import { archivePath, init, type LxcHost, startLxcHost } from './host.ts'

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(() => host.close())

const idmap = ['u', 'g'].map((sort) => ({ key: 'lxc.idmap', value: `${sort} 0 100000 65536` }))
const script = `#!/bin/sh
set -eu
for argument; do case $argument in --path=*) path=\${argument#*=} ;; --rootfs=*) rootfs=\${argument#*=} ;; esac; done
tar -xpf ${archivePath} -C "$rootfs"
echo made >"$rootfs/root/made"
printf 'lxc.signal.halt = SIGPWR\\nlxc.net.0.type = none\\n' >>"$path/config"
`

describe('a root in a folder', { timeout: 60_000 }, () => {
  test('is filled from an archive, and the container runs from it with nothing left to do', async () => {
    expect(await converge(host, [box(host)])).toBe('noop')
    expect(await inside(host, 'hostname; cat /etc/hostname; stat -c "%a %u" /bin/su')).toBe('web\nweb\n4755 0\n')
    expect(await host.must(`ls -A /mnt/ct; grep rootfs /var/lib/lxc/${host.name}/config; stat -c %a /mnt/ct`)).toBe(
      `web\nlxc.rootfs.path = dir:${root}\n755\n`,
    )
  })

  test('of an unprivileged container belongs to its ids', async () => {
    await host.must(
      'chmod 711 /var/lib/lxc; grep -q "^root:100000:" /etc/subuid || for f in /etc/subuid /etc/subgid; do echo root:100000:65536 >>$f; done',
    )
    expect(await converge(host, [box(host, { idmap: { base: 100_000, size: 65_536 }, entries: idmap })])).toBe('noop')
    expect(await host.must(`stat -c "%u %a" ${root} ${root}/etc ${root}/bin/su`)).toBe('100000 755\n100000 755\n100000 4755\n')
    expect(await inside(host, 'stat -c %u /etc; hostname')).toBe('0\nweb\n')
  })

  test('is made by a template script, whose settings are kept', async () => {
    await host.must(`cat >/usr/share/lxc/templates/lxc-lab <<'EOT'\n${script}EOT\nchmod 755 /usr/share/lxc/templates/lxc-lab`)
    expect(await converge(host, [box(host, { template: { type: 'script', name: 'lab', args: [] } })])).toBe('noop')
    expect(await inside(host, 'cat /root/made')).toBe('made\n')
    expect(await host.must(`grep -cE 'halt|type = none' /var/lib/lxc/${host.name}/config`)).toBe('1\n')
  })

  test('is made by debootstrap from a signed repository, with what every container needs and what the manifest asks for', async () => {
    await makeMirror(host, init)
    const template = {
      type: 'debootstrap',
      release: 'lab',
      mirror,
      arch: 'amd64',
      components: ['main'],
      packages: ['extra-tool'],
      keyring,
    } as const
    expect(await converge(host, [box(host, { template })])).toBe('noop')
    expect(await inside(host, 'dpkg-query -W -f="\\${Package} " systemd-sysv ifupdown extra-tool; hostname')).toBe(
      'extra-tool ifupdown systemd-sysv web\n',
    )
    expect(await host.must(`find ${root} -name '*.deb' -o -name debootstrap.log; stat -c %s ${root}/etc/machine-id; ls /mnt/ct`)).toBe(
      '0\nweb\n',
    )
  })

  test('that debootstrap cannot make tells the end of its log, and is begun anew', async () => {
    await makeMirror(host, init)
    const template = { type: 'debootstrap', release: 'lab', mirror, components: [], packages: ['no-such-tool'], keyring } as const
    expect(await converge(host, [box(host, { template })])).toContain(`debootstrap could not make lab from ${mirror}; its log says:`)
    expect(await host.must(`cd /mnt/ct; ls -d web.*; lxc-ls`)).toBe('web.reeve.populate-pending\n')
    // What failed was begun once more at once: that one is told of first.
    const corrected = box(host, { template: { ...template, packages: [] } })
    await expect.poll(() => converge(host, [corrected])).toBe('noop')
    expect(await host.must('ls /mnt/ct')).toBe('web\n')
  })

  test('that is empty is taken for one that is not there', async () => {
    await host.must(`mkdir -p ${root}`)
    expect(await converge(host, [box(host)])).toBe('noop')
  })

  test.each([
    ['holds something of somebody', `mkdir -p ${root}; echo precious >${root}/data`, 'holds no root file system'],
    ['is a symbolic link', `mkdir -p /mnt/ct /mnt/other; ln -s /mnt/other ${root}`, 'is a symbolic link'],
  ])('that %s is left as it is', async (_name, before, says) => {
    await host.must(before)
    const found = await host.must('find /mnt/ct /mnt/other 2>/dev/null | sort')
    expect(await converge(host, [box(host)])).toContain(says)
    expect(await host.must('find /mnt/ct /mnt/other 2>/dev/null | sort; ls /var/lib/lxc')).toBe(found)
  })

  test('is taken as it stands without a template, and asked for where it is missing', async () => {
    const { template: _template, ...spec } = box(host)
    expect(await converge(host, [spec])).toContain(`${root} is not there; name a template to fill it from`)
    await host.must(`mkdir -p ${root}; tar -xpf ${archivePath} -C ${root}; echo mine >${root}/root/data`)
    expect(await converge(host, [spec])).toBe('noop')
    expect(await inside(host, 'cat /root/data')).toBe('mine\n')
  })

  test.each([root, 'own'])('stays when the container goes, and is found again by the same manifest: %s', async (place) => {
    const folder = place === 'own' ? `/var/lib/lxc/${host.name}/rootfs` : place
    const spec = box(host, { rootfs: { folder } }, { 'lxc.rootfs.path': `dir:${folder}` })
    expect(await converge(host, [spec])).toBe('noop')
    await inside(host, 'echo precious >/root/data')
    await cycleOf(host, [])
    expect(await host.must('lxc-ls; ls /var/lib/lxc; ls /var/lib/reeve/retired | sed s/-[^-]*$//')).toBe(`${host.name}\n`)
    expect(await converge(host, [spec])).toBe('noop')
    expect(await inside(host, 'cat /root/data')).toBe('precious\n')
  })

  test('made by LXC itself is taken over without a step', async () => {
    const folder = `/var/lib/lxc/${host.name}/rootfs`
    const spec = box(host, { rootfs: { folder } }, { 'lxc.rootfs.path': `dir:${folder}` })
    expect(await converge(host, [spec])).toBe('noop')
    await host.must(`sed -i '/^# /d' /var/lib/lxc/${host.name}/config; rm /var/lib/reeve/ledger`)
    const cycle = await cycleOf(host, [spec])
    expect(
      cycle.applied.flatMap(({ transaction }) => transaction.changes.flatMap(({ fields }) => fields.map(({ field }) => field))),
    ).toEqual(['mark'])
  })
})

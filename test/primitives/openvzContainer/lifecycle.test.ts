import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { same } from '../../../controller/model/change.ts'
import { live } from '../../../controller/primitives/openvzContainer/live.ts'
import { type OpenvzHost, startOpenvzHost, stateFolder } from '../../openvz/host.ts'
import { drive, entryOf } from './drive.ts'
import { interfacesFile, plpa } from './specs.ts'

let host: OpenvzHost
beforeEach(async () => {
  host = await startOpenvzHost()
  await host.must('cp /mnt/template.tar.gz /var/lib/vz/template/cache/debian-12.tar.gz')
})
afterEach(() => host.close())

const conf = '/etc/vz/conf/101.conf'
const area = '/var/lib/vz/private/101'
const all = [
  'configured',
  'locked',
  'making',
  'unpacked',
  'renamed',
  'postcreate',
  'saving',
  'saved',
  'applied',
  'starting',
  'mounted',
  'started',
]
const points = process.env['REEVE_TEST_LONG'] === '1' ? all : ['locked', 'unpacked', 'renamed', 'saving', 'mounted']

describe('a container that is made', () => {
  it('is what was asked for, with the sample’s own lines and our mark', async () => {
    const at = drive(host)
    expect(await at.apply(plpa())).toMatchObject({ status: 'done' })
    expect(await at.difference(plpa())).toEqual(same)
    expect((await host.read(conf))?.split('\n')).toEqual(
      [
        '# reeve fleet=prod owner=Container/plpa state=made template=debian-12',
        '# a comment of the sample',
        'ONBOOT="yes"',
        'KMEMSIZE="14372700:14790164"',
        'PRIVVMPAGES="256000"',
        'NUMOTHERSOCK="250"',
        'DISKSPACE="8388608:9437184"',
        'CPUUNITS="1000"',
        'ORIGIN_SAMPLE="basic"',
        ...['VE_ROOT="/var/lib/vz/root/$VEID"', 'VE_PRIVATE="/var/lib/vz/private/$VEID"', 'OSTEMPLATE="debian-12"'],
        ...['IP_ADDRESS="192.168.100.2"', 'HOSTNAME="plpa.example.com"', 'NAMESERVER="213.133.98.98 213.133.98.99"', 'NETIF=""'],
        '',
      ].map((line) => expect.stringMatching(line === '' ? /^$/ : new RegExp(`^${line.replaceAll(/[.*+?^$()[\]{}|\\]/g, '\\$&')}$`))),
    )
    expect(await host.read(`${area}/root/.ssh/authorized_keys`)).toBe('ssh-ed25519 AAAA me@home\n')
    expect(await host.must(`stat -c %a ${area}/root/.ssh/authorized_keys`)).toBe('600\n')
  })

  it.each(points)('and cut off by SIGKILL of vzctl (%s) is made whole by the next pass', async (point) => {
    const at = drive(host)
    await host.write(`${stateFolder}/kill-at`, point)
    const first = await at.apply(plpa())
    expect(first.status).toBe('failed')
    expect(await host.read(`${stateFolder}/kill-at`)).toBeUndefined()
    const second = await at.apply(plpa())
    expect(second).toMatchObject({ status: 'done' })
    expect(await at.difference(plpa())).toEqual(same)
    expect(await host.read(`${area}/etc/issue`)).toBe('debian\n')
  })

  it('and cut off with all of its scripts, at any step, is made whole by the next pass', async () => {
    const at = drive(host)
    const titles = (await at.stepsOf(plpa())).map(({ title }) => title)
    for (const [index] of titles.entries()) {
      for (const step of (await at.stepsOf(plpa())).slice(0, index + 1))
        await at.run(`mkdir -p /mnt/b; REEVE_BEFORE=/mnt/b; export REEVE_BEFORE\n(set -eu\n${step.run.text}\n) </dev/null`)
      expect(await at.apply(plpa())).toMatchObject({ status: 'done' })
      expect(await at.difference(plpa())).toEqual(same)
      await host.must(`vzctl stop 101 >/dev/null; vzctl destroy 101 >/dev/null; rm -rf /mnt/b`)
    }
    expect(titles.length).toBe(5)
  })

  it('from a template that does not start stays unfinished, and a corrected one takes its place', async () => {
    const at = drive(host)
    await host.must('mkdir /mnt/e; touch /mnt/e/empty; tar -C /mnt/e -cf /var/lib/vz/template/cache/broken.tar .')
    const broken = plpa({ creation: { ostemplate: 'broken', sample: 'basic' }, guestFiles: [] })
    expect(await at.apply(broken)).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining('Unable to start init, probably incorrect template'),
    })
    expect(await at.difference(broken)).toMatchObject({
      status: 'change',
      change: { fields: expect.arrayContaining([{ field: 'creation', before: 'cut off', after: 'finished' }]) },
    })
    expect(await at.apply(plpa())).toMatchObject({ status: 'done' })
    expect(await at.difference(plpa())).toEqual(same)
    expect(await host.must(`ls /var/lib/vz/private | sed 's/T[0-9]*Z/T/; s/-[0-9]*T/-T/'`)).toBe('101\n101.unstarted-T\n')
    expect(await at.difference(plpa({ creation: { ostemplate: 'other' } }))).toEqual({
      status: 'refused',
      reasons: ['spec.template is immutable for an existing container (changing it would rebuild and destroy its data)'],
    })
  })

  it('brings its archive into the cache, once its checksum is right, and never over another one', async () => {
    const at = drive(host)
    const sum = (await host.must('sha256sum </mnt/template.tar.gz')).slice(0, 64)
    const from = (sha256: string) =>
      plpa({ creation: { ostemplate: 'debian-11', archive: { path: '/mnt/template.tar.gz', sha256, ending: '.tar.gz' } } })
    const cached = '/var/lib/vz/template/cache/debian-11.tar.gz'
    expect(await at.apply(from('0'.repeat(64)))).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining(`has the SHA-256 ${sum} and not 000`),
    })
    expect(await host.must(`ls /var/lib/vz/template/cache; ls /etc/vz/conf`)).toBe('debian-12.tar.gz\nve-basic.conf-sample\n')
    expect(await at.apply(from(sum))).toMatchObject({ status: 'done' })
    expect((await host.must(`sha256sum <${cached}`)).slice(0, 64)).toBe(sum)
    await host.must(`vzctl stop 101 >/dev/null; vzctl destroy 101 >/dev/null; echo other >${cached}`)
    expect(await at.apply(from(sum))).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining('is another archive than the one'),
    })
    expect(await host.read(cached)).toBe('other\n')
  })

  it.each([
    ['a private area that nobody’s configuration names', `mkdir -p ${area}; echo x >${area}/f`, 'holds something already'],
    [
      'a sample that is not there',
      'rm /etc/vz/conf/ve-basic.conf-sample; touch /etc/vz/conf/ve-light.conf-sample',
      'there is no configuration sample',
    ],
    ['a template that is not there', 'rm /var/lib/vz/template/cache/*', 'the template debian-12 is not in /var/lib/vz/template/cache'],
    ['no vzctl', 'rm /usr/local/sbin/vz*', 'vzctl is not installed on this host'],
  ])('is not made over or without what matters: %s', async (_name, before, says) => {
    const at = drive(host)
    await host.must(before)
    const footprint = 'find /etc/vz/conf /var/lib/vz/private -type f 2>/dev/null | sort'
    const found = await host.must(footprint)
    expect(await at.apply(plpa())).toMatchObject({ stderr: expect.stringContaining(says) })
    expect(await host.must(footprint)).toBe(found)
  })
})

describe('a container that is there', () => {
  beforeEach(async () => {
    expect(await drive(host).apply(plpa({ interfaces: [], guestFiles: [interfacesFile('192.0.2.7/24')] }))).toMatchObject({
      status: 'done',
    })
  })
  const box = (settings = {}, change = {}) => plpa({ guestFiles: [interfacesFile('192.0.2.7/24')], ...change }, settings)

  it('takes limits, addresses and resolvers while it runs', async () => {
    const at = drive(host)
    const changed = box({
      PRIVVMPAGES: '300000:310000',
      IP_ADDRESS: '192.168.100.3 2001:db8::1',
      NAMESERVER: '192.0.2.53',
      NUMPROC: '240:240',
    })
    expect(await at.difference(changed)).toMatchObject({ status: 'change', change: { impact: 'none' } })
    expect(await at.apply(changed)).toMatchObject({ status: 'done' })
    expect(await at.difference(changed)).toEqual(same)
    expect(await host.must(`grep ' start \\| stop ' ${stateFolder}/log | wc -l; grep '^stop' ${stateFolder}/log || :`)).toBe('0\n')
    expect(await host.must(`grep privvmpages ${stateFolder}/user_beancounters | awk '{print $4, $5}'`)).toBe('300000 310000\n')
  })

  it('whose limits somebody changed without --save is seen in the kernel, and put right', async () => {
    const at = drive(host)
    await host.must('vzctl set 101 --privvmpages 1000 >/dev/null')
    expect(await at.difference(box())).toMatchObject({
      change: { fields: [{ field: 'PRIVVMPAGES', before: '1000:1000 (in force)', after: '256000:256000' }] },
    })
    expect(await at.apply(box())).toMatchObject({ status: 'done' })
    expect(await at.difference(box())).toEqual(same)
  })

  it('is restarted for what cannot be taken live, and its guest’s network file follows', async () => {
    const at = drive(host)
    const moved = box({ FEATURES: 'nfs:on' }, { guestFiles: [interfacesFile('192.0.2.8/24')] })
    expect(await at.difference(moved)).toMatchObject({ change: { impact: 'restart' } })
    expect(await at.apply(moved)).toMatchObject({ status: 'done' })
    expect(await at.difference(moved)).toEqual(same)
    expect(await host.read(`${area}/etc/network/interfaces`)).toBe(interfacesFile('192.0.2.8/24').content)
  })

  it('takes what it can while its restart is held back, and claims nothing of the rest', async () => {
    const at = drive(host)
    const wanted = box({ FEATURES: 'nfs:on', NUMPROC: '99:99', PHYSPAGES: '0:50' }, { guestFiles: [interfacesFile('192.0.2.8/24')] })
    const part = live(wanted, await at.known(wanted), undefined)
    if (part === undefined) throw new Error('nothing of it is live')
    expect(await at.difference(part)).toMatchObject({ change: { impact: 'none', fields: [{ field: 'NUMPROC' }] } })
    expect(await at.apply(part)).toMatchObject({ status: 'done' })
    expect(await at.difference(part)).toEqual(same)
    expect(await host.must(`grep -c '^stop' ${stateFolder}/log || :; grep -c FEATURES ${conf} || :`)).toBe('0\n0\n')
    expect(await host.read(`${area}/etc/network/interfaces`)).toBe(interfacesFile('192.0.2.7/24').content)
    const rest = await at.difference(wanted)
    expect(rest).toMatchObject({ change: { impact: 'restart' } })
    expect(rest.status === 'change' && rest.change.fields.map(({ field }) => field)).toEqual(['FEATURES', 'PHYSPAGES', 'guest files'])
    expect(await at.apply(wanted)).toMatchObject({ status: 'done' })
    expect(await at.difference(wanted)).toEqual(same)
    expect(live(wanted, await at.known(wanted), undefined)).toBeUndefined()
  })

  it('is restarted where physical memory would fall below what it uses', async () => {
    const at = drive(host)
    const less = box({ PHYSPAGES: '0:50' })
    expect(await at.difference(less)).toMatchObject({ change: { impact: 'restart' } })
    expect(await at.difference(box({ PHYSPAGES: '0:5000' }))).toMatchObject({ change: { impact: 'none' } })
  })

  it('that does not halt is killed, or the stop fails and it goes on, as the manifest says', async () => {
    const at = drive(host)
    await host.write(`${stateFolder}/stubborn`, '101')
    const patient = box({}, { state: 'stopped', stop: { timeoutSeconds: 1, force: false } })
    expect(await at.difference(patient)).toMatchObject({ change: { impact: 'outage' } })
    expect(await at.apply(patient)).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining('did not stop by itself within 1 s'),
    })
    expect(await host.must('vzctl status 101')).toBe('CTID 101 exist mounted running\n')
    expect(await at.apply(box({}, { state: 'stopped', stop: { timeoutSeconds: 1, force: true } }))).toMatchObject({ status: 'done' })
    expect(await host.must('vzctl status 101')).toBe('CTID 101 exist unmounted down\n')
  })

  it('waits for another vzctl that holds the lock', async () => {
    const at = drive(host)
    await host.must('sh -c "sleep 2" & echo $! >/var/lib/vz/lock/101.lck')
    expect(await at.apply(box({ NUMPROC: '99:99' }))).toMatchObject({ status: 'done' })
  })

  it('is retired with all of its data, and comes back with it', async () => {
    const at = drive(host)
    await host.must(`echo mine >${area}/root/data; sed -i 's/^CPUUNITS/# my line\\nCPUUNITS/' ${conf}`)
    expect(await at.retire(box())).toMatchObject({ status: 'done' })
    expect(
      await host.must(`vzlist -a -H -t -o ctid,status 2>/dev/null; cat ${area}/root/data; grep ONBOOT /var/lib/reeve/retired/openvz-101-*`),
    ).toBe('mine\nONBOOT="no"\n')
    expect(await host.must(`grep -c destroy ${stateFolder}/log || :`)).toBe('0\n')
    expect(await at.known(box())).toMatchObject({ status: 'absent' })
    await host.must('rm /var/lib/vz/template/cache/*')
    expect(await at.apply(box())).toMatchObject({ status: 'done' })
    expect(await at.apply(box())).toMatchObject({ status: 'done' })
    expect(await at.difference(box())).toEqual(same)
    expect(await host.must(`vzctl status 101; cat ${area}/root/data; grep -c 'my line' ${conf}`)).toBe(
      'CTID 101 exist mounted running\nmine\n1\n',
    )
  })

  it('writes nothing through a link that root inside made', async () => {
    const at = drive(host)
    await host.must(`mkdir /mnt/trap; rm -r ${area}/etc/network; ln -s /mnt/trap ${area}/etc/network`)
    const moved = box({}, { guestFiles: [interfacesFile('192.0.2.8/24')] })
    expect(await at.apply(moved)).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining('/etc/network inside is a symbolic link'),
    })
    expect(await host.must('ls -A /mnt/trap; vzctl status 101')).toBe('CTID 101 exist mounted running\n')
  })

  it('that was taken over gets its mark once the ledger knows it, and claims no template', async () => {
    const at = drive(host)
    await host.must(`sed -i '/^# reeve/d' ${conf}`)
    expect(await at.difference(box())).toEqual(same)
    expect(await at.apply(box(), entryOf(box()))).toMatchObject({ status: 'done' })
    expect((await host.read(conf))?.split('\n')[0]).toMatch(/^# reeve fleet=prod owner=Container\/plpa state=made guest=[0-9a-f]{12}$/)
    expect(await at.difference(box(), entryOf(box()))).toEqual(same)
  })

  it.each<[string, string, string]>([
    ['a parameter that stands twice', `echo ONBOOT=\\"no\\" >>${conf}`, 'ONBOOT stands in lines 3 and 17, with different values'],
    [
      'a private area that is gone',
      `vzctl stop 101 >/dev/null; mv ${area} /mnt/gone`,
      'the private area of container 101 is gone or empty',
    ],
    ['one that is suspended', 'vzctl chkpnt 101', 'container 101 is suspended to a file'],
    [
      'another private area',
      `sed -i 's,^VE_PRIVATE.*,VE_PRIVATE="/var/lib/vz/lv/101/ve",' ${conf}; mkdir -p /var/lib/vz/lv; cp -a ${area} /var/lib/vz/lv/101; mkdir /var/lib/vz/lv/101/ve; touch /var/lib/vz/lv/101/ve/x`,
      'which would leave its data behind',
    ],
  ])('is refused with its reason: %s', async (_name, before, says) => {
    const at = drive(host)
    await host.must(before)
    const found = await at.difference(box({}, { privateArea: area }))
    expect(found).toMatchObject({ status: 'refused', reasons: expect.arrayContaining([expect.stringContaining(says)]) })
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { complaints, fleetOf } from '../kinds/fleet.ts'
import { container, cycle, hostKey, says, saysInside, specsOf } from './place.ts'

const bad: readonly { readonly name: string; readonly system: string; readonly expected: readonly string[] }[] = [
  {
    name: 'a name that is none',
    system: '{hostname: a..b}',
    expected: ['hostname: a..b is no host name: labels of 1 to 63 letters, digits and -'],
  },
  {
    name: 'a name server by name',
    system: '{resolver: {nameservers: ["beef"]}}',
    expected: ['resolver.nameservers[0]: beef is not an IP address; a name server cannot be found by its name'],
  },
  {
    name: 'a domain that is none',
    system: '{resolver: {nameservers: [192.0.2.1], search: [a-.b]}}',
    expected: ['resolver.search[0]: a-.b is no domain: labels of 1 to 63 letters, digits and -'],
  },
  { name: 'a zone that there is not', system: '{timeZone: Europe/Atlantis}', expected: ['timeZone: "Europe/Atlantis" is not a time zone'] },
  {
    name: 'a zone in another spelling',
    system: '{timeZone: europe/berlin}',
    expected: ['timeZone: europe/berlin is written Europe/Berlin'],
  },
  { name: 'a locale without its characters', system: '{locale: de_DE@euro}', expected: ['locale: de_DE@euro names no character set'] },
  {
    name: 'a file that a field writes',
    system:
      '{hostname: a, timeZone: UTC, locale: C, resolver: {nameservers: [192.0.2.1]}, files: [{path: /etc/hostname, content: x}, {path: /etc/hosts, content: x}, {path: /etc/resolv.conf, content: x}, {path: /etc/timezone, content: x}, {path: /etc/localtime, content: x}, {path: /etc/default/locale, content: x}]}',
    expected: ['hostname', 'hostname', 'resolver', 'timeZone', 'timeZone', 'locale'].map(
      (field, index) =>
        `files[${index}].path: ${['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/etc/timezone', '/etc/localtime', '/etc/default/locale'][index]} is written by system.${field}`,
    ),
  },
  {
    name: 'a job twice',
    system: '{cron: [{name: a, schedule: "@daily", command: [a]}, {name: a, schedule: "@daily", command: [b]}]}',
    expected: ['cron[1]: a is already at cron[0]'],
  },
  {
    name: 'a minute past 59',
    system: '{cron: [{name: a, schedule: "60 * * * *", command: [a]}]}',
    expected: ['cron[0].schedule: 60 is no minute of a crontab'],
  },
  {
    name: 'an hour that goes backwards',
    system: '{cron: [{name: a, schedule: "0 5-3 * * *", command: [a]}]}',
    expected: ['cron[0].schedule: 5-3 is no hour of a crontab'],
  },
  {
    name: 'a day nought',
    system: '{cron: [{name: a, schedule: "0 0 0 * *", command: [a]}]}',
    expected: ['cron[0].schedule: 0 is no day of a crontab'],
  },
  {
    name: 'a month of another language',
    system: '{cron: [{name: a, schedule: "0 0 1 mai *", command: [a]}]}',
    expected: ['cron[0].schedule: mai is no month of a crontab'],
  },
  {
    name: 'a weekday with a step of nought',
    system: '{cron: [{name: a, schedule: "0 0 * * 1-5/0", command: [a]}]}',
    expected: ['cron[0].schedule: 1-5/0 is no weekday of a crontab'],
  },
  {
    name: 'four fields',
    system: '{cron: [{name: a, schedule: "0 0 * *", command: [a]}]}',
    expected: ['cron[0].schedule: "0 0 * *" has 4 fields, not five with single blanks between them'],
  },
  {
    name: 'a command that cron would cut',
    system: `{cron: [{name: a, schedule: "@daily", command: [${Array.from({ length: 3 }, () => 'a'.repeat(400)).join()}]}]}`,
    expected: ['cron[0].command: this command is 1202 bytes long, and cron takes 990'],
  },
]
test.each(bad)('$name is refused with its place and reason', ({ system, expected }) => expect(says(system)).toEqual(expected))

test.each(['*/5 * * * *', '0 0 1,15 jan-mar,12 mon-fri', '0-30/10 0 * * 7', '@reboot'])('%j is a schedule', (schedule) =>
  expect(says(`{cron: [{name: a, schedule: "${schedule}", command: [a]}]}`)).toEqual([]),
)

test('the resolver of a container is given in one place', () => {
  const fleet = fleetOf(
    container('{resolver: {nameservers: [192.0.2.1]}}').replace(
      '  hypervisor: he1\n',
      '  hypervisor: he1\n  dns: {nameservers: [192.0.2.1]}\n',
    ),
  )
  expect(complaints(fleet, 'Container')).toEqual(['spec.dns: dns and system.resolver both write /etc/resolv.conf'])
  expect(saysInside('{sysctl: {kernel.panic: "1", net.ipv4.ip_forward: "1"}}')).toEqual([
    'sysctl["kernel.panic"]: kernel.panic is the kernel\'s, which all containers share',
  ])
})

test.each(['hostname: a', 'bridges: []', 'timeSync: {}', 'modules: []'])('a container has no %s of its own', (field) => {
  expect(() => fleetOf(container(`{${field}}`))).toThrow(/additional properties/)
})

test('the example of the readme is taken', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../controller/kinds/hypervisor/readme.md'), 'utf8')
  const example = readme.split('## system')[1]?.split('```yaml\n')[1]?.split('```')[0] ?? ''
  const system = example
    .replaceAll(/ssh-ed25519 AAAA… (\w+)/g, `${hostKey} $1`)
    .replace('$y$j9T$…', `$6$saltsalt$${'a'.repeat(86)}`)
    .replace('system:', '')
  expect(says(`\n${system.replaceAll(/^/gm, '  ')}`, '', container('{users: [{name: joe}]}'))).toEqual([])
})

describe('on a real system', () => {
  let host: ShellHost
  beforeEach(async () => {
    host = await startShellHost({ overlays: ['/etc'], ownNetwork: true, ownNames: true })
  })
  afterEach(() => host.close())
  const run = async (script: string): Promise<string> => (await host.run(script)).stdout.trim()
  const look =
    'hostname; cat /etc/hostname; date +%Z; cat /etc/timezone; readlink /etc/localtime; getent hosts he9; cat /etc/default/locale /etc/resolv.conf; sha256sum /etc/hosts; ls /etc/sysctl.d'

  it('a machine has its name, zone, resolver and locale, and all of it is as it was when they leave the manifest', async () => {
    await run(
      'rm -f /etc/resolv.conf; echo "nameserver 192.0.2.9" >/etc/resolv.conf; rm -f /etc/localtime; ln -s /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo LANG=C >/etc/default/locale',
    )
    const before = await run(look)
    const specs = specsOf(
      '{hostname: he9.example.com, timeZone: Asia/Tokyo, locale: C.UTF-8, resolver: {nameservers: [192.0.2.1, "2001:db8::1"], search: [example.com]}}',
    ).filter(({ type }) => type !== 'package')
    expect(await cycle(host, specs)).toBe('converged')
    expect(await cycle(host, specs)).toBe('noop')
    expect(await run(look)).toMatch(
      /^he9\.example\.com\nhe9\.example\.com\nJST\nAsia\/Tokyo\n\/usr\/share\/zoneinfo\/Asia\/Tokyo\n127\.0\.1\.1 +he9\.example\.com he9\nLANG=C\.UTF-8\n# Managed by Reeve, fleet testfleet, Hypervisor\/he1\nsearch example\.com\nnameserver 192\.0\.2\.1\nnameserver 2001:db8::1\n/,
    )
    // Not all at once: that would be held back as a mass delete.
    for (const left of [specs.slice(0, 4), []]) expect(await cycle(host, left)).toBe('converged')
    expect(await run(look)).toBe(before)
  })

  it('a resolver that belongs to another program is refused', async () => {
    await run('rm -f /etc/resolv.conf; ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf')
    expect(await cycle(host, specsOf('{resolver: {nameservers: [192.0.2.1]}}'))).toContain(
      '/etc/resolv.conf is a symbolic link, not a regular file; it is neither followed nor replaced',
    )
  })

  it('each word of a job reaches its command as it stands in the manifest', async () => {
    const words = ['printf', '[%s]', "it's", '50%', '$(id)', '`id`', 'a  b', '"', '\\', '*', '#']
    const [, , job] = specsOf(
      `{cron: [{name: say, schedule: "5 4 * * sun", user: nobody, mailTo: ann@example.com, command: ${JSON.stringify(words)}}]}`,
    )
    expect(job && (await cycle(host, [job]))).toBe('converged')
    expect(await run("grep -v '^#' /etc/cron.d/reeve-say | head -n 3; stat -c '%a %U' /etc/cron.d/reeve-say")).toBe(
      'SHELL=/bin/sh\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nMAILTO=ann@example.com\n644 root',
    )
    // What cron(8) does with a line: the time is cut off, then the account, and each escaped per cent sign is one.
    expect(await run(`line=$(sed -n 's/^5 4 \\* \\* sun nobody //p' /etc/cron.d/reeve-say | sed 's/\\\\%/%/g'); sh -c "$line"`)).toBe(
      words
        .slice(2)
        .map((word) => `[${word}]`)
        .join(''),
    )
  })

  it('what apt would read of automatic updates is what is written, and what it cannot read never goes live', async () => {
    const written = specsOf('{autoUpdate: Security}').filter(({ type }) => type === 'file')
    expect(await cycle(host, written)).toBe('converged')
    expect(await run('apt-config dump | grep -E "Origins|Automatic-Reboot |Periodic::Unattended"')).toBe(
      'APT::Periodic::Unattended-Upgrade "1";\nUnattended-Upgrade::Origins-Pattern "";\nUnattended-Upgrade::Origins-Pattern:: "origin=${distro_id},codename=${distro_codename}-security";\nUnattended-Upgrade::Origins-Pattern:: "origin=${distro_id},archive=${distro_codename}-security";\nUnattended-Upgrade::Origins-Pattern:: "origin=${distro_id},codename=${distro_codename},label=${distro_id}-Security";\nUnattended-Upgrade::Automatic-Reboot "false";',
    )
    const broken = written.map((spec) => ({ ...spec, content: 'APT::X "1"' }))
    expect(await cycle(host, broken)).toMatch(/check \/etc\/apt\/apt\.conf\.d\/99reeve-auto-update by apt-config/)
    expect(await run('grep -c Origins /etc/apt/apt.conf.d/99reeve-auto-update')).toBe('3')
  })
})

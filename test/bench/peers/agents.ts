import { execOverSsh, type SshTarget } from '../../lab/ssh-client.ts'
import { plainSsh } from '../measure.ts'
import { counts, dayFiles, numbers, packages, services, zoneName } from './day.ts'
import type { Peer } from './peer.ts'

const source = '/var/lib/peer/files'
const maps = ['relay_domains', 'relay_recipients', 'transport', 'virtual'].map((name) => `/etc/postfix/${name}`)
const daemons = [...services, 'nginx', 'postfix', 'named']
const wantedPackages = [...packages, 'nginx-light', 'postfix', 'bind9', 'nftables']

/** What follows when a file of the group moved. */
const groups: readonly { readonly name: string; readonly paths: readonly string[]; readonly command: string }[] = grouped()

function grouped() {
  const files = Object.keys(dayFiles(''))
  const under = (folder: string) => files.filter((path) => path.startsWith(folder))
  const checkZones = numbers(counts.zones).map((number) => `named-checkzone -q ${zoneName(number)} /etc/bind/db.${zoneName(number)}`)
  return [
    { name: 'plain', paths: under('/etc/bench/'), command: '/bin/true' },
    { name: 'settings', paths: under('/etc/sysctl.d/'), command: 'sysctl -p /etc/sysctl.d/50-bench.conf' },
    { name: 'firewall', paths: ['/etc/nftables.conf'], command: 'nft -f /etc/nftables.conf' },
    { name: 'nginx', paths: under('/etc/nginx/'), command: 'nginx -t && systemctl reload nginx' },
    { name: 'mail', paths: under('/etc/postfix/'), command: `${maps.map((map) => `postmap ${map}`).join(' && ')} && postfix reload` },
    { name: 'names', paths: under('/etc/bind/'), command: [...checkZones, 'rndc reload'].join(' && ') },
  ]
}

/** The host's own copy of what is wanted, as an agent's server would have brought it; that way is not timed. */
async function deliver(host: SshTarget, answer: string): Promise<void> {
  const writes = Object.entries(dayFiles(answer)).map(([path, text]) => {
    const at = `${source}${path}`
    return `mkdir -p '${at.slice(0, at.lastIndexOf('/'))}'; cat >'${at}' <<'END'\n${text}END`
  })
  await plainSsh(host, `set -e\n${writes.join('\n')}`)
}

/** Of a Debian package on the host. */
async function versionOf(host: SshTarget, name: string): Promise<string> {
  const { code, stdout, stderr } = await execOverSsh(host, `dpkg-query -W -f '\${Version}' ${name}`)
  if (code !== 0) throw new Error(`${name} is not on ${host.name}: ${stderr}`)
  return stdout.trim()
}

/** cf-agent(8) on the host, its policy in one file of its own. */
export async function createCfengine(host: SshTarget): Promise<Peer> {
  await plainSsh(
    host,
    `set -e\nmkdir -p /var/lib/peer\ncat >/var/lib/peer/promises.cf <<'END'\n${policy()}END\nchmod 0600 /var/lib/peer/promises.cf`,
  )
  const run = () => plainSsh(host, 'cf-agent -K -f /var/lib/peer/promises.cf </dev/null')
  return { name: `CFEngine (${await versionOf(host, 'cfengine3')})`, want: (answer) => deliver(host, answer), run }
}

function policy(): string {
  const filesOf = ({ name, paths }: (typeof groups)[number]) =>
    paths
      .map((path) => `    "${path}" create => "true", perms => plain, copy_from => same("${source}${path}"), classes => moved("${name}");`)
      .join('\n')
  return `body common control { bundlesequence => { "day" }; }
body perms plain { mode => "0644"; owners => { "root" }; groups => { "root" }; }
body copy_from same(from) { source => "$(from)"; compare => "digest"; }
body classes moved(name) { promise_repaired => { "moved_$(name)" }; }
body contain shell { useshell => "useshell"; }
bundle agent day {
  vars:
    "packages" slist => { ${wantedPackages.map((name) => `"${name}"`).join(', ')} };
    "daemons" slist => { ${daemons.map((name) => `"${name}"`).join(', ')} };
    "state" string => execresult("/usr/bin/systemctl is-active ${daemons.join(' ')} 2>&1 || true", "useshell");
    "status" string => execresult("/usr/bin/dpkg-query -W -f '\${Status}\\\\n' ${wantedPackages.join(' ')} 2>&1 | /usr/bin/grep -c '^install ok' || true", "useshell");
  classes:
    "stopped" expression => regcmp("(?s).*(inactive|failed|activating).*", "$(state)");
    "missing" not => strcmp("$(status)", "${wantedPackages.length}");
  files:
    "/etc/bench/." create => "true";
${groups.map(filesOf).join('\n')}
  commands:
    missing::
      "/usr/bin/apt-get -y install ${wantedPackages.join(' ')}" contain => shell;
    stopped::
      "/usr/bin/systemctl enable --now ${daemons.join(' ')}" contain => shell;
${groups
  .map(
    ({ name, command }) =>
      `    moved_${name}::\n      "${command
        .replaceAll(/(^|&& )(nft|nginx|sysctl|postmap|postfix)/g, '$1/usr/sbin/$2')
        .replaceAll(/(^|&& )(systemctl|named-checkzone)/g, '$1/usr/bin/$2')
        .replaceAll(/(^|&& )rndc/g, '$1/usr/sbin/rndc')}" contain => shell;`,
  )
  .join('\n')}
}
`
}

/** `puppet apply` on the host, without a server. */
export async function createPuppet(host: SshTarget): Promise<Peer> {
  await plainSsh(host, `set -e\nmkdir -p /var/lib/peer\ncat >/var/lib/peer/site.pp <<'END'\n${site()}END`)
  // Its exit statuses tell changes too: 2 is success (puppet-apply(8)).
  const run = () => plainSsh(host, 'puppet apply --detailed-exitcodes /var/lib/peer/site.pp </dev/null >/dev/null || [ $? -eq 2 ]')
  return { name: `Puppet apply (${await versionOf(host, 'puppet-agent')})`, want: (answer) => deliver(host, answer), run }
}

function site(): string {
  const filesOf = ({ name, paths }: (typeof groups)[number]) =>
    paths
      .map((path) => `file { '${path}': ensure => file, mode => '0644', source => '${source}${path}', notify => Exec['${name}'] }`)
      .join('\n')
  return `package { [${wantedPackages.map((name) => `'${name}'`).join(', ')}]: ensure => installed }
file { '/etc/bench': ensure => directory }
${groups.map(filesOf).join('\n')}
${groups.map(({ name, command }) => `exec { '${name}': command => "/bin/sh -c '${command}'", refreshonly => true, path => '/usr/sbin:/usr/bin:/sbin:/bin' }`).join('\n')}
service { [${daemons.map((name) => `'${name}'`).join(', ')}]: ensure => running, enable => true }
`
}

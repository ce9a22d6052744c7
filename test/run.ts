import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { runLong } from './long.ts'

/** `npm test`: installs what the tests need from Debian's packages, then runs every test; its last line counts them. With --long: see long.ts. */
const root = join(import.meta.dirname, '..')

/** Program → Debian package. */
const needed: Readonly<Record<string, string>> = {
  git: 'git',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  nft: 'nftables',
  nginx: 'nginx-light',
  apache2: 'apache2',
  varnishd: 'varnish',
  'php-fpm8.2': 'php-fpm',
  openssl: 'openssl',
  ip: 'iproute2',
  sudo: 'sudo',
  shellcheck: 'shellcheck',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  flock: 'util-linux',
  setpriv: 'util-linux',
  zstd: 'zstd',
  age: 'age',
  'systemd-nspawn': 'systemd-container',
  init: 'systemd-sysv',
  'lxc-attach': 'lxc',
  'dbus-daemon': 'dbus',
  'lxc-start': 'lxc',
  newuidmap: 'uidmap',
  debootstrap: 'debootstrap',
  gpg: 'gpg',
  'gpg-agent': 'gpg-agent',
  curl: 'curl',
  smartd: 'smartmontools',
  named: 'bind9',
  'named-checkzone': 'bind9-utils',
  dig: 'bind9-dnsutils',
  ping: 'iputils-ping',
  postfix: 'postfix',
  mail: 'bsd-mailx',
  msmtp: 'msmtp',
  cron: 'cron',
  saslpasswd2: 'sasl2-bin',
  rsyslogd: 'rsyslog',
  logrotate: 'logrotate',
  chromium: 'chromium',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
}
/** Of the long run alone. */
const neededLong: Readonly<Record<string, string>> = { buildah: 'buildah' }
/** Without a program of their own. */
const modules = ['rsyslog-gnutls', 'rsyslog-relp', 'libsasl2-modules']

function isMissing(program: string): boolean {
  return !['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) =>
    existsSync(join(folder, program)),
  )
}

function install(packages: readonly string[]): void {
  if (packages.length === 0) return
  if (process.getuid?.() !== 0) fail(`these Debian packages are missing and only root can install them: ${packages.join(' ')}`)
  console.log(`installing for the tests: ${packages.join(' ')}`)
  // Daemons of these packages must not start on the developer's machine: policy-rc.d (invoke-rc.d(8)) is not ours to write, so units are left to systemd, which a container does not run.
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env: environment })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
  })
}

function fail(message: string): never {
  console.error(`npm test: ${message}`)
  process.exit(2)
}

interface Counts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly FileResult[]
}

/** Of the runner's JSON report, as Jest names it. */
interface FileResult {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages: readonly string[] }[]
}

type Hosts = 'emulated' | 'native'

/** Tests on this machine's own tools, or on hosts of one sort. */
async function vitest(filters: readonly string[], hosts?: Hosts): Promise<Counts> {
  const report = join(root, 'node_modules', `.test-report-${hosts ?? 'own'}.json`)
  rmSync(report, { force: true })
  const words = ['--config', hosts === undefined ? 'vitest.config.ts' : 'vitest.lab.config.ts']
  const reporters = [`--reporter=${hosts === undefined ? 'default' : 'verbose'}`, '--reporter=json', `--outputFile.json=${report}`]
  const status = await run([join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...words, ...reporters, ...filters], hosts)
  if (!existsSync(report)) fail(`the test runner ended with status ${status} and no report`)
  const counts = JSON.parse(readFileSync(report, 'utf8')) as Counts
  // A file that could not even be loaded, or an error outside any test, is a failure that no test stands for.
  return status !== 0 && counts.numFailedTests === 0 ? { ...counts, numFailedTests: 1 } : counts
}

/** Which tests failed, each with the first line of why: three suites run beside each other, and whoever reads the end of what they print must see all. */
function failuresOf({ testResults }: Counts): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults.filter((one) => one.status === 'failed')
    if (status === 'failed' && failed.length === 0) return [`${file}: ${firstLine(message)}`]
    return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages.at(-1) ?? '')}`)
  })
}

function firstLine(text: string): string {
  return stripVTControlCharacters(text).split('\n', 1)[0] ?? ''
}

function run(words: readonly string[], hosts: Hosts | undefined): Promise<number> {
  const environment = { ...process.env, ...(hosts === undefined ? {} : { REEVE_TEST_HOSTS: hosts }) }
  const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit', env: environment })
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
}

const programs = Object.entries({ ...needed, ...(process.argv.includes('--long') ? neededLong : {}) }).flatMap(([program, name]) =>
  isMissing(program) ? [name] : [],
)
// dpkg(1) keeps the list of an installed package's files.
const lists = readdirSync('/var/lib/dpkg/info')
const others = modules.filter((name) => !lists.some((list) => list.replace(/(:[a-z0-9]+)?\.list$/, '') === name))
install([...new Set([...programs, ...others])])
const check = spawnSync(process.execPath, [join(root, 'test/check.ts')], { cwd: root, stdio: 'inherit' })
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
if (process.argv.includes('--long')) {
  const areGood = await runLong(filters)
  process.exit(areGood && check.status === 0 ? 0 : 1)
}
// An emulated machine takes one core, and its tests mostly wait for it: all others run beside it, one after the other.
const emulated = vitest(filters, 'emulated')
const runs = [await vitest(filters), await vitest(filters, 'native'), await emulated]
const sum = (pick: (counts: Counts) => number): number => runs.map(pick).reduce((total, count) => total + count, 0)
const passed = sum((counts) => counts.numPassedTests)
const failed = sum((counts) => counts.numFailedTests) + (check.status === 0 ? 0 : 1)
const skipped = sum((counts) => counts.numPendingTests + counts.numTodoTests)
for (const failure of runs.flatMap(failuresOf)) console.log(`failed: ${failure}`)
if (check.status !== 0) console.log('failed: npm run check')
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed + skipped > 0 || passed === 0 ? 1 : 0

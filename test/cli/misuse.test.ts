import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { historySorts } from '../../controller/model/history.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'reeve-misuse-'))

const configs: Readonly<Record<string, string>> = {
  ok: 'fleet: f\nrepository: {url: FOLDER/repo}\nstateDir: FOLDER/state\n',
  bad: 'fleet: F F\nlisen: 1\nrepository: {url: 7}\nresync: soon\n',
  'no-repo': 'fleet: f\nrepository: {url: FOLDER/none}\nstateDir: FOLDER/state2\n',
  'no-folder': 'fleet: f\nrepository: {url: FOLDER/repo, path: nowhere}\nstateDir: FOLDER/state3\n',
  'state-below-proc': 'fleet: f\nrepository: {url: FOLDER/repo}\nstateDir: /proc/nope\n',
  'state-below-file': 'fleet: f\nrepository: {url: FOLDER/repo}\nstateDir: FOLDER/ok.yaml/x\n',
  'no-key': 'fleet: f\nrepository: {url: FOLDER/repo}\nstateDir: FOLDER/state4\nidentities: {default: {privateKeyFile: /nonexistent}}\n',
}

beforeAll(() => {
  for (const [name, text] of Object.entries(configs)) writeFileSync(join(folder, `${name}.yaml`), text.replaceAll('FOLDER', folder))
  writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0x66, 0x6c, 0xff, 0xfe]))
  const repository = join(folder, 'repo')
  mkdirSync(repository)
  cpSync(join(root, 'manifests-example/he2'), repository, { recursive: true })
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { stdio: 'ignore' })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-qm', 'x')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function reeve(words: readonly string[]): Promise<{ readonly code: number | string | null | undefined; readonly text: string }> {
  const environment = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' }
  const argv = [join(root, 'bin/reeve'), ...words.map((word) => word.replaceAll('FOLDER', folder))]
  return new Promise((resolve) => {
    execFile('sh', argv, { env: environment, cwd: folder, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, text: `${stdout}${stderr}`.replaceAll(folder, 'FOLDER').trimEnd() })
    })
  })
}

const config = (name: string): readonly string[] => ['--config', `FOLDER/${name}.yaml`]
const noController =
  "reeve: no Reeve answers on FOLDER/state/reeve.sock: connect ENOENT FOLDER/state/reeve.sock; is 'reeve run' running here, and are you its user?"

const cases: readonly {
  readonly name: string
  readonly words: readonly string[]
  readonly says: string | RegExp
  readonly code?: number
}[] = [
  { name: 'no such command', words: ['aply'], says: /^error: unknown command 'aply'\n\(Did you mean apply\?\)/ },
  {
    name: 'no configuration',
    words: ['plan'],
    says: 'reeve: there is no reeve.yaml or /etc/reeve/reeve.yaml; name one with --config, or copy reeve.example.yaml',
  },
  {
    name: 'a configuration that is not there',
    words: ['plan', ...config('none')],
    says: 'reeve: the configuration FOLDER/none.yaml cannot be read: there is no such file or folder',
  },
  {
    name: 'a folder as configuration',
    words: ['run', '--config', 'FOLDER'],
    says: 'reeve: the configuration FOLDER cannot be read: it is a folder',
  },
  {
    name: 'a configuration with many errors',
    words: ['plan', ...config('bad')],
    says: [
      'FOLDER/bad.yaml:1:8: error: fleet: "F F" is not allowed here; the fleet\'s name: 1 to 63 characters of a-z, 0-9 and -',
      'FOLDER/bad.yaml:2:1: error: lisen: unknown field "lisen"; did you mean "listen"?',
      'FOLDER/bad.yaml:3:19: error: repository.url: must be text, not 7; write it in quotes: "7"',
      'FOLDER/bad.yaml:4:9: error: resync: "soon" is not a duration; write for example 30s, 5m, 2h or 7d',
      'reeve: FOLDER/bad.yaml is not usable as configuration',
    ].join('\n'),
  },
  {
    name: 'a configuration of bytes',
    words: ['apply', ...config('binary')],
    says: 'FOLDER/binary.yaml:1:3: error: the file is not UTF-8; save the file as UTF-8\nreeve: FOLDER/binary.yaml is not usable as configuration',
  },
  { name: 'a format that plan has not', words: ['plan', ...config('ok'), '-o', 'xml'], says: 'reeve: -o xml: write text or json' },
  { name: 'a format that status has not', words: ['status', ...config('ok'), '-o', 'yaml'], says: 'reeve: -o yaml: write text or json' },
  {
    name: 'a first repository of no machine',
    words: ['init', 'new', '--key', 'FOLDER/ok.yaml'],
    says: 'reeve: which machine? write --hypervisor USER@ADDRESS',
  },
  {
    name: 'a first repository without a key',
    words: ['init', 'new', '--hypervisor', '192.0.2.1', '--key', 'FOLDER/none'],
    says: 'reeve: FOLDER/none is not there: make a key with ssh-keygen -t ed25519, let its public half in on the machine (or by reeve bootstrap), and name it with --key',
  },
  {
    name: 'a history since no time',
    words: ['history', '--since', 'monday', ...config('ok')],
    says: 'reeve: --since monday: write how long ago, such as 2h or 3d, or a time such as 2026-12-24T06:00:00Z',
  },
  {
    name: 'a history of a commit that is none',
    words: ['history', '--commit', 'HEAD', ...config('ok')],
    says: 'reeve: --commit HEAD: write 6 or more digits of its hash',
  },
  {
    name: 'a suspension of nothing',
    words: ['suspend', '--for', '1h', '--reason', 'x', ...config('ok')],
    says: 'reeve: suspend what? write a hypervisor, a manifest as Kind/name, or --all',
  },
  {
    name: 'a suspension without an end',
    words: ['suspend', 'he1', '--reason', 'x', ...config('ok')],
    says: 'reeve: for how long? write --for 2h or --until 2026-12-24T06:00:00Z; for good, write spec.suspend into the manifest',
  },
  {
    name: 'a suspension until a time of no zone',
    words: ['suspend', 'he1', '--reason', 'x', '--until', '2026-12-24', ...config('ok')],
    says: 'reeve: --until 2026-12-24: write a time with its zone, such as 2026-12-24T06:00:00Z or 2026-12-24T07:00+01:00',
  },
  {
    name: 'a suspension for a year',
    words: ['suspend', '--all', '--reason', 'x', '--for', '52w', ...config('ok')],
    says: 'reeve: a suspension lasts 1 minute to 90 days; for longer, write spec.suspend into the manifest',
  },
  {
    name: 'a suspension, and no controller',
    words: ['suspend', '--all', '--reason', 'x', '--for', '1h', ...config('ok')],
    says: noController,
  },
  {
    name: 'a token, and no file for it',
    words: ['token', 'create', 'ci', ...config('ok')],
    says: 'reeve: reeve.yaml names no file of tokens: write api: {tokensFile: /etc/reeve/tokens}, or --file FILE',
  },
  {
    name: 'a token in a file that holds other things',
    words: ['token', 'list', '--file', 'FOLDER/ok.yaml'],
    says: /^reeve: FOLDER\/ok\.yaml:1: is not NAME sha256:HASH TIME \(or never\); reeve token create writes such lines\n/,
  },
  {
    name: 'a history of a sort that there is not',
    words: ['history', '--sort', 'drfit'],
    says: `reeve: --sort drfit: write one of ${historySorts.join(', ')}`,
  },
  { name: 'a history of all', words: ['history', '--limit', 'all'], says: 'reeve: --limit all: write a number from 1 to 1000' },
  {
    name: 'a silence of nothing',
    words: ['silence', '--reason', 'x'],
    says: 'reeve: silence what? write --condition, --hypervisor or --manifest, or several of them',
  },
  {
    name: 'a silence of what is no condition',
    words: ['silence', '--condition', 'DriftFond', '--reason', 'x'],
    says: 'reeve: --condition DriftFond: did you mean "DriftFound"?',
  },
  {
    name: 'a silence without a reason',
    words: ['silence', '--hypervisor', 'he1'],
    says: 'reeve: a silence needs --reason TEXT: whoever wonders why no mail came finds it in reeve status',
  },
  {
    name: 'a silence for a time that is none',
    words: ['silence', '--hypervisor', 'he1', '--reason', 'x', '--for', 'ever'],
    says: 'reeve: --for ever: "ever" is not a duration; write for example 30s, 5m, 2h or 7d',
  },
  {
    name: 'a silence where no controller runs',
    words: ['silence', '--hypervisor', 'he1', '--reason', 'x', ...config('ok')],
    says: noController,
  },
  { name: 'a format that validate has not', words: ['validate', '-o', 'xml'], says: 'reeve: -o xml: write one of text, json, github' },
  {
    name: 'a folder that is not there',
    words: ['validate', 'FOLDER/none'],
    says: 'reeve: FOLDER/none cannot be read: there is no such file or folder',
  },
  {
    name: 'a file as folder',
    words: ['render', 'FOLDER/ok.yaml'],
    says: 'reeve: FOLDER/ok.yaml is a file; name the folder that holds the manifests',
  },
  {
    name: 'a target that nothing is wanted on',
    words: ['render', 'FOLDER/repo', '--target', 'he9'],
    says: 'reeve: nothing is wanted on he9',
    code: 1,
  },
  {
    name: 'a ref that is not there',
    words: ['plan', ...config('ok'), '--ref', 'nonsense'],
    says: 'reeve: the repository has no branch nonsense; nothing is removed until it is back',
  },
  {
    name: 'a ref that is an option',
    words: ['plan', ...config('ok'), '--ref', '--all'],
    says: 'REEVE_REPOSITORY_BRANCH: error: repository.branch: "--all" is not the name of a branch\nreeve: FOLDER/ok.yaml is not usable as configuration',
  },
  {
    name: 'a commit that is not there',
    words: ['plan', ...config('ok'), '--ref', '0'.repeat(40)],
    says: `reeve: commit ${'0'.repeat(40)} is not on branch main, or cannot be read: fatal: not a tree object`,
  },
  {
    name: 'a hypervisor that the fleet has not',
    words: ['plan', ...config('ok'), '--hypervisor', 'he9'],
    says: 'reeve: the fleet has no valid Hypervisor he9; it has he2',
  },
  {
    name: 'no repository',
    words: ['plan', ...config('no-repo')],
    says: /^reeve: the repository cannot be reached: fatal: 'FOLDER\/none' does not appear to be a git repository/,
  },
  {
    name: 'no folder in the repository',
    words: ['plan', ...config('no-folder')],
    says: /^reeve: commit [0-9a-f]{12} has no manifests in nowhere$/,
  },
  {
    name: 'a state folder that cannot be',
    words: ['run', ...config('state-below-proc')],
    says: 'reeve: stateDir /proc/nope cannot be used: there is no such file or folder',
  },
  {
    name: 'a state folder below a file',
    words: ['plan', ...config('state-below-file')],
    says: 'reeve: stateDir FOLDER/ok.yaml/x cannot be used: a part of the path is no folder',
  },
  {
    name: 'no identity',
    words: ['plan', ...config('ok')],
    says: 'he2: error: reeve.yaml has no identity "default"; write it under identities',
  },
  {
    name: 'no key',
    words: ['plan', ...config('no-key')],
    says: 'reeve: identity default: /nonexistent cannot be read: there is no such file or folder',
  },
  {
    name: 'a release of a hypervisor that no commit has',
    words: ['release', 'he9', ...config('ok')],
    says: 'reeve: no commit of the repository has a valid Hypervisor he9',
  },
  {
    name: 'a release of a hypervisor that is in force',
    words: ['release', 'he2', ...config('ok'), '--yes'],
    says: /^he2: refused: he2 is in force in commit [0-9a-f]{12}: a controller would take it back at once\. In this order:\n {2}1\. suspend what is on it[\s\S]*Hypervisor\/he2 \(hypervisor\.yaml:\d+\)[\s\S]* {2}4\. remove the manifests, and commit$/,
    code: 1,
  },
  {
    name: 'a format that release has not',
    words: ['release', 'he2', ...config('ok'), '-o', 'xml'],
    says: 'reeve: -o xml: write text or json',
  },
  { name: 'a bootstrap of nowhere', words: ['bootstrap', 'he2'], says: 'reeve: "he2": write USER@HOST' },
  { name: 'approve without a controller', words: ['approve', 'abc', ...config('ok')], says: noController },
  { name: 'approve of nothing', words: ['approve'], says: /^error: missing required argument 'hash'\n/ },
  { name: 'a port that is none', words: ['hostkey', '127.0.0.1', '-p', 'abc'], says: 'reeve: --port: "abc" is not a port (1 to 65535)' },
  {
    name: 'a port that nothing listens on',
    words: ['hostkey', '127.0.0.1', '-p', '1'],
    says: 'reeve: 127.0.0.1 port 1: connect ECONNREFUSED 127.0.0.1:1',
    code: 1,
  },
  { name: 'one word too many', words: ['run', 'now'], says: /^error: too many arguments for 'run'\. Expected 0 arguments but got 1\.\n/ },
]

describe('the command line, used wrongly, says what is wrong and what to do, and never shows its insides', () => {
  it.concurrent.each(cases)('$name', { timeout: 60_000 }, async ({ words, says, code = 2 }) => {
    const ended = await reeve(words)
    expect(ended.text).not.toMatch(/^ {4}at |node:|\.ts:\d/m)
    expect(ended).toEqual({ code, text: says instanceof RegExp ? expect.stringMatching(says) : says })
  })
})

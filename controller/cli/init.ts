import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { isDnsLabel } from '../model/ids.ts'
import { reasonOf } from '../model/reason.ts'
import { chooseHostKey } from './bootstrap.ts'
import { isUserName, manifestText } from './bootstrapHost.ts'
import { canAsk } from './confirm.ts'
import { CommandEnd } from './exit.ts'
import { makeFolder } from './folder.ts'
import { type FirstRepository, firstFiles } from './initTexts.ts'

interface Options {
  readonly hypervisor?: string
  readonly port: string
  readonly name?: string
  readonly fleet?: string
  readonly key?: string
  readonly fingerprint?: string
}

export function addInit(program: Command): void {
  program
    .command('init')
    .argument('[folder]', 'new folder of manifests, a Git repository; reeve.yaml is written beside it', 'fleet')
    .option('--hypervisor <user@address>', 'the first machine, where a key of yours is let in; root@ if no user is said')
    .option('-p, --port <port>', 'its SSH port', '22')
    .option('--name <name>', 'name of its manifest; default: the first part of its DNS name, or he1')
    .option('--fleet <name>', "the fleet's name on the hosts; default: the folder's name")
    .option('--key <file>', 'private key that is let in there; default: ~/.ssh/id_ed25519')
    .option('--fingerprint <fingerprint>', 'of its host key, as you compared it (SHA256:…); without it you are asked')
    .description('write a first repository: a Hypervisor manifest, README, .gitignore, and reeve.yaml beside it; overwrites nothing')
    .action(init)
}

async function init(text: string, options: Options): Promise<void> {
  const folder = resolve(text)
  const beside = dirname(folder)
  const fleet = fleetOf(folder, options)
  const privateKeyFile = keyOf(options)
  const { user, address, port } = parseWhere(options.hypervisor ?? (await askAddress()), options)
  const name = nameOf(address, options)
  const first = (manifest: string): FirstRepository => ({ fleet, folder, beside, privateKeyFile, hypervisor: { name, manifest } })
  // Nobody shall compare a host key for nothing.
  refuseToOverwrite(firstFiles(first('')).keys())
  const hostKey = await chooseHostKey({ address, port }, options)
  const files = firstFiles(first(manifestText({ name, address, port, user, hostKey: hostKey.line, identity: 'default' })))
  refuseToOverwrite(files.keys())
  for (const [path, content] of files) write(path, content)
  startGit(folder)
  process.stdout.write(`${[...files.keys()].join('\n')}\n`)
  process.stderr.write(nextSteps(folder, beside))
}

function nextSteps(folder: string, beside: string): string {
  return `
Next:
  cd ${folder}
  reeve validate .
  git add . && git commit -m 'One hypervisor'
  reeve plan --config ${beside}/reeve.yaml      # changes nothing
  reeve apply --config ${beside}/reeve.yaml     # once
  reeve run --config ${beside}/reeve.yaml       # from now on
`
}

function fleetOf(folder: string, { fleet }: Options): string {
  const name = fleet ?? (folder.split('/').at(-1) ?? '').toLowerCase()
  if (isDnsLabel(name)) return name
  throw new CommandEnd(`${JSON.stringify(name)} is no name of a fleet (1 to 63 characters of a-z, 0-9 and -): give one with --fleet`)
}

function keyOf({ key }: Options): string {
  const places = key === undefined ? ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(homedir(), '.ssh', name)) : [resolve(key)]
  const found = places.find((place) => existsSync(place))
  if (found !== undefined) return found
  throw new CommandEnd(
    `${places[0]} is not there: make a key with ssh-keygen -t ed25519, let its public half in on the machine (or by reeve bootstrap), and name it with --key`,
  )
}

async function askAddress(): Promise<string> {
  if (!canAsk()) throw new CommandEnd('which machine? write --hypervisor USER@ADDRESS')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question('Address of the first hypervisor (USER@ADDRESS): ')).trim()
  } finally {
    terminal.close()
  }
}

function parseWhere(where: string, { port, name }: Options): { readonly user: string; readonly address: string; readonly port: number } {
  const [, user = 'root', address = ''] = /^(?:([^@\s]+)@)?([A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?)$/.exec(where) ?? []
  if (address === '' || !isUserName(user)) throw new CommandEnd(`--hypervisor: ${JSON.stringify(where)}: write USER@ADDRESS`)
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new CommandEnd(`--port: ${JSON.stringify(port)} is not a port (1 to 65535)`)
  if (name !== undefined && !isDnsLabel(name))
    throw new CommandEnd(`--name: ${JSON.stringify(name)} is no name of a manifest (a DNS label)`)
  return { user, address, port: Number(port) }
}

/** An address says nothing of a name. */
function nameOf(address: string, { name }: Options): string {
  const label = (address.split('.')[0] ?? '').toLowerCase()
  return name ?? (isDnsLabel(label) && !/^[\d:]/.test(label) ? label : 'he1')
}

function refuseToOverwrite(paths: Iterable<string>): void {
  const there = [...paths].filter((path) => existsSync(path))
  if (there.length > 0) throw new CommandEnd(`nothing was written, since this is there already: ${there.join(', ')}`, 1)
}

function write(path: string, content: string): void {
  makeFolder(dirname(path), 'the folder')
  try {
    writeFileSync(path, content, { flag: 'wx' })
  } catch (error) {
    throw new CommandEnd(`${path} cannot be written: ${reasonOf(error)}`, 1)
  }
}

function startGit(folder: string): void {
  if (existsSync(join(folder, '.git'))) return
  try {
    execFileSync('git', ['init', '-q', '-b', 'main', '--', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    throw new CommandEnd(`all is written, but ${folder} could not be made a Git repository (git init -b main): ${reasonOf(error)}`, 1)
  }
}

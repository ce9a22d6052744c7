import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { isSecretName, secretPath } from '../manifests/secrets.ts'
import { reasonOf } from '../model/reason.ts'
import { identityFileText, isRecipient, makeIdentity, sealSecret, type Vault } from '../secrets/age.ts'
import { Secret } from '../shell/secret.ts'
import { loadConfig } from './context.ts'
import { CommandEnd } from './exit.ts'
import { makeFolder } from './folder.ts'
import { askPassword } from './password.ts'
import { openVault } from './vault.ts'

interface Where {
  readonly dir: string
}

/** For whom secrets of a folder of manifests are encrypted: one `age1…` a line, `#` begins a comment. */
const recipientsFile = 'secrets/recipients.txt'
const mostBytes = 64 << 10

export function addSecret(program: Command): void {
  const secret = program.command('secret').description('write secrets/NAME.age for manifests to name as secretRef (docs/secrets.md)')
  secret
    .command('encrypt')
    .argument('<name>', 'name of the secret, as manifests write it in secretRef')
    .option('--dir <folder>', 'folder of manifests', '.')
    .description(`encrypt a value, from stdin or asked for without echo, for the recipients in ${recipientsFile}`)
    .action((name: string, { dir }: Where) => encrypt(name, dir))
  secret
    .command('recipients')
    .option('--dir <folder>', 'folder of manifests', '.')
    .option('--config <file>', 'reeve.yaml')
    .description('show for whom secrets are encrypted, and whether this controller is one of them')
    .action(({ dir, config }: Where & { readonly config?: string }) => recipients(dir, config))
  secret
    .command('keygen')
    .argument('<file>', 'file to write, which must not be there yet')
    .description('make an identity for secrets.identityFile of reeve.yaml; prints its recipient')
    .action((file: string) => keygen(file))
  secret
    .command('rewrap')
    .argument('<names...>', 'names of secrets')
    .option('--dir <folder>', 'folder of manifests', '.')
    .option('--config <file>', 'reeve.yaml')
    .description("decrypt secrets with this controller's identity, and encrypt them for those who are recipients now")
    .action((names: readonly string[], { dir, config }: Where & { readonly config?: string }) => rewrap(names, dir, config))
}

async function encrypt(name: string, dir: string): Promise<void> {
  if (!isSecretName(name))
    throw new CommandEnd(`${JSON.stringify(name)} is no name of a secret: it has 1 to 63 characters of a-z, 0-9 and -`)
  const to = await readRecipients(dir)
  const value = process.stdin.isTTY === true ? await askPassword(`Value of ${name}`) : await valueFromStdin()
  write(dir, name, await sealSecret(value, to))
}

/** All of stdin, without the newline that `echo` puts at its end. */
async function valueFromStdin(): Promise<Secret> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array))
    length += chunks.at(-1)?.length ?? 0
    if (length > mostBytes) throw new CommandEnd(`stdin has more than ${mostBytes} bytes: that is no secret`)
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (text === '') throw new CommandEnd('stdin holds no value')
  if (text.includes('\0') || text.includes('\ufffd')) throw new CommandEnd('stdin holds no text: encode it, for example as base64')
  return new Secret(text)
}

function write(dir: string, name: string, text: string): void {
  const path = join(dir, secretPath(name))
  makeFolder(dirname(path), '--dir')
  // Whoever may push could have anything of whoever types this written over, and what stands behind a link is read by no controller.
  for (const place of [dirname(path), path])
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new CommandEnd(`${place} is a symbolic link, and is not followed: find out who made it, and remove it`)
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new CommandEnd(`${path} cannot be written: ${reasonOf(error)}`)
  }
  process.stdout.write(`${path}\n`)
}

async function readRecipients(dir: string): Promise<readonly string[]> {
  const path = join(dir, recipientsFile)
  if (!existsSync(path))
    throw new CommandEnd(
      `${path} is not there: write the recipients of secrets into it, one age1… a line (reeve secret recipients shows this controller's)`,
    )
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
  const found = lines.map((text, index) => ({ text, line: index + 1 })).filter(({ text }) => text !== '' && !text.startsWith('#'))
  for (const { text, line } of found)
    if (!(await isRecipient(text))) throw new CommandEnd(`${path}:${line}: this is no recipient; write one as age1… on a line of its own`)
  if (found.length === 0) throw new CommandEnd(`${path} names no recipient: write one as age1… a line`)
  return found.map(({ text }) => text)
}

async function recipients(dir: string, config: string | undefined): Promise<void> {
  const own = await vaultOf(config)
    .recipients()
    .catch((error: unknown) => {
      throw new CommandEnd(reasonOf(error))
    })
  for (const one of own) process.stdout.write(`${one}  this controller\n`)
  const path = join(dir, recipientsFile)
  const listed = existsSync(path) ? await readRecipients(dir) : []
  for (const one of listed.filter((each) => !own.includes(each))) process.stdout.write(`${one}\n`)
  if (own.length === 0)
    throw new CommandEnd('this controller has no identity: reeve secret keygen FILE, then secrets: {identityFile: FILE} in reeve.yaml', 1)
  if (!own.some((each) => listed.includes(each)))
    throw new CommandEnd(`this controller cannot read what is encrypted here: add its line above (age1… alone) to ${path}`, 1)
}

function vaultOf(config: string | undefined): Vault {
  return openVault(loadConfig(config))
}

async function keygen(file: string): Promise<void> {
  const { identity, recipient } = await makeIdentity()
  try {
    writeFileSync(file, identityFileText(identity, recipient), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new CommandEnd(
      `${file} cannot be written: ${existsSync(file) ? 'it is there already, and is never overwritten' : reasonOf(error)}`,
    )
  }
  process.stdout.write(`${recipient}\n`)
}

async function rewrap(names: readonly string[], dir: string, config: string | undefined): Promise<void> {
  const vault = vaultOf(config)
  const to = await readRecipients(dir)
  for (const name of names) {
    const path = join(dir, secretPath(name))
    if (!isSecretName(name) || !existsSync(path)) throw new CommandEnd(`there is no ${path}`)
    const opening = await vault.open(readFileSync(path))
    if (opening.status === 'closed') throw new CommandEnd(`${path} cannot be read: ${opening.reason}; ${opening.hint}`)
    write(dir, name, await sealSecret(opening.secret, to))
  }
}

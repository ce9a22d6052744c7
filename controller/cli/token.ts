import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import {
  isScope,
  readTokens,
  type Scope,
  scopes,
  type TokenEntry,
  tokenHash,
  tokenLine,
  tokenNamePattern,
  tokenText,
} from '../http/tokens.ts'
import { parseSeconds } from '../model/quantity.ts'
import { reasonOf } from '../model/reason.ts'
import { utc } from '../report/mails.ts'
import { clock, loadConfig } from './context.ts'
import { CommandEnd } from './exit.ts'
import { makeFolder } from './folder.ts'

interface Options {
  readonly config?: string
  readonly file?: string
  readonly for?: string
  readonly scope?: readonly string[]
}

/** Tokens for those who write over TCP. */
export function addToken(program: Command): void {
  const token = program.command('token').description('tokens with which people and programs may write over TCP (docs/api.md)')
  const where = (command: Command) =>
    command.option('--config <file>', 'reeve.yaml').option('--file <file>', 'the file of tokens; default: api.tokensFile of reeve.yaml')
  where(token.command('create'))
    .argument('<name>', 'who gets it: stands in the history beside all that is done with it')
    .option('--for <time>', 'for how long it is good, such as 90d; default: until it is revoked')
    .option('--scope <scope>', `what it may do (${scopes.join(', ')}); may be given more than once; default: all`, collect)
    .description('print a new token, once; only its hash is kept')
    .action(create)
  where(token.command('list'))
    .description('names of tokens, and until when they are good')
    .action((options: Options) => list(options))
  where(token.command('revoke')).argument('<name>', 'as list shows it').description('end a token now').action(revoke)
}

function create(name: string, options: Options): void {
  if (!tokenNamePattern.test(name)) throw new CommandEnd(`${JSON.stringify(name)} is no name: 1 to 63 characters of a-z, 0-9 and -`)
  const file = fileOf(options)
  const entries = read(file)
  if (entries.some((entry) => entry.name === name))
    throw new CommandEnd(`${file} has a token ${name} already; reeve token revoke ${name}`, 1)
  const untilSeconds = options.for === undefined ? undefined : clock.nowSeconds() + secondsOf(options.for)
  const token = tokenText(randomBytes(32))
  write(file, `${textOf(file)}${tokenLine({ name, hash: tokenHash(token), untilSeconds, ...scopesOf(options) })}\n`)
  process.stderr.write(
    `# shown this once; it is good ${goodUntil({ untilSeconds })}. Keep it out of command lines: they are seen by every user\n`,
  )
  process.stdout.write(`${token}\n`)
}

function list(options: Options): void {
  for (const entry of read(fileOf(options)))
    process.stdout.write(`${entry.name}  ${goodUntil(entry)}${entry.scopes === undefined ? '' : `  ${entry.scopes.join(', ')}`}\n`)
}

function revoke(name: string, options: Options): void {
  const file = fileOf(options)
  if (!read(file).some((entry) => entry.name === name))
    throw new CommandEnd(`${file} has no token ${name}; reeve token list shows those`, 1)
  const kept = textOf(file)
    .split('\n')
    .filter((line) => line.trim().split(/\s+/)[0] !== name)
  write(file, kept.join('\n'))
  process.stdout.write(`the token ${name} is refused from now on\n`)
}

function collect(scope: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...scope.split(',')]
}

function scopesOf({ scope }: Options): { readonly scopes?: readonly Scope[] } {
  const odd = scope?.find((each) => !isScope(each))
  if (odd !== undefined) throw new CommandEnd(`${JSON.stringify(odd)} is no scope; write ${scopes.join(' or ')}`)
  return scope === undefined ? {} : { scopes: [...new Set(scope.filter(isScope))] }
}

function goodUntil({ untilSeconds }: Pick<TokenEntry, 'untilSeconds'>): string {
  if (untilSeconds === undefined) return 'until it is revoked'
  return `${untilSeconds <= clock.nowSeconds() ? 'expired ' : ''}until ${utc(untilSeconds)}`
}

function secondsOf(text: string): number {
  const parsed = parseSeconds(text)
  if (!parsed.ok || parsed.value === 0) throw new CommandEnd(`--for ${text}: ${parsed.ok ? 'it would be over at once' : parsed.reason}`)
  return parsed.value
}

function fileOf({ file, config }: Options): string {
  const named = file ?? loadConfig(config).api.tokensFile
  if (named === undefined)
    throw new CommandEnd('reeve.yaml names no file of tokens: write api: {tokensFile: /etc/reeve/tokens}, or --file FILE')
  return named
}

function read(file: string): readonly TokenEntry[] {
  try {
    return readTokens(file)
  } catch (error) {
    throw new CommandEnd(reasonOf(error))
  }
}

/** What is there, ending with a newline. */
function textOf(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

/** In one step: the controller reads it at any time, maybe as another user. Hashes of 256 random bits may be read. */
function write(file: string, text: string): void {
  makeFolder(dirname(file), 'the folder of the file of tokens')
  const next = `${file}.new`
  try {
    writeFileSync(next, text, { mode: 0o644 })
    chmodSync(next, 0o644)
    renameSync(next, file)
  } catch (error) {
    throw new CommandEnd(`${file} cannot be written: ${reasonOf(error)}`)
  }
}

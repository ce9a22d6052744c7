import { hostname } from 'node:os'
import type { Config } from '../config.ts'
import type { ServerDependencies } from '../http/server.ts'
import { createTokenJudge, readTokens } from '../http/tokens.ts'
import type { Log } from '../model/log.ts'
import { reasonOf } from '../model/reason.ts'
import { clock } from './context.ts'
import { CommandEnd } from './exit.ts'

/** Who may ask and who may write over TCP; a file that cannot be trusted is told before anything starts. */
export function admission({ api, listen }: Config, log: Log): Pick<ServerDependencies, 'admit' | 'names'> {
  const { tokensFile } = api
  const names = [hostname(), ...api.hosts]
  if (tokensFile === undefined) return { names }
  try {
    readTokens(tokensFile)
  } catch (error) {
    throw new CommandEnd(`api.tokensFile cannot be used: ${reasonOf(error)}`)
  }
  if (!/^(127\.|::1$)/.test(listen.address))
    log.warn({ component: 'http' }, `tokens cross the network as they are on ${listen.address}: put TLS before it (docs/api.md)`)
  return { names, admit: createTokenJudge(tokensFile, clock.nowSeconds, log) }
}

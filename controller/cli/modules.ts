import type { Command } from 'commander'

/** Adds what one file of this folder knows to the program. */
export type AddCommands = (program: Command) => void

interface Module {
  readonly names: readonly string[]
  load(): Promise<readonly AddCommands[]>
}

/** Every command, in the order of `--help`, and the file that has it: loaded when it is called, since all of them together cost more than most of them do. */
const modules: readonly Module[] = [
  { names: ['validate'], load: async () => [(await import('./validate.ts')).addValidate] },
  { names: ['render'], load: async () => [(await import('./render.ts')).addRender] },
  { names: ['plan', 'apply'], load: () => import('./plan.ts').then(({ addPlan, addApply }) => [addPlan, addApply]) },
  { names: ['run'], load: async () => [(await import('./run.ts')).addRun] },
  { names: ['status'], load: async () => [(await import('./status.ts')).addStatus] },
  { names: ['history'], load: async () => [(await import('./history.ts')).addHistory] },
  { names: ['reconcile', 'approve', 'silence'], load: async () => [(await import('./ask.ts')).addAsk] },
  { names: ['hostkey'], load: async () => [(await import('./hostkey.ts')).addHostkey] },
  { names: ['takeover'], load: async () => [(await import('./takeover.ts')).addTakeover] },
  { names: ['release'], load: async () => [(await import('./release.ts')).addRelease] },
  { names: ['bootstrap'], load: async () => [(await import('./bootstrap.ts')).addBootstrap] },
  { names: ['secret'], load: async () => [(await import('./secret.ts')).addSecret] },
  { names: ['sendmail'], load: async () => [(await import('./sendmail.ts')).addSendmail] },
  { names: ['suspend', 'resume'], load: async () => [(await import('./suspend.ts')).addSuspend] },
  { names: ['token'], load: async () => [(await import('./token.ts')).addToken] },
  { names: ['init'], load: async () => [(await import('./init.ts')).addInit] },
]

/** What these arguments need: the file of the command that they name; for help, and for what no command is called, every file. */
export async function commandsFor(words: readonly string[]): Promise<readonly AddCommands[]> {
  const [name = ''] = words
  if (name === '--version' || name === '-V') return []
  const called = modules.filter(({ names }) => names.includes(name))
  return (await Promise.all((called.length === 0 ? modules : called).map(({ load }) => load()))).flat()
}

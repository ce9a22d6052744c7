/** What a call of sendmail(8) asks for. */
export type SendmailCall =
  | { readonly mode: 'send'; readonly options: SendOptions }
  | { readonly mode: 'list' }
  | { readonly mode: 'check'; readonly confFile?: string }
  | { readonly mode: 'flush'; readonly which: 'due' | 'all'; readonly isVerbose: boolean; readonly confFile?: string }
  | { readonly mode: 'wrong'; readonly reason: string }

export interface SendOptions {
  readonly recipients: readonly string[]
  /** -t */
  readonly readsHeader: boolean
  /** -i: a line with a dot alone does not end the message. */
  readonly ignoresDots: boolean
  /** -f, -r */
  readonly sender?: string
  /** -F */
  readonly senderName?: string
  /** -od: try at once behind the caller's back (b), before returning (i, or -v), or leave it to the next run of the queue (q). */
  readonly delivery: 'background' | 'foreground' | 'queue'
  readonly isVerbose: boolean
  /** -C */
  readonly confFile?: string
}

/** Options without a value that change nothing here: they are what Reeve does anyhow, or about a daemon. */
const ignored = 'nmGUsx'
/** Options with a value, attached or as the next argument. */
const valued = 'fFrBNRVOohLpXCAadbqe'
/** Whose value is always attached: alone they mean something of their own. */
const attachedOnly = 'oAadbqe'
const modes: Readonly<Record<string, string>> = {
  s: '-bs: Reeve speaks no SMTP on standard input; hand the message in on it',
  d: '-bd: Reeve is no mail server and does not listen; systemctl enable --now reeve-mail.timer runs the queue',
  D: '-bD: Reeve is no mail server and does not listen; systemctl enable --now reeve-mail.timer runs the queue',
  t: '-bt: Reeve has no address rewriting rules to test; sendmail -bi checks ssmtp.conf and revaliases',
  v: '-bv: whether an address exists, the mail server alone knows',
  h: '-bh: Reeve keeps no host status',
  H: '-bH: Reeve keeps no host status',
}

interface Gathered {
  mode: 'send' | 'list' | 'check' | 'flush'
  which: 'due' | 'all'
  readsHeader: boolean
  ignoresDots: boolean
  isVerbose: boolean
  delivery: SendOptions['delivery']
  sender?: string
  senderName?: string
  confFile?: string
  wrong?: string
}

/** Reads the arguments as sendmail(8) of Debian's MTAs takes them. What would mean another thing than it seems is refused, never passed over. */
export function readSendmailCall(args: readonly string[]): SendmailCall {
  const all: Gathered = { mode: 'send', which: 'all', readsHeader: false, ignoresDots: false, isVerbose: false, delivery: 'background' }
  const recipients: string[] = []
  for (let at = 0; at < args.length && all.wrong === undefined; at++) {
    const word = args[at] ?? ''
    if (word === '--') {
      recipients.push(...args.slice(at + 1))
      break
    }
    if (word === '-bp' || !word.startsWith('-') || word === '-') {
      if (word === '-bp') all.mode = 'list'
      else recipients.push(word)
    } else at += readWord(all, word.slice(1), args[at + 1])
  }
  return callOf(all, recipients)
}

function callOf(all: Gathered, recipients: readonly string[]): SendmailCall {
  const { wrong, mode, which, ...options } = all
  if (wrong !== undefined) return { mode: 'wrong', reason: wrong }
  const confFile = options.confFile === undefined ? {} : { confFile: options.confFile }
  if (mode !== 'send' && recipients.length > 0)
    return { mode: 'wrong', reason: `${JSON.stringify(recipients[0]?.slice(0, 100))} means nothing here: no message is sent` }
  if (mode === 'list') return { mode }
  if (mode === 'check') return { mode, ...confFile }
  if (mode === 'flush') return { mode, which, isVerbose: options.isVerbose, ...confFile }
  return { mode, options: { ...options, recipients } }
}

/** Reads a word of options; the number of further words that it took. */
function readWord(all: Gathered, word: string, next: string | undefined): number {
  for (let at = 0; at < word.length; at++) {
    const letter = word[at] ?? ''
    if (valued.includes(letter)) {
      const attached = word.slice(at + 1)
      const isApart = attached === '' && !attachedOnly.includes(letter)
      if (isApart && next === undefined) all.wrong = `-${letter} needs a value`
      else readValue(all, letter, isApart ? (next ?? '') : attached)
      return isApart ? 1 : 0
    }
    readFlag(all, letter, word)
  }
  return 0
}

function readFlag(all: Gathered, letter: string, word: string): void {
  if (letter === 't') all.readsHeader = true
  else if (letter === 'i') all.ignoresDots = true
  else if (letter === 'v') {
    all.isVerbose = true
    all.delivery = 'foreground'
  } else if (!ignored.includes(letter))
    all.wrong = `there is no option ${JSON.stringify(`-${word.slice(0, 50)}`)}; an address that begins so comes after --`
}

function readValue(all: Gathered, letter: string, value: string): void {
  if (letter === 'f' || letter === 'r') all.sender = value
  else if (letter === 'F') all.senderName = value
  else if (letter === 'C') all.confFile = value
  else if (letter === 'b') readMode(all, value)
  else if (letter === 'q') readQueue(all, value)
  else if (letter === 'o') readOldOption(all, value)
  else if (letter === 'O' && /^IgnoreDots(=|$)/i.test(value)) all.ignoresDots = !/=(f|false|n|no)$/i.test(value)
  else if (letter === 'O' && /^DeliveryMode=/i.test(value)) readOldOption(all, `d${value.slice(13)}`)
  else if (letter === 'a') all.wrong = '-au, -ap and -am of ssmtp show a password to everybody; write it into ssmtp.conf'
}

function readMode(all: Gathered, value: string): void {
  if (value === 'p') all.mode = 'list'
  else if (value === 'i' || value === 'I') all.mode = 'check'
  else if (value !== 'm') all.wrong = modes[value] ?? `there is no mode -b${value.slice(0, 50)}`
}

function readQueue(all: Gathered, value: string): void {
  all.mode = 'flush'
  if (value === 'due') all.which = 'due'
  else if (value !== '' && value !== 'f')
    all.wrong = `-q${value.slice(0, 50)}: the queue is run once by -q; reeve-mail.timer runs it again and again`
}

/** -oX: one letter and its value, sendmail's form of old. */
function readOldOption(all: Gathered, value: string): void {
  const [name, rest] = [value[0] ?? '', value.slice(1)]
  if (name === 'i') all.ignoresDots = true
  if (name !== 'd') return
  if (!all.isVerbose) all.delivery = rest === 'i' || rest === 'f' ? 'foreground' : rest === 'q' || rest === 'd' ? 'queue' : 'background'
}

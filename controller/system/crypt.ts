/** Grammars of crypt(5), as libxcrypt of Debian checks them; what follows the last dollar is the hash proper. */
const strong: readonly RegExp[] = [
  /^\$g?y\$[./A-Za-z0-9]{1,64}\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}$/,
  /^\$6\$(rounds=[1-9][0-9]{3,8}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/,
  /^\$5\$(rounds=[1-9][0-9]{3,8}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}$/,
  /^\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$/,
  /^\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}$/,
]
/** MD5, SunMD5, SHA-1, NTHASH and DES: guessed in hours. */
const weak = /^(\$(1|md5|sha1|3)[$,]|_[./A-Za-z0-9]{19}$|[./A-Za-z0-9]{13}$)/

/** Why a text is no hash of a password that may be used; undefined where it is one. Never shows the text: it may be the password itself. */
export function hashProblem(text: string): string | undefined {
  if (strong.some((grammar) => grammar.test(text))) return undefined
  if (weak.test(text)) return 'this hash is of a sort that is guessed in hours'
  if (/^[!*]/.test(text)) return 'this is the mark of a locked password, not a hash'
  return text.startsWith('$') ? 'this hash is cut, or damaged' : 'this is no hash of crypt(5)'
}

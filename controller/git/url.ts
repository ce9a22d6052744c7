/** A repository's address, told apart and safe to hand to git. */
export type RepositoryUrl =
  /** git gets the plain path: it would decode a file: URL once more. */
  | { readonly transport: 'file'; readonly url: string; readonly path: string }
  | { readonly transport: 'https' | 'ssh'; readonly url: string }

export type UrlParsing = { readonly ok: true; readonly value: RepositoryUrl } | { readonly ok: false; readonly reason: string }

const allowed = 'write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)'

/**
 * Reads a repository's address. Only file, https and ssh: git's other transports run programs (`ext::`), or carry no proof of who answers
 * (`http`, `git`). A password in it is refused, since it would stand in argv and in logs.
 */
export function parseRepositoryUrl(text: string): UrlParsing {
  if (/[\0-\x20\x7f]/.test(text)) return refused('the address holds a space or a control character')
  if (text.startsWith('-')) return refused('the address begins with -, which git would read as an option')
  if (text.startsWith('/')) return filePath(text)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'file') return fileUrl(text)
  if (scheme === 'https' || scheme === 'ssh') return hostUrl(text, scheme)
  if (scheme !== undefined || text.includes('::'))
    return refused(`the transport ${(scheme ?? text.split('::')[0] ?? '').slice(0, 20)} is not allowed`)
  if (/^[A-Za-z0-9_.-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[^:]+$/.test(text)) return { ok: true, value: { transport: 'ssh', url: text } }
  return refused(`${JSON.stringify(text.slice(0, 60))} is not an address of a repository`)
}

function refused(reason: string): UrlParsing {
  return { ok: false, reason: `${reason}; ${allowed}` }
}

function filePath(path: string): UrlParsing {
  return { ok: true, value: { transport: 'file', url: path, path } }
}

function fileUrl(text: string): UrlParsing {
  const path = text.slice('file://'.length)
  if (!path.startsWith('/')) return refused('a file: address names no host')
  return URL.canParse(text) && !/%(?![0-9a-f]{2})|%[01]/i.test(path)
    ? filePath(decodeURIComponent(path))
    : refused('the address is not a URL')
}

function hostUrl(text: string, transport: 'https' | 'ssh'): UrlParsing {
  if (!URL.canParse(text)) return refused('the address is not a URL')
  const { hostname, username, password, pathname } = new URL(text)
  if (password !== '')
    return { ok: false, reason: 'the address holds a password, which would stand in argv and logs; use an ssh key (identityFile)' }
  if (!/^[A-Za-z0-9[][A-Za-z0-9.:\]-]*$/.test(hostname) || /^-/.test(decodeURIComponent(username)))
    return refused('the host or user has odd characters')
  if (pathname === '' || pathname === '/') return refused('the address names a host and no repository')
  return { ok: true, value: { transport, url: text } }
}

/** A name that git-check-ref-format(1) accepts, and a little less. */
export function isBranchName(name: string): boolean {
  const isPlain = /^[A-Za-z0-9_][A-Za-z0-9_./+@=-]{0,200}$/.test(name)
  return isPlain && !/\.\.|\/\/|\/\.|@\{|\.lock(\/|$)|[./]$/.test(name)
}

import { readFileSync } from 'node:fs'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly fullName: string
}

/** The accounts of this machine, as passwd(5) lists them; empty where it cannot be read. */
export function readAccounts(path = '/etc/passwd'): readonly Account[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', , gecos = ''] = line.split(':')
    return /^\d+$/.test(uid) ? [{ name, uid: Number(uid), fullName: fullNameOf(name, gecos) }] : []
  })
}

/** `&` stands for the name, with a capital: passwd(5). */
function fullNameOf(name: string, gecos: string): string {
  return (gecos.split(',')[0] ?? '').replaceAll('&', `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`)
}

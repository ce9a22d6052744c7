import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const mdIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

/** Pages for those who change it. */
export const developerPages: readonly string[] = [
  'CONTRIBUTING.md',
  'test/lab/README.md',
  ...['scale', 'speed', 'faults', 'testing'].map((name) => `docs/${name}.md`),
]

/** Pages for those who run Reeve. docs/adr says why, not how; docs/recipes.md sets other people's commands beside fields. */
export const operatorPages: readonly string[] = [
  'README.md',
  'dashboards/README.md',
  ...mdIn('docs').filter((page) => page !== 'docs/recipes.md' && !developerPages.includes(page)),
  ...readdirSync(join(root, 'controller/kinds'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `controller/kinds/${name}/readme.md`),
]

/** A command as a page has it. */
export interface Command {
  readonly page: string
  readonly text: string
}

/** Programs that a reader of our pages types. A page that names another one in a command's shape fails `isOdd`. */
const tools =
  'apache2 age apt apt-get awk bash btrfs cat certbot chmod chown chroot command cp curl date dd df dig dmesg docker etcdctl dpkg du echo editor fstrim git gpg grep head install ip journalctl kill last ln logrotate ls lsblk lvconvert lvcreate lvextend lvm lvs lxc-attach lxc-info lxc-start mailq mkdir mkfs mount mv named-checkconf nft nginx npm openssl pgrep postconf postfix postmap postqueue printf promtool ps qshape reboot reeve resolvectl rm rndc rsyslogd scp sed sh smartctl smartd ss ssh ssh-keygen sshd sudo sync systemctl systemd-cgls systemd-cgtop tail timedatectl tx umount varnishadm varnishd vgextend vgs vzctl wipefs xfs_repair zpool'.split(
    ' ',
  )

/** What is typed without a further word. */
const alone = ['mailq', 'dmesg', 'timedatectl', 'vgs', 'lvs', 'reboot']

/** What stands between the backticks of a page, outside its blocks. */
export function spansOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  // A code that holds a backtick is written between two of them.
  return [...text.replaceAll(/``.*?``/g, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
}

function firstWord(span: string): string {
  return /^\S*/.exec(span)?.[0].replace(/^.*\//, '') ?? ''
}

/** Commands that stand in a sentence or a table. */
export function inlineCommands(page: string): readonly Command[] {
  return spansOf(page)
    .filter((span) => (span.includes(' ') ? tools.includes(firstWord(span)) : alone.includes(span)))
    .map((text) => ({ page, text: text.replaceAll('\\|', '|') }))
}

/** What has the shape of a command, of a program that `tools` lacks. */
export function oddSpans(page: string): readonly string[] {
  return spansOf(page).filter((span) => /^[a-z][a-z0-9_-]* (-|\/|[A-Z]{2,}\b)/.test(span) && !tools.includes(firstWord(span)))
}

/** Blocks of shell, fenced or indented. */
export function blocksOf(page: string): readonly Command[] {
  const text = readFileSync(join(root, page), 'utf8')
  const fences = [...text.matchAll(/^ *```([a-z]*)(?: .*)?\n([\s\S]*?)^ *```$/gm)]
  const fenced = fences.filter(([, language]) => language === 'sh').map(([, , block = '']) => block)
  const indented = [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/(?:^ {4,}\S.*\n)+/gm)]
    .map(([block]) => block)
    .filter((block) => tools.includes(firstWord(block.trim())))
  return [...fenced, ...indented].map((block) => ({ page, text: block }))
}

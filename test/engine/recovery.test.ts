import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { discardJournals, journalProbe } from '../../controller/engine/apply/journal.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { depsOf, textOf, until, wantedOf } from './deps.ts'
import { note } from './note.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

let host: ShellHost

beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

const journal = '/var/lib/reeve/journal'
const sh = async (script: string): Promise<string> => (await host.run(script)).stdout.trim()
const apply = (words: string): Promise<string> => sh(`sh ${journal}/*/apply ${words}`)
const state = (position: number): Promise<string> => sh(`cat ${journal}/*/state-${position} 2>/dev/null`)
const ledgerOf = (item: string): Promise<string> =>
  sh(`grep -F '"note:${item}"' /var/lib/reeve/ledger | tail -n 1 | sed 's/.*"state":"\\([a-z]*\\)".*/\\1/; s/.*"removed".*/removed/'`)

/** What a power cut leaves of an apply that has made /mnt/a whole, and awaits its verdict on /mnt/b: that of nobody. */
async function cutWhileAwaiting(): Promise<void> {
  const verdict = { probes: [{ type: 'tcp' as const, host: '127.0.0.1', port: 1 }], withinMs: 60_000 }
  await reconcile(wantedOf([note('/mnt/b', 'old')]), depsOf(host))
  const silent = { ...host, ask: () => new Promise<never>(() => {}) }
  void reconcile(wantedOf([note('/mnt/a', 'new'), note('/mnt/b', 'new', { verdict, settles: '/mnt/settled' })]), depsOf(silent))
  await until(async () => (await state(1)) === 'awaiting')
  await cutPower()
  await sh(`for j in ${journal}/*/; do [ -e "$j/tx-1" ] || rm -rf "$j"; done`)
}

describe('what awaited a verdict as its script died', () => {
  it('is finished by the recovery where the word had been said, and undone where it had not', async () => {
    await cutWhileAwaiting()
    await sh(`mv ${journal}/*/armed $(echo ${journal}/*/)confirmed`)
    await apply('recover 1')
    expect([await state(1), await textOf(host, '/mnt/b'), await textOf(host, '/mnt/settled'), await ledgerOf('/mnt/b')]).toEqual([
      'done',
      'new',
      'settled',
      'done',
    ])
  })

  it('is undone at boot also where the power went between the word and the undo', async () => {
    await cutWhileAwaiting()
    await sh(`mv ${journal}/*/armed $(echo ${journal}/*/)undone; rm -r /run/reeve/*`)
    await apply('expire 1')
    expect([await state(1), await textOf(host, '/mnt/b')]).toEqual(['expired silence', 'old'])
    await apply('recover 1')
    expect([await state(1), await textOf(host, '/mnt/b'), await ledgerOf('/mnt/b')]).toEqual(['undone interrupted', 'old', 'done'])
  })

  it('is left to the recovery that has the host when its timer comes', async () => {
    await cutWhileAwaiting()
    const holder = host.run('exec 9>>/run/reeve/host.lock; flock 9; : >/mnt/held; while [ ! -e /mnt/go ]; do sleep 0.05; done')
    await until(async () => (await textOf(host, '/mnt/held')) === '')
    const timer = apply('expire 1')
    await until(async () => (await host.run(`test -e ${journal}/*/undone`)).code === 0)
    expect(await textOf(host, '/mnt/b')).toBe('new')
    await sh(`echo 'undone interrupted' >$(echo ${journal}/*/)state-1; echo theirs >/mnt/b; : >/mnt/go`)
    await Promise.all([timer, holder])
    expect([await state(1), await textOf(host, '/mnt/b')]).toEqual(['undone interrupted', 'theirs'])
  })
})

describe('a recovery', () => {
  it('tells the ledger again what its states say: the power may have taken the one and left the other', async () => {
    await cutWhileAwaiting()
    await sh(`grep -v '"note:/mnt/a".*"done"' /var/lib/reeve/ledger >/mnt/l; cat /mnt/l >/var/lib/reeve/ledger`)
    expect(await ledgerOf('/mnt/a')).toBe('begun')
    await apply('recover 1')
    expect([await state(0), await ledgerOf('/mnt/a'), await ledgerOf('/mnt/b')]).toEqual(['done', 'done', 'done'])
  })

  it('undoes what had begun also where its state is NUL bytes: the length reached the disk, the text did not', async () => {
    await cutWhileAwaiting()
    await sh(`for n in 0 1; do printf '\\0\\0\\0\\0\\0' >$(echo ${journal}/*/)state-$n; done`)
    await apply('recover 1')
    expect([await textOf(host, '/mnt/a'), await textOf(host, '/mnt/b')]).toEqual(['absent', 'old'])
    expect([await ledgerOf('/mnt/a'), await ledgerOf('/mnt/b')]).toEqual(['removed', 'done'])
  })

  it('that comes after another one whose journal was removed as it waited changes nothing', async () => {
    await cutWhileAwaiting()
    await sh(
      `exec 8>>$(echo ${journal}/*/)lock; flock 8; sh ${journal}/*/apply recover 1 8>&- & sleep 0.5; rm -r ${journal}/*/[!l]*; exec 8>&-; wait`,
    )
    const before = await sh('cat /var/lib/reeve/ledger')
    expect([await ledgerOf('/mnt/a'), await textOf(host, '/mnt/a')]).toEqual(['done', 'new'])
    expect(await sh('cat /var/lib/reeve/ledger')).toBe(before)
  })

  it('that finds the journal closed leaves the ledger as it is', async () => {
    await cutWhileAwaiting()
    await apply('recover 1')
    const before = await sh('cat /var/lib/reeve/ledger')
    await sh(`rm ${journal}/*/state-*`)
    await apply('recover 1')
    expect(await sh('cat /var/lib/reeve/ledger')).toBe(before)
    await apply('run')
    expect([await sh('cat /var/lib/reeve/ledger'), await textOf(host, '/mnt/b')]).toEqual([before, 'old'])
  })

  it('of what was delivered late and never began tells the ledger nothing: what another one did since stays known', async () => {
    await cutWhileAwaiting()
    await sh(`mv ${journal}/*/armed $(echo ${journal}/*/)confirmed`)
    await apply('recover 1')
    await asDelivered()
    await apply('recover 1')
    expect([await ledgerOf('/mnt/a'), await ledgerOf('/mnt/b'), await state(0)]).toEqual(['done', 'done', 'skipped interrupted'])
  })
})

describe('a journal whose outcome was heard', () => {
  it('is none any more where its removal is cut, whatever of it is left', async () => {
    await cutWhileAwaiting()
    const name = await sh(`ls ${journal}`)
    const isCut = 'rm() { case "$1" in -rf) exit 0 ;; esac; command rm "$@"; }'
    await sh(`${isCut}\n${discardJournals([name]).text}`)
    expect([await sh(`ls ${journal}`), await sh(journalProbe.text)]).toEqual([name, ''])
  })
})

describe('an apply', () => {
  it('begins nothing before what was killed as it began was recovered, though the ledger is as it was planned from', async () => {
    await cutWhileAwaiting()
    await asDelivered('begun')
    await sh(`sed '/"generation":2/,$d' /var/lib/reeve/ledger >/mnt/l; cat /mnt/l >/var/lib/reeve/ledger`)
    const other = `${journal}/abcdef0123`
    await sh(
      `cp -r ${journal}/* ${other}; rm -f ${other}/begun; sed -i "s/$(ls ${journal} | grep -v abcdef)/abcdef0123/g" ${other}/*; flock /run/reeve/host.lock true; sh ${other}/apply run`,
    )
    expect([await sh(`cat ${other}/state`), await sh('cat /var/lib/reeve/ledger')]).toEqual([
      expect.stringContaining('refused stale'),
      await sh('cat /mnt/l'),
    ])
  })
})

/** The journal as its delivery left it, and what else of it is named. */
async function asDelivered(stays = 'apply'): Promise<void> {
  await sh(`cd ${journal}/*/ && for f in *; do case $f in apply|tx-*|${stays}) : ;; *) rm -r "$f" ;; esac; done`)
}

/** All of it at once: nothing has the time to undo anything. */
async function cutPower(): Promise<void> {
  await host.killShells('')
  host.cut()
}

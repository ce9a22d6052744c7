import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createStore } from '../../controller/store/store.ts'
import { createRepository, temporaryFolder } from '../git/repository.ts'
import { startController } from '../lab/demo/controller.ts'
import { startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { makeKey } from '../ssh/sshd.ts'

it('the digest of a running controller tells the hours of planned work that reeve.yaml names', { timeout: 60_000 }, async () => {
  using temporary = temporaryFolder()
  await using catcher = await startSmtpCatcher()
  const repository = createRepository(join(temporary.path, 'fleet'))
  repository.commit({ 'note.md': 'no manifests yet' })
  const state = join(temporary.path, 'state')
  mkdirSync(state, { recursive: true })
  makeKey(join(temporary.path, 'key'), 'ed25519')
  // It fell due a minute ago, while Reeve was down.
  const nowSeconds = () => Date.now() / 1000
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  {
    using store = createStore({ path: join(state, 'history.sqlite'), retentionSeconds: 1e6, maxEntries: 1000, log, nowSeconds })
    store.saveState('mail.digest', { cron: '0 7 * * * UTC', dueSeconds: nowSeconds() - 60, sinceSeconds: nowSeconds() - 86_400 })
  }
  await using _controller = await startController({
    folder: temporary.path,
    repositoryUrl: repository.folder,
    identityFile: join(temporary.path, 'key'),
    smtpPort: catcher.port,
    resync: '3600s',
    more: {
      mail: {
        smarthost: { host: '127.0.0.1', port: catcher.port },
        from: 'reeve@example.org',
        to: ['ops@example.org'],
        digest: { cron: '0 7 * * *' },
      },
      maintenance: [{ cron: '* * * * *', duration: '2h', reason: 'the weekly restart', hypervisor: 'he9' }],
    },
    onRecord() {},
  })
  const mail = await catcher.waitFor(({ raw }) => raw.includes('the weekly restart'), 50_000)
  expect(mail.body).toMatch(/by reeve\.yaml: the weekly restart/)
})

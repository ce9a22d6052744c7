import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRepository, openSource, temporaryFolder } from './repository.ts'
import { signedCommit, sshSigner } from './signing.ts'

it('signatures are judged alike while another process judges with the same folder, as a plan beside the controller does', {
  timeout: 120_000,
}, async () => {
  using temporary = temporaryFolder()
  const repository = createRepository(join(temporary.path, 'fleet'))
  const ada = sshSigner(temporary.path, 'ada')
  writeFileSync(join(temporary.path, 'allowed'), `ada@example.org ${ada.publicKey}\n`)
  const open = (isRecorded: boolean) =>
    openSource(repository.folder, join(temporary.path, 'state'), {
      trust: { allowedSigners: join(temporary.path, 'allowed'), unsignedMerges: 'Refuse' },
      isRecorded,
    })
  await using controller = open(true)
  signedCommit(repository, ada, 'first')
  await controller.refresh()
  for (let round = 0; round < 3; round++) {
    const commit = signedCommit(repository, ada, `round ${round}`)
    const plans = Array.from({ length: 4 }, () => open(false))
    const states = await Promise.all([...plans, controller].map((one) => one.refresh()))
    for (const plan of plans) await plan[Symbol.asyncDispose]()
    expect(states.map((state) => state.refused?.because ?? state.trouble ?? state.commit)).toEqual(states.map(() => commit))
  }
})

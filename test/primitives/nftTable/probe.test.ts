// Against the real nft of this machine, in namespaces of its own (captured behaviour: nftables 1.0.6, Debian 12).
import { describe, expect, it } from 'vitest'
import type { Known } from '../../../controller/model/observation.ts'
import type { NftState } from '../../../controller/primitives/nftTable/probe.ts'
import { type NftTableSpec, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { converge, differs, main, observe, primitive, run, useHost } from './driver.ts'

useHost()

describe('a probe', () => {
  it('runs three programs where nothing has changed', () => {
    converge(main)
    const script = primitive.probe([{ id: nftTableId, spec: main }], 'prod').text
    const traced = run(`set -x\n${script}`).stderr
    expect(traced.match(/^\++ (nft -s|sha256sum|unshare|sed|base64|head)\b/gm)).toHaveLength(2)
  })

  it('says what nft says where nft refuses the text', () => {
    converge(main)
    const alien: NftTableSpec = { ...main, parts: main.parts.map((part) => ({ ...part, sets: [] })) }
    expect(differs(alien)).toMatchObject({ status: 'refused', reasons: [expect.stringContaining('admins_main')] })
  })

  it('takes a table of the same name that is not ours for unmarked', () => {
    run('nft add table inet reeve')
    const observed = observe(main)
    expect(observed).not.toHaveProperty('mark')
    expect(differs(main)).toMatchObject({ status: 'change', change: { action: 'update' } })
  })

  it('is unknown where there is no nft, and never absent', () => {
    const script = primitive.probe([{ id: nftTableId, spec: main }], 'prod').text
    const ran = run(`PATH=/nowhere\n${script}`)
    expect(primitive.parse(ran.stdout, [{ id: nftTableId, spec: main }]).items.get(nftTableId)).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('not installed'),
    })
  })

  it('falls back to the text as a whole where the target refuses a namespace', () => {
    converge(main)
    run('nft flush chain inet reeve input_main')
    const subjects = [{ id: nftTableId, spec: main }]
    const refusing =
      'mkdir -p /var/lib/bin; printf "#!/bin/sh\\necho unshare failed: Operation not permitted >&2; exit 1\\n" >/var/lib/bin/unshare; chmod +x /var/lib/bin/unshare; PATH=/var/lib/bin:$PATH'
    const ran = run(`${refusing}\n${primitive.probe(subjects, 'prod').text}`)
    const observed = primitive.parse(ran.stdout, subjects).items.get(nftTableId) as Known<NftState>
    expect(primitive.diff(main, observed, undefined)).toMatchObject({ change: { fields: [{ field: 'table' }] } })
  })

  it('lists a marked table that no manifest asks for', () => {
    converge(main)
    const ran = run(primitive.probe([{ id: nftTableId }], 'prod').text)
    expect(primitive.parse(ran.stdout, [{ id: nftTableId }]).items.get(nftTableId)).toMatchObject({
      status: 'present',
      mark: { fleet: 'prod', owner: 'Firewall/main' },
    })
  })
})

import { expect, it } from 'vitest'
import { otherVariables } from '../../controller/config.ts'
import { filesOfConfig, harmlessFields, harmlessFiles, occupied, placesOfConfig, placesOfKinds } from './places.ts'

it('every file that reeve.yaml names has a canary, or holds nothing secret, and each of those is there', () => {
  const files = filesOfConfig()
  expect([...harmlessFiles].filter((place) => !files.includes(place))).toEqual([])
  expect(placesOfConfig()).toEqual(expect.arrayContaining(['reeve.yaml identities.*.privateKeyFile', 'reeve.yaml webhooks.secretFile']))
})

it('the walk through the CRDs finds what takes a secret, and nothing is left out that is not there', () => {
  expect([...harmlessFields]).toEqual([])
  expect(placesOfKinds()).toEqual(
    expect.arrayContaining([
      'Container spec.system.mailer.auth.secretRef',
      'Zone spec.updaters[].secretRef',
      'Proxy spec.vhosts[].tls.key',
    ]),
  )
})

it('a place counts as taken where something stands in it, through lists and maps', () => {
  const places = ['Zone spec.updaters[].secretRef', 'Zone spec.other.secretRef', 'Zone identities.*.file']
  const zone = { spec: { updaters: [{}, { secretRef: 'a' }] }, identities: { default: { file: '/a' } } }
  expect(occupied('Zone', zone, places)).toEqual(['Zone spec.updaters[].secretRef', 'Zone identities.*.file'])
})

it('of the variables that are no field, those with a secret are known to the canaries', () => {
  expect(otherVariables.filter((name) => name !== 'REEVE_CONFIG')).toEqual(['REEVE_SECRETS_IDENTITY', 'REEVE_WEBHOOKS_SECRET'])
})

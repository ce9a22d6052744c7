// HTTPS for Varnish, as its message and the readme say it: a real nginx with the certificate before a real varnishd, on the loopback.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../ssh/free-port.ts'
import { complaints, fleetOf } from '../fleet.ts'
import { startEcho } from './backends.ts'
import { containers, proxyOf, varnishOf } from './fleets.ts'
import { ask, makeCertificate, makeSite, startNginx, treeOf } from './local-nginx.ts'
import { startVarnish } from './local-varnish.ts'

const stack = new AsyncDisposableStack()
const [before, behind] = [stack.use(makeSite()), stack.use(makeSite())]
let https: number

beforeAll(async () => {
  const [http, memory] = [await freePort(), await freePort()]
  https = await freePort()
  const echo = await startEcho('one')
  stack.defer(() => void echo.server.close())
  makeCertificate(before, 'app')
  const nginx = `${containers}${proxyOf(`[{name: app, serverNames: [app.test], listen: {http: ${http}, https: ${https}, addresses: [127.0.0.1]},
    tls: {certificate: ${before.path('app.crt')}, key: ${before.path('app.key')}}, upstream: {servers: [{address: 127.0.0.1, port: ${memory}}]}}]`)}`
  const varnish = `${containers}${varnishOf(
    `[{name: cached, serverNames: [app.test], listen: {http: ${memory}, addresses: [127.0.0.1]}, upstream: {servers: [{address: 127.0.0.1, port: ${echo.port}}]},
      headers: {forwardedFor: Append, forwardedProto: false, realIp: false}}]`,
    '',
    'cache',
  )}`
  const both = fleetOf(nginx + varnish.slice(containers.length))
  expect(complaints(both, 'Proxy')).toEqual([])
  stack.use(await startVarnish(behind, varnish))
  stack.use(await startNginx(before, treeOf(nginx)))
})
afterAll(() => stack.disposeAsync())

test('an answer by HTTPS comes from Varnish, and its servers hear who asked and how', async () => {
  const question = { host: 'app.test', port: https, path: '/page', tls: {}, headers: { 'x-forwarded-for': '6.6.6.6' } }
  const answer = await ask(question)
  expect(answer).toMatchObject({ status: 200, certificate: 'app', headers: { via: expect.stringContaining('varnish') } })
  const { headers } = JSON.parse(answer.body)
  expect(headers).toMatchObject({ host: 'app.test', 'x-forwarded-proto': 'https', 'x-real-ip': '127.0.0.1' })
  expect(headers['x-forwarded-for']).toMatch(/^127\.0\.0\.1(, ?127\.0\.0\.1)*$/)
  const again = await ask(question)
  expect(again.body).toBe(answer.body)
  expect(again.headers['x-varnish']).toMatch(/^\d+ \d+$/)
})

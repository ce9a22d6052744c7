import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { literal, quoted, template } from '../../../controller/kinds/proxy/nginx/language.ts'
import { freePort } from '../../ssh/free-port.ts'
import { ask, makeSite, startNginx, writeConfig } from './local-nginx.ts'

/** What has a meaning in nginx's configuration, alone and together. */
const hostile = [
  ...[';', '{', '}', '"', "'", '$', '\\', '#', ' ', '$$', '$uri', '${uri}', '\\$uri', '\\', '\\"', '\\n', '$http_x; }', "'$'"],
  ...['"; } server { listen 81; } #', '\\"; return 200 "x', 'a # b', '{{ }}', '${', '$}', '$1', 'ü', 'é€😀', '%00', '~', '^~'],
]

test.each(['\n', '\r', '\0', '\t', '\x1b', '\x7f'])('a control character never gets into the configuration: %j', (character) => {
  for (const quote of [quoted, literal, template]) expect(() => quote(`a${character}b`)).toThrow('control character')
})

test('only allowed variables stay ones, in whatever spelling', () => {
  expect(template('$host ${host} $$host $hostile $uri $')).toBe(
    '"${host} ${reeve_dollar}{host} ${reeve_dollar}host ${reeve_dollar}hostile ${reeve_dollar}uri ${reeve_dollar}"',
  )
})

test('what nginx answers is the text as it was written', async () => {
  const port = await freePort()
  using site = makeSite()
  const answers = hostile.map((text, index) => `location = /${index} { return 200 ${literal(text)}; }`)
  const headers = hostile.map((text, index) => `location = /t${index} { add_header X-T ${template(text)}; return 204; }`)
  const file = `geo $reeve_dollar { default "$"; }\nserver { listen 127.0.0.1:${port}; server_name ${quoted('a.test')};\n${[...answers, ...headers].join('\n')}\n}\n`
  await using _nginx = await startNginx(site, { 'a.conf': file })
  for (const [index, text] of hostile.entries()) {
    expect((await ask({ port, host: 'a.test', path: `/${index}` })).body).toBe(text)
    const shown = (await ask({ port, host: 'a.test', path: `/t${index}` })).headers['x-t'] ?? ''
    expect(Buffer.from(String(shown), 'latin1').toString()).toBe(text.replaceAll('$$', '$').trim())
  }
})

test('nginx reads a quoted word as one word', () => {
  using site = makeSite()
  const log = (text: string, index: number) => `log_format x${index} ${quoted(`x${text.replaceAll('$', '')}`)};`
  const config = writeConfig(site, { 'a.conf': hostile.map(log).join('\n') })
  expect(() => execFileSync('nginx', ['-t', '-q', '-c', config, '-e', site.path('error.log')])).not.toThrow()
})

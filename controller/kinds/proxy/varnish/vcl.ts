import type { Fleet } from '../../../model/fleet.ts'
import { markLine } from '../../../primitives/file/spec.ts'
import { type Generation, generationOf } from '../generation.ts'
import type { ProxyManifest, Vhost } from '../places.ts'
import { type Line, render, word } from './language.ts'
import { sockets } from './listen.ts'
import { backends, directors } from './upstream.ts'
import { answer, answerHeaders, conditions, fetch, mark, own, receive, statusLine } from './vhost.ts'

/** The VCL of one Proxy, and the name of what it makes. varnish's own rules follow ours where ours do not end (builtin.vcl). */
export function vcl(proxy: ProxyManifest, fleet: Fleet): { readonly text: string; readonly generation: Generation } {
  const { vhosts } = proxy.spec
  const body = [...vhosts.flatMap((vhost) => backends(vhost, fleet)), ...routines(vhosts, fleet)]
  const asked = receiveAll(vhosts)
  const answered = [...vhosts.flatMap(answerHeaders), ...vhosts.flatMap(answer), ...stranger]
  const generation = generationOf([proxy.id, render([...body, ...asked, ...answered])])
  const head: readonly Line[] = [
    ['vcl 4.1'],
    ...(vhosts.some(({ upstream }) => upstream) ? [['import directors'] as const] : []),
    ['backend default none'],
  ]
  const answers: readonly Line[] = [
    ['sub vcl_recv', [ask(generation), ...asked]],
    ['sub vcl_synth', [...told(generation), ...answered]],
  ]
  const text = render([...head, ...body, ...answers])
  return { text: `${markLine(fleet.name, proxy.id)}${text}`, generation }
}

function routines(vhosts: readonly Vhost[], fleet: Fleet): readonly Line[] {
  const made = vhosts.flatMap(directors)
  return [
    ...(made.length > 0 ? [['sub vcl_init', made] as const] : []),
    [
      'sub vcl_pipe',
      [
        ['if (req.http.upgrade)', [['set bereq.http.upgrade = req.http.upgrade'], ['set bereq.http.connection = req.http.connection']]],
        ['unset bereq.http.Reeve-Vhost'],
      ],
    ],
    ['sub vcl_backend_fetch', [...vhosts.flatMap((vhost) => fetch(vhost, fleet)), ['unset bereq.http.Reeve-Vhost']]],
    ['sub vcl_deliver', vhosts.flatMap(answerHeaders)],
  ]
}

function ask({ name }: Generation): Line {
  return [`if (req.http.host == ${word(name)})`, [[`return (synth(${own.generation}, "generation"))`]]]
}

/** The first that fits: whole names, then the longest wildcard, then the default, else a stranger. */
function receiveAll(vhosts: readonly Vhost[]): readonly Line[] {
  const all = sockets(vhosts)
  const cases = vhosts.flatMap((vhost) => conditions(vhost, all).map(({ words, rank }) => ({ vhost, words, rank })))
  const chain = cases
    .sort((one, other) => one.rank - other.rank)
    .map(({ vhost, words }, index): Line => [`${index === 0 ? 'if' : 'elseif'} (${words})`, receive(vhost)])
  return [[`unset ${mark}`], ...chain, ['else', [[`return (synth(${own.stranger}, "stranger"))`]]]]
}

function told({ id }: Generation): readonly Line[] {
  const lines: readonly Line[] = [
    ...statusLine(200),
    ['set resp.http.Content-Type = "text/plain"'],
    [`synthetic(${word(id)})`],
    ['return (deliver)'],
  ]
  return [[`if (resp.status == ${own.generation})`, lines]]
}

const stranger: readonly Line[] = [[`if (resp.status == ${own.stranger})`, [...statusLine(404), ['synthetic("")'], ['return (deliver)']]]]

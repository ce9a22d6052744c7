import { describe, expect, it } from 'vitest'
import { isManifestPath } from '../../controller/manifests/tree.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { badApprovals } from './approvals.cases.ts'
import { good, loadSample, machineWith } from './sample.ts'

describe('a tree becomes a fleet', () => {
  it('ignores what is no manifest by its name', () => {
    const paths = [
      'a.yaml',
      'b/c.YML',
      'README.md',
      '.hidden.yaml',
      '.github/a.yaml',
      'a/.b/c.yaml',
      'reeve.approvals.yaml',
      'a.yaml.bak',
      'a.json',
    ]
    expect(paths.filter(isManifestPath)).toEqual(['a.yaml', 'b/c.YML'])
  })

  it('gives the same fleet whatever the order of files and documents', () => {
    const one = loadSample({ 'a.yaml': good, 'b.yaml': machineWith('address: a', 'zed') })
    const other = loadSample({ 'b.yaml': machineWith('address: a', 'zed'), 'a.yaml': good.split('---\n').reverse().join('---\n') })
    const ids = (result: typeof one): unknown => result.fleet.manifests.map(({ id, generation }) => [id, generation])
    expect(ids(one)).toEqual(ids(other))
    expect(one.fleet.manifests.map((each) => each.id)).toEqual(['App/shop', 'Machine/he1', 'Machine/zed'])
    expect(one.fleet.get('Machine' as never, 'zed')).toMatchObject({ name: 'zed' })
    expect(one.fleet.all('App' as never)).toHaveLength(1)
  })

  it('lists findings by file, line and column', () => {
    const result = loadSample({ 'b.yaml': machineWith('address: 7\ncpus: x'), 'a.yaml': machineWith('address: a\ncpus: 0', 'x') })
    expect(result.diagnostics.map(({ at }) => `${at.file}:${at.line}:${at.column}`)).toEqual(['a.yaml:6:9', 'b.yaml:5:12', 'b.yaml:6:9'])
  })

  it('tells what was refused by name', () => {
    const [told] = loadSample({}, [{ path: 'link.yaml', reason: 'this is a symbolic link' }]).diagnostics
    expect(told).toMatchObject({ severity: 'error', at: { file: 'link.yaml', line: 0 }, summary: 'this is a symbolic link' })
  })

  it('does not call a reference wrong whose target may stand in a file that cannot be read', () => {
    const [manifest, leaning = ''] = good.split('---\n')
    const result = loadSample({ 'app.yaml': leaning, 'he1.yaml': `${manifest}x: [` })
    expect(result.diagnostics.map(({ severity, at, summary }) => [severity, at.file, summary])).toEqual([
      ['warning', 'app.yaml', 'left out, because he1.yaml, where Machine "he1" may stand, cannot be read'],
      ['error', 'he1.yaml', 'the closing ] is missing, or stands too far to the left'],
    ])
    expect(result.invalid.get('App/shop' as never)?.because).toBe('dependency')
  })

  it('allows anchors and aliases, comments, Windows line ends and a byte order mark', () => {
    const text = `\ufeff# a comment\n${machineWith('address: &a host\nnote: *a # here', 'ok')}`.replaceAll('\n', '\r\n')
    const result = loadSample({ 'a.yaml': text })
    expect(result.diagnostics).toEqual([])
    expect(result.fleet.manifests[0]?.spec).toMatchObject({ address: 'host', note: 'host' })
  })
})

describe('a manifest', () => {
  const only = (text: string): NonNullable<ReturnType<typeof loadSample>['fleet']['manifests'][0]> => {
    const [manifest] = loadSample({ 'a.yaml': text }, [], 'abc').fleet.manifests
    if (manifest === undefined) throw new Error('the manifest is valid')
    return manifest
  }

  it.each([
    ['', 2, 1],
    ['spec', 5, 1],
    ['spec.address', 6, 12],
    ['spec.ports', 7, 3],
    ['spec.ports[1]', 9, 7],
    ['spec.ports[7]', 7, 3],
    ['spec.labelsOf["example.org/x"]', 10, 31],
    ['spec.missing', 5, 1],
    ['spec.root.path.deeper', 5, 1],
    ['metadata.name', 4, 18],
    ['nothing', 2, 1],
    ['..[[', 2, 1],
  ])('knows where %j stands', (path, line, column) => {
    const manifest = only(`# first line\n${machineWith('address: a\nports:\n  - 22\n  - 80\nlabelsOf: {"example.org/x": y}')}`)
    expect(manifest.at(path)).toEqual({ file: 'a.yaml', line, column })
  })

  it('has a generation that moves with its content and with nothing else', () => {
    const plain = machineWith('address: a\ncpus: 3')
    const same = [`# hello\n${plain}`, machineWith('cpus: 3   # three\naddress: "a"'), plain.replace('{name: bad}', '\n  name: bad')]
    const others = [
      machineWith('address: a\ncpus: 4'),
      plain.replace('{name: bad}', '{name: bad, labels: {a: b}}'),
      machineWith('address: a\ncpus: 3', 'worse'),
    ]
    for (const text of same) expect(only(text).generation).toBe(only(plain).generation)
    for (const text of others) expect(only(text).generation).not.toBe(only(plain).generation)
  })
})

describe('the file of approvals', () => {
  const approvals = (text: string): ReturnType<typeof loadSample> => loadSample({ 'reeve.approvals.yaml': text })

  it('is read and is no manifest', () => {
    const result = approvals('- {hash: 0123456789ab, reason: planned, author: Ada}\n- {hash: ffffffffffff}\n')
    expect(result.approvals).toEqual([{ hash: '0123456789ab', reason: 'planned', author: 'Ada' }, { hash: 'ffffffffffff' }])
    expect([result.files.size, result.diagnostics]).toEqual([0, []])
  })

  it.each(badApprovals)('approves nothing where it is wrong: $name', ({ text, says }) => {
    const result = approvals(text)
    expect(result.approvals).toEqual([])
    expect(formatDiagnostics(result.diagnostics, { format: 'text' }).trimEnd().split('\n')).toEqual(says)
  })
})

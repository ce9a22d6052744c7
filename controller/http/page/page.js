// The status page. What comes from hosts and repositories reaches the document as text only: nothing here parses HTML.
import { linesOf } from './diff.js'

const pollMs = 10_000
const backupMs = 60_000
const mostRows = 300

const shown = new Map()
const opened = new Set()
const state = { status: undefined, answeredAt: 0, isLive: false, isLoading: false, isDirty: false, all: false }

function at(id) {
  return document.getElementById(id)
}

/** An element with attributes and children; a string becomes text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value)
  element.append(...children.flat().filter((child) => child !== undefined && child !== ''))
  return element
}

/** Characters that move or hide what stands beside them are shown as what they are. */
function plain(text) {
  return String(text ?? '').replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`
}

function ago(seconds) {
  const passed = Math.max(0, Date.now() / 1000 - seconds)
  if (passed < 5) return 'now'
  if (passed < 90) return `${Math.round(passed)} s ago`
  if (passed < 5400) return `${Math.round(passed / 60)} min ago`
  if (passed < 129_600) return `${Math.round(passed / 3600)} h ago`
  return `${Math.round(passed / 86_400)} d ago`
}

function time(seconds) {
  if (seconds === null || seconds === undefined) return ''
  const iso = new Date(seconds * 1000).toISOString()
  return make('time', { datetime: iso, title: `${iso.slice(0, 19).replace('T', ' ')} UTC`, 'data-at': seconds }, ago(seconds))
}

function pill(text, mood) {
  return make('span', { class: 'pill', 'data-state': mood }, plain(text))
}

/** Draws a part anew where what it shows is not what it showed, and leaves the reader where he was. */
function draw(id, facts, build) {
  const text = JSON.stringify(facts)
  if (shown.get(id) === text) return
  shown.set(id, text)
  const element = at(id)
  const focused = element.contains(document.activeElement) ? document.activeElement.id : ''
  const children = build()
  element.replaceChildren(...children.flat())
  for (const details of element.querySelectorAll('details[id]')) {
    details.open = opened.has(details.id)
    details.addEventListener('toggle', () => (details.open ? opened.add(details.id) : opened.delete(details.id)))
  }
  if (focused !== '') at(focused)?.focus()
}

function section(id, title, facts, build) {
  const element = at(id)
  element.hidden = facts.length === 0
  draw(id, facts, () => (facts.length === 0 ? [] : [make('h2', { id: `${id}-title` }, title), build()]))
}

function table(names, rows) {
  const head = make(
    'thead',
    {},
    make(
      'tr',
      {},
      names.map((name) => make('th', { scope: 'col' }, name)),
    ),
  )
  return make('div', { class: 'scroll' }, make('table', { class: 'stacks' }, head, make('tbody', {}, rows)))
}

function cell(kind, ...children) {
  return make('td', { class: kind }, ...children)
}

function condition(resource, type) {
  return resource.conditions.find((one) => one.type === type)
}

function idOf(resource) {
  return `${resource.kind}/${resource.name}`
}

/** What a person should do something about, worst first. */
function attentionOf(status) {
  const errors = status.errors.map((error) => ({ mood: 'bad', word: 'error', what: error, why: 'its last good version stays in force' }))
  const refused = status.refused
  const untrusted = refused
    ? [
        {
          mood: 'bad',
          word: 'refused',
          what: `commits up to ${refused.head.slice(0, 12)}`,
          why: `${refused.because}; ${refused.todo}`,
          approval: refused.approval,
        },
      ]
    : []
  const down = status.hypervisors
    .filter((one) => one.isUp === false)
    .map((one) => ({ mood: 'bad', word: 'down', what: one.name, why: one.message }))
  const withheld = status.hypervisors.flatMap((one) =>
    one.withheld
      .filter((held) => held.brake !== 'Suspended')
      .map((held) => ({
        mood: 'warn',
        word: 'held back',
        what: one.name,
        why: held.because,
        changes: held.changes,
        approval: held.approval,
      })),
  )
  const told = new Set(withheld.map(({ why }) => why))
  const failing = status.resources
    .filter(
      (one) =>
        isTroubled(one) &&
        !status.hypervisors.some(({ isUp, name }) => isUp === false && one.targets.every((target) => target.split('/')[0] === name)),
    )
    .map((one) => ({
      mood: 'bad',
      word: troubleOf(one).type === 'Healthy' ? 'unhealthy' : 'not ready',
      what: idOf(one),
      why: troubleOf(one).message,
    }))
    .filter(({ why }) => ![...told].some((known) => why.endsWith(known)))
  const suspended = status.suspensions.map((one) => ({
    mood: 'idle',
    word: 'suspended',
    what: one.manifest ?? one.hypervisor ?? 'the whole fleet',
    why: `${one.reason} (${one.givenBy}, until ${utc(one.untilSeconds)})`,
  }))
  return [...untrusted, ...errors, ...down, ...failing, ...withheld, ...suspended]
}

function utc(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function troubleOf(resource) {
  const ready = condition(resource, 'Ready')
  if (ready?.status === false && ready.reason !== 'Suspended') return ready
  const healthy = condition(resource, 'Healthy')
  return healthy?.status === false ? healthy : undefined
}

function isTroubled(resource) {
  return troubleOf(resource) !== undefined
}

function drawAttention(attention) {
  section('attention', 'Needs attention', attention, () =>
    make(
      'ul',
      { class: 'list' },
      attention.map((one) =>
        make(
          'li',
          {},
          pill(one.word, one.mood),
          ' ',
          make('strong', {}, plain(one.what)),
          make('p', { class: 'quiet' }, plain(one.why)),
          (one.changes ?? []).length > 0
            ? make(
                'ul',
                { class: 'done' },
                one.changes.slice(0, 20).map((change) => make('li', {}, plain(change))),
              )
            : undefined,
          one.approval ? make('p', {}, 'To let it through: ', make('code', {}, `reeve approve ${plain(one.approval)}`)) : undefined,
        ),
      ),
    ),
  )
}

function drawTiles(status, drifting, attention) {
  const up = status.hypervisors.filter((one) => one.isUp === true).length
  const ready = status.resources.filter((one) => condition(one, 'Ready')?.status === true).length
  const held = attention.filter(({ approval }) => approval).length
  const tiles = [
    [`${up} of ${status.hypervisors.length}`, 'hypervisors up', status.hypervisors.some((one) => one.isUp === false) ? 'bad' : 'good'],
    [`${ready} of ${status.resources.length}`, 'manifests ready', status.resources.some(isTroubled) ? 'bad' : 'good'],
    [String(drifting.length), 'open drift', drifting.length > 0 ? 'warn' : 'good'],
    [String(held), 'wait for approval', held > 0 ? 'warn' : 'good'],
    [String(status.suspensions.length), 'suspended', status.suspensions.length > 0 ? 'idle' : 'good'],
  ]
  draw('tiles', tiles, () =>
    tiles.map(([number, name, mood]) =>
      make('li', { 'data-state': mood }, make('strong', {}, number), make('span', { class: 'name' }, name)),
    ),
  )
}

/** One item may drift in many fields, and be asked for by many manifests. */
function driftOf(status) {
  const items = new Map()
  for (const one of status.resources.flatMap(({ drift }) => drift)) {
    const key = `${one.target} ${one.item}`
    const item = items.get(key) ?? { ...one, key, fields: new Map() }
    item.fields.set(one.field, { wanted: one.wanted, found: one.found })
    items.set(key, item)
  }
  return [...items.values()].sort((one, other) => other.sinceSeconds - one.sinceSeconds)
}

function drawDrift(drifting) {
  const facts = drifting.map(({ fields, ...one }) => [one, [...fields]])
  section('drift', 'Open drift', facts, () =>
    make(
      'ul',
      { class: 'list' },
      drifting.map((one, index) =>
        make(
          'li',
          {},
          make(
            'details',
            { id: `drift-of-${one.key}` },
            make(
              'summary',
              { id: `drift-summary-${index}` },
              make('strong', {}, plain(one.item)),
              ' on ',
              plain(one.target),
              ' ',
              make('span', { class: 'quiet' }, 'since ', time(one.sinceSeconds)),
            ),
            make('p', { class: 'quiet' }, `asked for by ${plain(one.owners.join(', '))}`),
            [...one.fields].map(([field, values]) => difference(field, values)),
          ),
        ),
      ),
    ),
  )
}

function difference(field, { wanted, found }) {
  const lines = linesOf(found, wanted).map(({ sort, text }) => {
    const sign = sort === 'minus' ? '-' : sort === 'plus' ? '+' : ' '
    return make('span', { class: sort }, `${sign} ${plain(text)}`)
  })
  const name = `Difference of ${plain(field)}: lines with - are on the host, lines with + are wanted`
  return make(
    'div',
    {},
    make('p', {}, make('code', {}, plain(field))),
    make('pre', { tabindex: '0', role: 'group', 'aria-label': name }, lines),
  )
}

const results = {
  noop: ['as wanted', 'good'],
  converged: ['converged', 'good'],
  waiting: ['at work', 'idle'],
  withheld: ['held back', 'warn'],
  held: ['held', 'warn'],
  failed: ['failed', 'bad'],
}

function hostPills(one) {
  if (one.isUp === false) return [pill('down', 'bad')]
  if (one.isUp === 'unknown') return [pill('not tried yet', 'idle')]
  const [word, mood] = results[one.lastResult] ?? [one.lastResult ?? 'up', 'idle']
  return one.suspended === null ? [pill(word, mood)] : [pill('suspended', 'idle')]
}

function drawHypervisors({ hypervisors }) {
  section('hypervisors', 'Hypervisors', hypervisors, () =>
    table(
      ['Name', 'State', 'Last seen', 'What it says'],
      hypervisors.map((one) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, plain(one.name)),
          cell('state', hostPills(one)),
          cell('when quiet', time(one.lastCycleSeconds)),
          cell('quiet', plain(one.suspended ?? one.message)),
        ),
      ),
    ),
  )
}

function manifestPills(one) {
  const ready = condition(one, 'Ready')
  const pills = []
  if (condition(one, 'Suspended')?.status === true) pills.push(pill('suspended', 'idle'))
  else if (ready?.status === true) pills.push(pill('ready', 'good'))
  else if (ready?.status === false) pills.push(pill('not ready', 'bad'))
  else pills.push(pill(ready === undefined ? 'not seen yet' : 'at work', 'idle'))
  if (condition(one, 'Healthy')?.status === false) pills.push(pill('unhealthy', 'bad'))
  if (condition(one, 'Drifted')?.status === true) pills.push(pill('drift', 'warn'))
  return pills
}

function wordsOf(one) {
  const shownTrouble = troubleOf(one)
  if (shownTrouble) return shownTrouble.message
  const suspended = condition(one, 'Suspended')
  if (suspended?.status === true) return suspended.message
  const ready = condition(one, 'Ready')
  return ready?.status === true || ready === undefined ? '' : ready.message
}

function rank(one) {
  return isTroubled(one) ? 0 : one.drift.length > 0 ? 1 : condition(one, 'Ready')?.status === true ? 3 : 2
}

function drawManifests({ resources }) {
  const wanted = at('find').value.trim().toLowerCase()
  const found = resources.filter((one) => `${idOf(one)} ${one.targets.join(' ')}`.toLowerCase().includes(wanted))
  const sorted = [...found].sort((one, other) => rank(one) - rank(other) || idOf(one).localeCompare(idOf(other)))
  const rows = state.all ? sorted : sorted.slice(0, mostRows)
  at('manifests').hidden = resources.length === 0
  draw('manifests-list', [rows, sorted.length, wanted], () => {
    if (rows.length === 0) return [make('p', { class: 'quiet' }, `Nothing is called ${plain(wanted)}.`)]
    const list = table(
      ['Manifest', 'State', 'On', 'What it says'],
      rows.map((one) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, make('span', { class: 'kind' }, `${plain(one.kind)}/`), plain(one.name)),
          cell('state', manifestPills(one)),
          cell('', plain(one.targets.join(', '))),
          cell('quiet', plain(wordsOf(one))),
        ),
      ),
    )
    if (rows.length === sorted.length) return [list]
    const more = make('button', { type: 'button', id: 'show-all' }, `Show all ${sorted.length}`)
    more.addEventListener('click', () => {
      state.all = true
      drawManifests(state.status)
    })
    return [list, more]
  })
}

/** What a commit did where, newest first. */
function deedsOf(hash, reconciles) {
  return reconciles
    .filter(({ commit }) => commit === hash)
    .flatMap(({ subject, detail, atSeconds }) => {
      const changed = Array.isArray(detail.changed) ? detail.changed : []
      if (changed.length > 0) return [{ subject, atSeconds, words: changed.slice(0, 8), more: changed.length - 8 }]
      return detail.status === 'noop'
        ? []
        : [{ subject, atSeconds, words: [[detail.status, detail.message].filter(Boolean).join(': ')], more: 0 }]
    })
    .slice(0, 12)
}

function drawCommits(commits, reconciles) {
  const facts = commits.map((one) => ({ ...one, deeds: deedsOf(one.subject, reconciles) }))
  section('commits', 'Last commits', facts, () =>
    make(
      'ul',
      { class: 'list' },
      facts.map((one) =>
        make(
          'li',
          {},
          make('strong', {}, plain(one.detail.subject || one.subject.slice(0, 12))),
          ' ',
          one.detail.errors > 0 ? pill(count(one.detail.errors, 'finding'), 'warn') : undefined,
          make(
            'p',
            { class: 'quiet' },
            make('code', {}, plain(one.subject.slice(0, 12))),
            ` by ${plain(one.detail.author)}, `,
            time(one.atSeconds),
          ),
          one.deeds.length === 0
            ? make('p', { class: 'quiet' }, 'Changed nothing on any host, as far as is remembered.')
            : make(
                'ul',
                { class: 'done' },
                one.deeds.map((deed) =>
                  make(
                    'li',
                    {},
                    make('strong', {}, plain(deed.subject)),
                    ` ${plain(deed.words.join('; '))}${deed.more > 0 ? ` and ${deed.more} more` : ''}`,
                  ),
                ),
              ),
        ),
      ),
    ),
  )
}

const sayings = {
  commit: ({ detail }) => `${detail.author}: ${detail.subject}`,
  reconcile: ({ detail }) => [detail.status, detail.message, (detail.changed ?? []).join('; ')].filter(Boolean).join(': '),
  drift: ({ detail }) => `${detail.item}${detail.isCorrected ? ', put right' : ', left as it is'}`,
  mail: ({ detail }) => detail.subject,
  approval: ({ detail }) => `by ${detail.by}`,
  silence: ({ detail }) => `${detail.what} by ${detail.by}${detail.reason ? `: ${detail.reason}` : ''}`,
  suspension: ({ detail }) => `${detail.what}${detail.by ? ` by ${detail.by}` : ''}${detail.reason ? `: ${detail.reason}` : ''}`,
  webhook: ({ detail }) => `push to ${detail.branch}`,
  command: ({ detail }) => `${detail.what} by ${detail.by}`,
}

function drawLately(entries) {
  section('lately', 'Lately', entries, () =>
    table(
      ['When', 'What', 'About', 'What happened'],
      entries.map((one) =>
        make(
          'tr',
          {},
          cell('when quiet', time(one.atSeconds)),
          cell('state', one.sort),
          make('th', { scope: 'row' }, plain(one.sort === 'commit' ? one.subject.slice(0, 12) : one.subject)),
          cell('', plain(sayings[one.sort]?.({ ...one, detail: one.detail ?? {} }) ?? '')),
        ),
      ),
    ),
  )
}

function drawHead(status, attention) {
  const urgent = attention.filter(({ mood }) => mood !== 'idle')
  const isBad = urgent.some(({ mood }) => mood === 'bad')
  const isTried = status.commit !== null && status.hypervisors.every(({ isUp }) => isUp !== 'unknown')
  const words =
    urgent.length > 0
      ? `${count(urgent.length, 'thing needs', 'things need')} attention`
      : isTried
        ? 'All is as Git says'
        : 'Looking at the fleet…'
  const mood = urgent.length === 0 ? (isTried ? 'good' : 'unknown') : isBad ? 'bad' : 'warn'
  at('fleet').textContent = plain(status.fleet)
  document.title = `${urgent.length > 0 ? `(${urgent.length}) ` : ''}${plain(status.fleet)} · Reeve`
  at('verdict').dataset.state = mood
  if (at('verdict').textContent === words) return
  at('verdict').textContent = words
  at('spoken').textContent = words
}

function drawCommit({ commit }) {
  draw('commit', commit, () =>
    commit === null
      ? ['No commit was read yet.']
      : [
          make('code', {}, plain(commit.hash.slice(0, 12))),
          ` ${plain(commit.subject)}, by ${plain(commit.author)}, `,
          time(commit.atSeconds),
        ],
  )
}

function drawLive() {
  const isLost = Date.now() - state.answeredAt > 2 * pollMs && state.failed
  const word = isLost
    ? `no answer since ${new Date(state.answeredAt || Date.now()).toLocaleTimeString()}`
    : state.isLive
      ? 'live'
      : `every ${pollMs / 1000} s`
  at('live').dataset.state = isLost ? 'lost' : state.isLive ? 'live' : 'polling'
  if (at('live').textContent !== word) at('live').textContent = word
  document.body.dataset.stale = String(isLost)
}

async function get(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(20_000) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer.json()
}

/** One at a time; what is asked for meanwhile is asked once more. */
async function load() {
  if (state.isLoading) {
    state.isDirty = true
    return
  }
  state.isLoading = true
  try {
    const [status, commits, reconciles, lately] = await Promise.all([
      get('/api/v1/status'),
      get('/api/v1/history?sort=commit&limit=6'),
      get('/api/v1/history?sort=reconcile&limit=200'),
      get('/api/v1/history?limit=15'),
    ])
    state.status = status
    state.answeredAt = Date.now()
    state.failed = false
    drawAll(status, commits.entries, reconciles.entries, lately.entries)
  } catch {
    state.failed = true
  }
  state.isLoading = false
  drawLive()
  if (state.isDirty) {
    state.isDirty = false
    setTimeout(load, 500)
  }
}

function drawAll(status, commits, reconciles, lately) {
  const attention = attentionOf(status)
  const drifting = driftOf(status)
  drawHead(status, attention)
  drawCommit(status)
  drawTiles(status, drifting, attention)
  drawAttention(attention)
  drawDrift(drifting)
  drawHypervisors(status)
  drawCommits(commits, reconciles)
  drawManifests(status)
  drawLately(lately)
}

function follow() {
  const source = new EventSource('/api/v1/events')
  source.addEventListener('open', () => {
    // After a loss nobody told what happened meanwhile.
    if (!state.isLive) load()
    state.isLive = true
    drawLive()
  })
  source.addEventListener('change', load)
  source.addEventListener('error', () => {
    state.isLive = false
    drawLive()
    // The browser gives up for good where the answer is no stream; it is asked again later.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, backupMs)
  })
}

setInterval(() => {
  for (const element of document.querySelectorAll('time[data-at]')) {
    const words = ago(Number(element.dataset.at))
    if (element.textContent !== words) element.textContent = words
  }
  const passed = Date.now() - state.answeredAt
  if (passed > (state.isLive && !state.failed ? backupMs : pollMs)) load()
  drawLive()
}, 2000)
at('find').addEventListener('input', () => state.status && drawManifests(state.status))
load()
follow()

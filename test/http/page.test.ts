import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createNews, type News } from '../../controller/cli/news.ts'
import { type Server, startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import type { HistoryEntry } from '../../controller/model/history.ts'
import type { StatusView } from '../../controller/model/status.ts'
import { badHistory, badStatus, goodHistory, goodStatus, hostile } from './views.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where screenshots go for a person to look at; nowhere where it is not said. */
const album = process.env['REEVE_TEST_SCREENSHOTS']

let folder: string
let browser: Browser
let server: Server
let page: Page
let news: News
let status: StatusView
let history: readonly HistoryEntry[]
let faults: string[]

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
}, 60_000)
afterAll(() => browser.close())

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-page-'))
  news = createNews()
  faults = []
  ;[status, history] = [badStatus, badHistory]
  server = await start()
})
afterEach(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function start(port = 0): Promise<Server> {
  const source: StatusSource = {
    readiness: () => ({ isReady: true, reason: '' }),
    status: () => status,
    history: ({ sort, limit }) => history.filter((entry) => (sort ?? entry.sort) === entry.sort).slice(0, limit),
    subscribe: news.subscribe,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
  }
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return startServer({ source, commands: {} as Commands, log, listen: { host: '127.0.0.1', port }, socketPath: join(folder, 'sock') })
}

interface Looks {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
}

/** Opens the page and waits until it has shown what it was told. */
async function open(looks: Looks = {}): Promise<void> {
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...looks })).newPage()
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('request', (request) => new URL(request.url()).host !== `127.0.0.1:${server.port}` && faults.push(`asks ${request.url()}`))
  await page.goto(`http://127.0.0.1:${server.port}/`)
  await page.waitForSelector('#verdict:not([data-state="unknown"])')
}

const text = (selector: string) => page.locator(selector).textContent()

/** axe-core looks at the page as it stands; the page's own policy would not let it in, the debugger's world does. */
async function barriers(): Promise<readonly string[]> {
  const client = await page.context().newCDPSession(page)
  const { result, exceptionDetails } = await client.send('Runtime.evaluate', {
    expression: `${axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((found) => JSON.stringify(found.violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | '))))`,
    awaitPromise: true,
  })
  if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
  return JSON.parse(String(result.value)) as readonly string[]
}

describe('the status page', () => {
  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
    ['phone-dark', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
  ] as const)('keeps nobody out (%s), and loads nothing from elsewhere', async (name, looks) => {
    await open(looks)
    await page.locator('#drift summary').first().click()
    if (album) await page.screenshot({ path: join(album, `${name}.png`), fullPage: true })
    expect(await barriers()).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    expect(faults).toEqual([])
  })

  it('says that all is well where it is, and shows no empty parts', async () => {
    ;[status, history] = [goodStatus, goodHistory]
    await open()
    if (album) await page.screenshot({ path: join(album, 'well.png'), fullPage: true })
    expect(await text('h1')).toBe('All is as Git says')
    expect(await page.title()).toBe('home · Reeve')
    expect([await page.isVisible('#attention'), await page.isVisible('#drift')]).toEqual([false, false])
    expect(await barriers()).toEqual([])
  })

  it('shows what needs a person first, with what to do, and drift with its difference', async () => {
    await open()
    expect(await text('h1')).toBe('4 things need attention')
    expect(await text('#attention')).toContain('reeve approve 0123456789ab')
    expect(await text('#attention')).toContain('fleet/edge.yaml:12:7')
    await page.locator('#drift summary').first().click()
    expect((await page.locator('#drift pre').first().locator('.minus').allInnerTexts()).map((line) => line.trim())).toEqual([
      '-     listen 81;',
    ])
    expect((await page.locator('#drift pre').first().locator('.plus').allInnerTexts()).map((line) => line.trim())).toEqual([
      '+     listen 80;',
    ])
    expect(await text('#commits')).toContain('done file:/etc/nginx/nginx.conf')
  })

  it('follows by itself: what changed is shown without a reload, what is open stays open', async () => {
    await open()
    await page.waitForSelector('.live[data-state="live"]')
    await page.evaluate('window.isSame = true')
    await page.locator('#drift summary').first().focus()
    await page.keyboard.press('Enter')
    status = { ...badStatus, hypervisors: badStatus.hypervisors.map((one) => ({ ...one, isUp: true, message: '' })) }
    news.tell()
    await expect.poll(() => text('h1')).toBe('3 things need attention')
    expect(await page.evaluate("'isSame' in window")).toBe(true)
    expect(await page.locator('#drift details').first().getAttribute('open')).not.toBeNull()
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('SUMMARY')
    expect(await text('#spoken')).toBe('3 things need attention')
  })

  it('asks by itself where nothing can be followed, says when nothing answers, and comes back', async () => {
    await open()
    await page.waitForSelector('.live[data-state="live"]')
    const { port } = server
    await server[Symbol.asyncDispose]()
    await page.waitForSelector('.live[data-state="polling"], .live[data-state="lost"]')
    status = goodStatus
    server = await start(port)
    await expect.poll(() => text('h1'), { timeout: 15_000 }).toBe('All is as Git says')
  })

  it('takes hostile names, messages and diffs as text', async () => {
    ;[status, history] = [hostile(badStatus), hostile(badHistory)]
    await open()
    for (const summary of await page.locator('#drift summary').all()) await summary.click()
    expect(await page.evaluate("[document.images.length, document.scripts.length, 'pwned' in window]")).toEqual([1, 1, false])
    expect(await page.locator('main :is(img, script, iframe, object, embed, svg, form, a[href^="javascript:"])').count()).toBe(0)
    expect(await page.evaluate('document.body.innerText')).toContain('<img src=x onerror=')
    expect(await page.evaluate('document.body.innerText')).not.toMatch(/[\u202e\u0007\u200b]/)
    expect(faults).toEqual([])
  })

  it('finds a manifest by a part of its name', async () => {
    await open()
    await page.getByLabel('Find').fill('zone/')
    await expect.poll(() => page.locator('#manifests tbody tr').count()).toBe(1)
    await page.getByLabel('Find').fill('nothing of the sort')
    await expect.poll(() => text('#manifests-list')).toBe('Nothing is called nothing of the sort.')
  })

  it('shows ten thousand manifests without a long wait, the worst first', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      ...goodStatus.resources[0],
      name: `n${index}`,
    })) as StatusView['resources']
    status = { ...badStatus, resources: [...many, ...badStatus.resources] }
    await open()
    expect(await page.locator('#manifests tbody tr').count()).toBe(300)
    expect(await page.locator('#manifests tbody tr').first().textContent()).toContain('Proxy/edge')
    await page.getByRole('button', { name: 'Show all 10004' }).click()
    await expect.poll(() => page.locator('#manifests tbody tr').count()).toBe(10_004)
  })
})

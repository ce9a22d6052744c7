import { describe, expect, it } from 'vitest'
import { alertConditions } from '../controller/model/alarm.ts'
import { runbookPage } from './runbookPage.ts'

// What is served at /runbook; that the file is up to date is seen by `npm run check`, that it is served by the tests of the routes.
describe('the runbook as a page', () => {
  const page = runbookPage()

  it.each(alertConditions)('has a heading that alerts and dashboards lead to: %s', (condition) => {
    expect(page).toContain(`<h2 id="${condition.toLowerCase()}">${condition}</h2>`)
  })

  it('leads to nothing that the controller does not serve', () => {
    const links = [...page.matchAll(/<a href="([^"]*)"/g)].map(([, href = '']) => href)
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => `#${id}`))
    expect(links.filter((href) => href !== '/' && !href.startsWith('https:') && !ids.has(href))).toEqual([])
  })

  it('holds no script and no markup but its own', () => {
    expect(page).not.toMatch(/<script|javascript:| on[a-z]+=/i)
  })
})

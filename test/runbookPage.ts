import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Marked, type RendererObject } from 'marked'
import { anchorOf } from '../dashboards/source/panel.ts'

const root = join(import.meta.dirname, '..')

const renderer: RendererObject<string, string> = {
  heading({ tokens, depth, text }) {
    return `<h${depth} id="${escaped(anchorOf(text))}">${this.parser.parseInline(tokens)}</h${depth}>\n`
  },
  /** Other pages are in the repository, not here. */
  link({ href, tokens }) {
    const words = this.parser.parseInline(tokens)
    return /^(#|https:)/.test(href) ? `<a href="${escaped(href)}">${words}</a>` : words
  },
  html: ({ text }) => escaped(text),
}

/** docs/runbook.md as the page that the controller serves at /runbook: alerts, dashboards and mails lead to its headings. */
export function runbookPage(): string {
  const body = new Marked<string, string>({ renderer }).parse(readFileSync(join(root, 'docs/runbook.md'), 'utf8'), { async: false })
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Reeve: runbook</title>
    <link rel="icon" href="/icon.svg">
    <link rel="stylesheet" href="/page.css">
  </head>
  <body class="text">
    <header><p class="brand"><a href="/">Reeve</a></p></header>
    <main>
${body.trimEnd()}
    </main>
  </body>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

import type { LabelOf, SeriesName } from '../../controller/model/metric.ts'

declare const labels: unique symbol
/** A PromQL expression whose series have these labels: an unknown metric, or a label that it has not, does not compile. */
export type Vector<L extends string> = string & { readonly [labels]: L }

/** How a label is matched: the operator and its quoted value, `="Ready"`, `=~"$hypervisor"`. */
export type Matcher = `${'=' | '!=' | '=~' | '!~'}"${string}"`

/** As the variables of a dashboard choose. */
export const ofHypervisor = { hypervisor: '=~"$hypervisor"' } as const
export const ofObject = { hypervisor: '=~"$hypervisor"', kind: '=~"$kind"' } as const

/** The series of a metric. */
export function series<S extends SeriesName>(name: S, where: { readonly [L in LabelOf<S>]?: Matcher } = {}): Vector<LabelOf<S>> {
  const matchers = Object.entries(where).map(([label, matcher]) => `${label}${matcher}`)
  return (matchers.length === 0 ? name : `${name}{${matchers.join(', ')}}`) as Vector<LabelOf<S>>
}

export function increase<L extends string>(of: Vector<L>, range: string): Vector<L> {
  return `increase(${of}[${range}])` as Vector<L>
}

export function rate<L extends string>(of: Vector<L>, range = '$__rate_interval'): Vector<L> {
  return `rate(${of}[${range}])` as Vector<L>
}

/** `sum by (hypervisor) (…)`; without labels, of all. */
export function total<L extends string, B extends L = never>(
  how: 'sum' | 'max' | 'min' | 'count',
  of: Vector<L>,
  by: readonly B[] = [],
): Vector<B> {
  return (by.length === 0 ? `${how}(${of})` : `${how} by (${by.join(', ')}) (${of})`) as Vector<B>
}

/** Only the series that are so: `> 0`, `== 1`. */
export function only<L extends string>(of: Vector<L>, comparison: `${'>' | '<' | '==' | '!=' | '>=' | '<='} ${string}`): Vector<L> {
  return `${of} ${comparison}` as Vector<L>
}

/** Seconds since (or, negative, until) a moment. */
export function age<L extends string>(of: Vector<L>): Vector<L> {
  return `time() - ${of}` as Vector<L>
}

export function until<L extends string>(of: Vector<L>): Vector<L> {
  return `${of} - time()` as Vector<L>
}

export function ratio<L extends string>(of: Vector<L>, to: Vector<string>): Vector<L> {
  return `${of} / ${to}` as Vector<L>
}

/** A quantile of a histogram, by labels of it. */
export function quantile<L extends string, B extends L = never>(q: number, of: Vector<L | 'le'>, by: readonly B[] = []): Vector<B> {
  return `histogram_quantile(${q}, ${total('sum', of as Vector<string>, ['le', ...by])})` as Vector<B>
}

import { readFileSync } from 'node:fs'
import { evaluate } from 'feelin'
import { expect, test } from 'vitest'

// The server decides what an expression comes to. What forms work out while
// somebody types must come to the same: expr/testdata/forms.txt lists what they
// may use, written and tested on the Go side.
const lines = readFileSync(new URL('../../../expr/testdata/forms.txt', import.meta.url), 'utf8').split('\n')

type Values = Record<string, unknown>

function read(): { values: Values; expressions: [source: string, value: string][] } {
  const values: Values = {}
  const expressions: [string, string][] = []
  for (const line of lines) {
    const definition = /^let (.*?) = (.*)$/.exec(line)
    if (definition) {
      values[definition[1]!] = evaluate(definition[2]!, values).value
      continue
    }
    const at = line.indexOf('  =>  ')
    if (at > 0) expressions.push([line.slice(0, at), line.slice(at + 6)])
  }
  return { values, expressions }
}

// Dates and durations stand as their text; everything else is FEEL.
function expected(value: string): unknown {
  if (value.startsWith('null')) return null
  return /^-?(\d{4}-\d\d|P|\d\d:)/.test(value) ? value : plain(evaluate(value, {}).value)
}

function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return value
  if (value.constructor !== Object) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

test('forms work out what the server does', () => {
  const { values, expressions } = read()
  expect(expressions.length).toBeGreaterThan(300)
  const differing = expressions.flatMap(([source, value]) => {
    const got = plain(evaluate(source, values).value)
    return JSON.stringify(got) === JSON.stringify(expected(value)) ? [] : [{ source, value, got }]
  })
  expect(differing).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { ApiProblem, problemFrom, problemOf, sentence, sortFields } from './problem'

describe('what came back', () => {
  test('a problem keeps code, detail, fields and request id', () => {
    const p = problemFrom(409, { code: 'task-already-done', title: 'Already decided', status: 409, type: '', detail: 'Bob approved this.', errors: [{ field: 'a', detail: 'b' }] }, 'r1')
    expect(p).toMatchObject({ status: 409, code: 'task-already-done', detail: 'Bob approved this.', requestId: 'r1' })
    expect(p.fields).toHaveLength(1)
    expect(p.passing).toBe(false)
  })

  test('an answer that is no problem document is still told by its status', () => {
    for (const body of ['<html>', null, undefined, {}, { code: 7, title: 'x' }]) {
      expect(problemFrom(502, body, null)).toMatchObject({ status: 502, code: 'http-502', passing: true })
    }
  })

  test('a problem without a code is known by its status', () => {
    expect(problemFrom(404, { title: 'Not Found', detail: 'there is no such mail' }, null)).toMatchObject({ code: 'http-404', detail: 'there is no such mail' })
  })

  test('no answer at all is offline, a fault of the page is not', () => {
    expect(problemOf(new TypeError('Failed to fetch'))).toMatchObject({ code: 'offline', offline: true })
    expect(problemOf(new Error('x is undefined'))).toMatchObject({ code: 'page-failed', detail: 'x is undefined', passing: false })
    const p = new ApiProblem({ status: 403, code: 'forbidden', title: 'Not allowed' })
    expect(problemOf(p)).toBe(p)
  })
})

test('field errors find their fields, others stay above the form', () => {
  const { at, rest } = sortFields(
    [
      { field: 'body.variables.days', detail: 'must be a number', advice: 'Write 3 or 2.5' },
      { field: 'variables.kind', detail: 'is not one of the choices' },
      { field: 'body.variables.days', detail: 'second' },
      { field: 'body.folio', detail: 'too long' },
      { field: 'header.If-Match', detail: 'malformed' },
    ],
    ['days', 'kind', 'folio'],
  )
  expect([...at]).toEqual([
    ['days', 'Must be a number. Write 3 or 2.5.'],
    ['kind', 'Is not one of the choices.'],
    ['folio', 'Too long.'],
  ])
  expect(rest).toEqual([{ field: 'header.If-Match', detail: 'malformed' }])
})

test('a field whose name begins another one is not blamed for it', () => {
  const { at } = sortFields([{ field: 'body.variables.fromDate', detail: 'is no date' }, { field: 'body.variables.to[0]', detail: 'is nobody' }], ['from', 'fromDate', 'to'])
  expect([...at]).toEqual([
    ['fromDate', 'Is no date.'],
    ['to', 'Is nobody.'],
  ])
})

test('sentences end once', () => {
  expect(sentence('it is late!', undefined, '', 'try again')).toBe('It is late! Try again.')
})

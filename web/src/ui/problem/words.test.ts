import { expect, test } from 'vitest'
import { forSupport, problemWords } from './words'

test('a known code has our title; the detail of the server says why', () => {
  expect(problemWords({ code: 'task-already-done', title: 'The task is decided', detail: 'Ben approved this on Tuesday 14:02.', hint: undefined, status: 409 })).toEqual({
    title: 'The task is decided',
    why: 'Ben approved this on Tuesday 14:02.',
  })
  expect(problemWords({ code: 'forbidden', title: 'Not allowed', detail: 'you lack the right start', hint: 'ask an administrator', status: 403 })).toEqual({
    title: 'You may not do this',
    why: 'You lack the right start. Ask an administrator.',
  })
})

test('a thing that is named and is not there is named, too', () => {
  const missing = { code: 'task-not-found', title: '', hint: 'ask by its number', status: 404 }
  expect(problemWords({ ...missing, detail: 'there is no task 99' }).why).toBe('There is no task 99. Ask by its number.')
  expect(problemWords({ ...missing, detail: 'there is no such task, or it is not yours' }).why).toBe('It was closed, given to somebody else, or never was yours.')
})

test('an answer without words still says something', () => {
  expect(problemWords({ code: 'http-502', title: '', detail: '', hint: undefined, status: 502 })).toEqual({
    title: 'That did not work',
    why: 'The server answered 502 without saying why.',
  })
})

test('the message of a fault in the page is for the details, not for the sentence', () => {
  expect(problemWords({ code: 'page-failed', title: '', detail: 'x is undefined', hint: undefined, status: -1 }).why).not.toContain('undefined')
})

test('facts are copied one a line', () => {
  expect(forSupport([['Code', 'a'], ['Request id', 'b']])).toBe('Code: a\nRequest id: b')
})

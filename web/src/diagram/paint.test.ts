import { expect, test } from 'vitest'
import { paintInstance, paintProblems, repaint } from './paint'

test('the path taken, the steps done and the one that is active', () => {
  const painting = paintInstance({
    flows: ['F1', 'F2'],
    steps: [
      { element: 'Start', state: 'done', count: 1 },
      { element: 'Ask', state: 'done', count: 1 },
      { element: 'Ask', state: 'active', count: 2 },
      { element: 'Mail', state: 'failed', count: 1 },
      { element: 'Mail', state: 'waiting', count: 1 },
    ],
  })
  expect(Object.fromEntries(painting)).toEqual({ F1: 'taken', F2: 'taken', Start: 'done', Ask: 'active', Mail: 'failed' })
})

test('an error is not covered by a remark on the same element', () => {
  const painting = paintProblems([
    { element: 'A', reason: '', advice: '' },
    { element: 'A', reason: '', advice: '', warning: true },
    { element: 'B', reason: '', advice: '', warning: true },
    { reason: 'no process', advice: '' },
  ])
  expect(Object.fromEntries(painting)).toEqual({ A: 'wrong', B: 'remark' })
})

test('moving on touches only what changed', () => {
  const before = new Map([['Start', 'done'], ['Ask', 'active']] as const)
  const after = new Map([['Start', 'done'], ['Ask', 'done'], ['End', 'done'], ['F3', 'taken']] as const)
  expect(repaint(before, after)).toEqual({ off: [['Ask', 'active']], on: [['Ask', 'done'], ['End', 'done'], ['F3', 'taken']] })
  expect(repaint(after, after)).toEqual({ off: [], on: [] })
})

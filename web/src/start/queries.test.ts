import { expect, test } from 'vitest'
import type { Workflow } from '../api/types'
import { byCategory } from './queries'

const flow = (name: string, category?: string) => ({ name, category }) as Workflow

test('categories and names stand in order, what has no category comes last', () => {
  const groups = byCategory([flow('Travel', 'Money'), flow('Zebra'), flow('älter', 'People'), flow('Leave', 'People'), flow('Bonus', ' Money ')], 'Other', 'en')
  expect(groups.map(([category, list]) => [category, list.map((w) => w.name)])).toEqual([
    ['Money', ['Bonus', 'Travel']],
    ['People', ['älter', 'Leave']],
    ['Other', ['Zebra']],
  ])
  expect(byCategory([], 'Other', 'en')).toEqual([])
})

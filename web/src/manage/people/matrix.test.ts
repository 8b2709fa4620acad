import { expect, test } from 'vitest'
import type { Grant, Person } from '../../api/types'
import { added, grantsOf, included, rowsOf, same, turned, without } from './matrix'

const person = (id: string): Person => ({ id, name: id })
const grant = (who: string, right: Grant['right'], category?: string): Grant => ({ who: person(who), right, ...(category ? { category } : {}) })

const rows = rowsOf([grant('user:1', 'start'), grant('user:1', 'view', 'HR'), grant('group:2', 'administer'), grant('user:1', 'view', 'HR/Leave')])

test('everybody has one row, and a right of a category is told apart', () => {
  expect(rows.map((row) => [row.who.id, [...row.held], [...row.from]])).toEqual([
    ['user:1', ['start'], [['view', 'HR']]],
    ['group:2', ['administer'], []],
  ])
})

test('rights of categories are not sent as rights of the workflow', () => {
  expect(grantsOf(rows)).toEqual([
    { who: 'user:1', right: 'start' },
    { who: 'group:2', right: 'administer' },
  ])
})

test('giving and taking touches one right of one person', () => {
  const given = turned(rows, 'user:1', 'finish', true)
  expect(grantsOf(given)).toContainEqual({ who: 'user:1', right: 'finish' })
  expect(same(turned(given, 'user:1', 'finish', false), rows)).toBe(true)
  expect(same(given, rows)).toBe(false)
})

test('somebody is added once', () => {
  const more = added(added(rows, person('user:9'), 'start'), person('user:9'), 'start')
  expect(more.filter((row) => row.who.id === 'user:9')).toHaveLength(1)
})

test('taking all away leaves what a category gives to be seen', () => {
  expect(without(rows, 'group:2').map((row) => row.who.id)).toEqual(['user:1'])
  expect(without(rows, 'user:1').map((row) => row.who.id)).toEqual(['user:1', 'group:2'])
  expect(grantsOf(without(rows, 'user:1'))).toEqual([{ who: 'group:2', right: 'administer' }])
})

test('administering includes the rest', () => {
  expect(included(rows[1]!, 'start')).toBe(true)
  expect(included(rows[1]!, 'administer')).toBe(false)
  expect(included(rows[0]!, 'view')).toBe(false)
})

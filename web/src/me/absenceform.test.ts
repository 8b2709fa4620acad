import { expect, test } from 'vitest'
import type { Absence } from '../api/types'
import { bodyOf, check, draftOf } from './absenceform'

const ben = { id: 'user:2', name: 'Ben', login: 'ben' }
const amina = { id: 'user:3', name: 'Amina' }
const absence: Absence = {
  away: true,
  from: '2026-12-01T08:00:00Z',
  to: '2026-12-10T08:00:00Z',
  tasks: 'go',
  substitutes: [ben],
  except: [{ workflow: 'expenses', workflowName: 'Expenses', substitutes: [amina] }],
  others: [],
  rev: 4,
}
const now = new Date('2026-11-23T14:00:00Z')

test('what was loaded goes back as it came, with its revision', () =>
  expect(bodyOf(draftOf(absence), 4)).toEqual({
    from: '2026-12-01T08:00:00.000Z',
    to: '2026-12-10T08:00:00.000Z',
    tasks: 'go',
    substitutes: ['ben'],
    except: [{ workflow: 'expenses', substitutes: ['user:3'] }],
    rev: 4,
  }))

test('what is left empty is left out', () => {
  const body = bodyOf({ from: '', to: '', go: false, substitutes: [], except: [{ row: 0, workflow: '', substitutes: [] }] }, 0)
  expect(body).toEqual({ tasks: 'shared', substitutes: [], except: [], rev: 0 })
})

test.each([
  ['ends before it begins', { to: '2026-11-30T10:00' }, 'to', /end after/],
  ['is over', { from: '', to: '2026-11-01T10:00' }, 'to', /over/],
  ['names no workflow', { except: [{ row: 1, workflow: '', substitutes: [] }] }, 'except.0', /workflow/],
])('one that %s is told at the field', (_, more, field, says) => expect(check({ ...draftOf(absence), ...more }, now).get(field)).toMatch(says))

test('a good one has nothing wrong', () => expect(check(draftOf(absence), now).size).toBe(0))

import type { Absence, Person, SetAbsence } from '../api/types'
import { localMoment } from '../ui/form/values'
import { absenceWords } from '../text/absence'

/** What the form holds while it is filled in. Moments are as the browser's field has them, "" for none. */
export interface Draft {
  from: string
  to: string
  go: boolean
  substitutes: Person[]
  except: Exception[]
}

export interface Exception {
  /** Tells rows apart while they are edited. */
  row: number
  workflow: string
  substitutes: Person[]
}

export function draftOf(absence: Absence): Draft {
  return {
    from: absence.from ? localMoment(absence.from) : '',
    to: absence.to ? localMoment(absence.to) : '',
    go: absence.tasks === 'go',
    substitutes: absence.substitutes,
    except: absence.except.map(({ workflow, substitutes }, row) => ({ row, workflow, substitutes })),
  }
}

/** What goes over. Rows without a workflow are left out: check tells of them. */
export function bodyOf(draft: Draft, rev: number): SetAbsence {
  return {
    ...(draft.from ? { from: new Date(draft.from).toISOString() } : {}),
    ...(draft.to ? { to: new Date(draft.to).toISOString() } : {}),
    tasks: draft.go ? 'go' : 'shared',
    substitutes: draft.substitutes.map(named),
    except: draft.except.filter(({ workflow }) => workflow).map(({ workflow, substitutes }) => ({ workflow, substitutes: substitutes.map(named) })),
    rev,
  }
}

function named({ login, id }: Person): string {
  return login || id
}

/** What can be seen to be wrong before it is sent, by field. */
export function check({ from, to, except }: Draft, now: Date): Map<string, string> {
  const wrong = new Map<string, string>()
  const words = absenceWords.form
  const end = to ? new Date(to).getTime() : undefined
  if (end !== undefined && from && end <= new Date(from).getTime()) wrong.set('to', words.order)
  else if (end !== undefined && end <= now.getTime()) wrong.set('to', words.over)
  for (const [i, { workflow }] of except.entries()) if (!workflow) wrong.set(`except.${i}`, words.workflowMissing)
  return wrong
}

import { useState } from 'react'
import type { Person } from '../../api/types'
import { called } from '../../words/person'
import { Button } from '../button/button'
import { PersonTag } from '../coin/coin'
import { PersonPicker } from './picker'
import './several.css'

interface Props {
  label: string
  help?: string
  /** Read before each name, on the button that takes somebody out. */
  removeLabel: (name: string) => string
  value: readonly Person[]
  onChange: (people: Person[]) => void
  error: string | undefined
  most: number
}

/** Picks several people, one after the other. */
export function SeveralPeople({ label, help, removeLabel, value, onChange, error, most }: Props) {
  const [picked, setPicked] = useState(0)
  const add = (person: Person) => {
    if (!value.some(({ id }) => id === person.id)) onChange([...value, person])
    setPicked((n) => n + 1) // a new picker is an empty one
  }
  return (
    <div className="several">
      {value.length < most && <PersonPicker key={picked} label={label} help={help} value="" onChange={() => {}} onPick={add} error={error} autoFocus={picked > 0} />}
      {value.length > 0 && (
        <ul className="several-list" aria-label={label}>
          {value.map((person) => (
            <li key={person.id}>
              <PersonTag person={person} />
              <Button look="subtle" icon="close" aria-label={removeLabel(called(person))} onPress={() => onChange(value.filter(({ id }) => id !== person.id))} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

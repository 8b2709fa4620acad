import { useEffect, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import { Button as AriaButton, ComboBox, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components'
import { answer, api } from '../../api/client'
import type { Person } from '../../api/types'
import { called } from '../../words/person'
import { t } from '../../text/en'
import { Coin } from '../coin/coin'
import { FieldLabel, Notes, type FieldProps } from '../field/field'
import { Icon } from '../icon/icon'

/** Picks a person by typing, or a group where they are allowed; the value is the login the server understands. Who wants to know more of whom was picked takes onPick. */
export function PersonPicker({ label, value, onChange, error, help, required = false, autoFocus = false, groups = false, onPick }: FieldProps & { groups?: boolean; onPick?: (person: Person) => void }) {
  const [typed, setTyped] = useState(value)
  const people = useQuery({
    queryKey: ['people', typed],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/people', { signal, params: { query: { q: typed, limit: 10 } } })),
    placeholderData: (before) => before,
  })
  const items = (people.data?.items ?? []).filter((one) => groups || !one.group)
  useShowName(value, items, typed, setTyped)

  const pick = (key: React.Key | null) => {
    const person = items.find((one) => one.id === key)
    if (!person) return
    onChange(person.login || person.id)
    onPick?.(person)
    setTyped(called(person))
  }
  const type = (text: string) => {
    setTyped(text)
    const exact = items.find((one) => called(one) === text)
    onChange(exact ? exact.login || exact.id : '')
  }
  return (
    <ComboBox
      className="field"
      items={items}
      inputValue={typed}
      onInputChange={type}
      onSelectionChange={pick}
      isInvalid={Boolean(error)}
      isRequired={required}
      validationBehavior="aria"
      menuTrigger="input"
      allowsEmptyCollection
      allowsCustomValue
      defaultFilter={() => true}
      autoFocus={autoFocus}
    >
      <FieldLabel text={label} required={required} />
      <span className="field-box">
        <Input className="field-input" autoComplete="off" />
        <AriaButton className="button subtle only-icon">
          <Icon name="down" />
        </AriaButton>
      </span>
      <Notes error={error} help={help} />
      <Popover className="popover">
        <ListBox className="options" renderEmptyState={() => <p className="option quiet">{t.field.noPeople}</p>}>
          {(person: Person) => (
            <ListBoxItem className="option" id={person.id} textValue={called(person)}>
              <Coin person={person} size="small" />
              <span>
                {called(person)} <span className="quiet small">{person.email || person.login}</span>
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}

// A value that came with the form is a login; once the person is known, the name is shown.
function useShowName(value: string, items: readonly Person[], typed: string, show: (text: string) => void) {
  const known = value !== '' && value === typed ? items.find((one) => one.login === value || one.id === value) : undefined
  const name = known ? called(known) : undefined
  useEffect(() => {
    if (name) show(name)
  }, [name, show])
}

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { peopleWords } from '../../text/people'
import { Select, TextField } from '../../ui/field/field'
import { directories } from '../directoriesqueries'
import { signInSetting } from '../signinqueries'
import { trusted } from '../trustqueries'
import { systemsOf } from './systems'

const words = peopleWords.systems
const other = 'other'

interface Props {
  value: string
  onChange: (source: string) => void
  error: string | undefined
  /** Whether systems that people only sign in with are among them. */
  signIn?: boolean
}

/** One of the systems this server trusts or reads, or another by its name. */
export function SystemField({ value, onChange, error, signIn = false }: Props) {
  const issuers = useQuery(trusted)
  const providers = useQuery({ ...signInSetting, enabled: signIn })
  const known = useQuery(directories)
  const [typed, setTyped] = useState(false)
  const list = systemsOf(issuers.data?.body.issuers ?? [], (signIn && providers.data?.body.providers) || [], known.data?.body.directories ?? [])
  const free = typed || list.length === 0
  const choose = (id: string) => {
    setTyped(id === other)
    onChange(id === other ? '' : id)
  }
  return (
    <>
      {list.length > 0 && <Select label={words.source} value={typed ? other : value} onChange={choose} options={[...list, { id: other, label: words.other }]} error={typed ? undefined : error} />}
      {free && <TextField label={list.length > 0 ? words.otherName : words.source} value={value} onChange={onChange} help={words.sourceHelp} error={error} autoComplete="off" />}
    </>
  )
}

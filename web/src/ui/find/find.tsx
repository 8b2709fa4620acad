import { useEffect, useState } from 'react'
import { useSearchParams } from 'react-router'
import { TextField } from '../field/field'

const settleFor = 250

/** A search box whose text stands in the address as q. */
export function Find({ label }: { label: string }) {
  const [params, setParams] = useSearchParams()
  const q = params.get('q') ?? ''
  const [typed, setTyped] = useState(q)
  useEffect(() => setTyped(q), [q])
  useEffect(() => {
    if (typed === q) return
    const timer = setTimeout(() => {
      setParams(
        (before) => {
          const next = new URLSearchParams(before)
          if (typed) next.set('q', typed)
          else next.delete('q')
          return next
        },
        { replace: true },
      )
    }, settleFor)
    return () => clearTimeout(timer)
  }, [typed, q, setParams])
  return <TextField label={label} unseenLabel placeholder={label} type="search" value={typed} onChange={setTyped} autoComplete="off" />
}

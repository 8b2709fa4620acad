import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { follow, liveTypes, liveUrl } from '../api/live'
import { share } from '../api/share'
import { touchNow } from '../ui/when/now'

const strikeAfter = 1500

/** Follows the server while the shell is open. Returns since when the line is lost, if it is. */
export function useLive(person: string): Date | undefined {
  const queries = useQueryClient()
  const [lostSince, setLostSince] = useState<Date>()

  useEffect(() => {
    let strike: ReturnType<typeof setTimeout> | undefined
    let since: Date | undefined

    const lost = () => {
      since ??= new Date()
      // A line that is back within a moment was never worth a word.
      strike ??= setTimeout(() => setLostSince(since), strikeAfter)
    }
    const found = () => {
      clearTimeout(strike)
      strike = undefined
      since = undefined
      setLostSince(undefined)
      touchNow()
    }
    const source = share(liveUrl, person, liveTypes)
    // The session may be what ended: asking who we are finds out.
    source.addEventListener('ended', () => void queries.invalidateQueries({ queryKey: ['me'] }))
    const stop = follow(queries, (link) => (link === 'open' ? found() : lost()), source)
    const online = () => source.again()
    // A cable pulled ends no stream by itself; the browser knows sooner.
    window.addEventListener('offline', lost)
    window.addEventListener('online', online)
    return () => {
      window.removeEventListener('offline', lost)
      window.removeEventListener('online', online)
      clearTimeout(strike)
      stop()
    }
  }, [queries, person])
  return lostSince
}

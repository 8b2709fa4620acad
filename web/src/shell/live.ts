import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { follow } from '../api/live'
import { touchNow } from '../ui/when/now'

const againAfter = 4000
const strikeAfter = 1500

/** Follows the server while the shell is open. Returns since when the line is lost, if it is. */
export function useLive(): Date | undefined {
  const queries = useQueryClient()
  const [lostSince, setLostSince] = useState<Date>()

  useEffect(() => {
    let stop = () => {}
    let again: ReturnType<typeof setTimeout> | undefined
    let strike: ReturnType<typeof setTimeout> | undefined
    let since: Date | undefined

    const lost = () => {
      since ??= new Date()
      // A line that is back within a moment was never worth a word.
      strike ??= setTimeout(() => setLostSince(since), strikeAfter)
    }
    const open = () => {
      const source = new EventSource('/api/v1/events')
      stop = follow(
        queries,
        (link) => {
          if (link === 'open') {
            clearTimeout(strike)
            strike = undefined
            since = undefined
            setLostSince(undefined)
            touchNow()
            return
          }
          lost()
          if (source.readyState === EventSource.CLOSED) again = setTimeout(reopen, againAfter)
        },
        source,
        since !== undefined,
      )
    }
    const reopen = () => {
      stop()
      // The session may be what ended: asking who we are finds out.
      void queries.invalidateQueries({ queryKey: ['me'] })
      open()
    }
    open()
    // A cable pulled ends no stream by itself; the browser knows sooner.
    window.addEventListener('offline', lost)
    window.addEventListener('online', reopen)
    return () => {
      window.removeEventListener('offline', lost)
      window.removeEventListener('online', reopen)
      clearTimeout(again)
      clearTimeout(strike)
      stop()
    }
  }, [queries])
  return lostSince
}

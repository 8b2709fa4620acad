import { queryOptions } from '@tanstack/react-query'
import { answer, api } from '../api/client'

/** Whether mail moves, and how much needs a look. No event tells of it. */
export const mailStatus = queryOptions({
  queryKey: ['mail', 'status'],
  queryFn: () => answer(api.GET('/api/v1/mail')),
  staleTime: 30_000,
  refetchInterval: 60_000,
})

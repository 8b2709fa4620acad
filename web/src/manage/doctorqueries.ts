import { queryOptions, useMutation } from '@tanstack/react-query'
import { answer, api } from '../api/client'

/** Looks at what was pasted. Neither it nor the answer stays once the page is left. */
export function useLook() {
  return useMutation({
    mutationFn: (text: string) => answer(api.POST('/api/v1/doctor/token', { body: { text } })),
    gcTime: 0,
  })
}

/** Asks every provider. */
export const walk = queryOptions({
  queryKey: ['doctor', 'entra'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/doctor/entra', { signal })),
  retry: false,
  gcTime: 0,
  refetchOnWindowFocus: false,
})

export interface Credentials {
  clientId: string
  secret: string
  token: string
}

/** Asks every provider and reads the registrations. The credentials are used once. */
export function useRegistrations() {
  return useMutation({
    mutationFn: ({ clientId, secret, token }: Credentials) =>
      answer(api.POST('/api/v1/doctor/entra', { body: token ? { token } : { clientId, secret } })),
    gcTime: 0,
  })
}

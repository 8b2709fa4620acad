import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'

/** The workflows one may see. */
export const workflows = queryOptions({
  queryKey: ['workflows'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/workflows', { signal, params: { query: { limit: 200 } } })),
})

export interface Upload {
  name: string
  xml: string
}

/** Deploys one BPMN file. A refusal carries every problem of it. */
export function useDeploy() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ xml }: Upload) =>
      answer(
        api.POST('/api/v1/workflows', {
          headers: { 'Content-Type': 'application/xml' },
          body: xml as never,
          bodySerializer: (text: unknown) => text as string,
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['workflows'] }),
  })
}

export const maxFileBytes = 5 << 20

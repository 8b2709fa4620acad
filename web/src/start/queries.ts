import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { answer, api } from '../api/client'
import type { Workflow } from '../api/types'

/** The workflows one may start. There are as many as a company has kinds of request: one page of them. */
export const startable = queryOptions({
  queryKey: ['workflows', 'startable'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/workflows', { signal, params: { query: { startable: true, limit: 200 } } })),
})

export function useWorkflow(key: string) {
  return useQuery({ queryKey: ['workflow', key], queryFn: ({ signal }) => answer(api.GET('/api/v1/workflows/{id}', { signal, params: { path: { id: key } } })) })
}

export interface StartRequest {
  folio: string
  priority: string
  variables: Record<string, unknown>
  once: string
}

/** Starts, and goes to where one can watch. */
export function useStart(key: string) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: ({ folio, priority, variables, once }: StartRequest) =>
      answer(
        api.POST('/api/v1/workflows/{id}/instances', {
          params: { path: { id: key }, header: { 'Idempotency-Key': once } },
          body: { variables, ...(folio.trim() ? { folio: folio.trim() } : {}), ...(priority !== '1' ? { priority: Number(priority) } : {}) },
        }),
      ),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['instances'] })
      void queries.invalidateQueries({ queryKey: ['tasks'] })
      void navigate(`/requests/${id}`)
    },
  })
}

/** Workflows by category, in the order of the alphabet; those without one come last. */
export function byCategory(workflows: readonly Workflow[], other: string, locale: string): [string, Workflow[]][] {
  const groups = new Map<string, Workflow[]>()
  for (const workflow of workflows) {
    const category = workflow.category?.trim() || ''
    groups.set(category, [...(groups.get(category) ?? []), workflow])
  }
  const compare = new Intl.Collator(locale).compare
  return [...groups]
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : compare(a, b)))
    .map(([category, list]) => [category || other, list.sort((a, b) => compare(a.name, b.name))])
}

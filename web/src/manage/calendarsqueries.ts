import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import type { CalendarPlan } from '../api/types'

export const calendars = queryOptions({
  queryKey: ['calendars'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/calendars', { signal })),
})

export interface Save {
  name: string
  plan: CalendarPlan
  standard: boolean
  rev: number
}

export function useSaveCalendar(onDone: (name: string) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, plan, standard, rev }: Save) => answer(api.PUT('/api/v1/calendars/{name}', { params: { path: { name } }, body: { ...plan, standard, rev } })),
    onSuccess: ({ name }) => onDone(name),
    onSettled: () => queries.invalidateQueries({ queryKey: ['calendars'] }),
  })
}

export function useRemoveCalendar(name: string, onDone: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (rev: number) => answer(api.DELETE('/api/v1/calendars/{name}', { params: { path: { name }, query: { rev } } })),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ['calendars'] }),
  })
}

/** When something is due by a plan that is not saved. */
export function usePlanPreview(plan: CalendarPlan | undefined, after: string) {
  return useQuery({
    queryKey: ['calendars', 'preview', plan, after],
    queryFn: ({ signal }) => answer(api.POST('/api/v1/calendars/preview', { signal, body: { after, ...(plan ? { plan } : {}) } })),
    enabled: plan !== undefined,
    placeholderData: (before) => before,
    retry: false,
    gcTime: 0,
  })
}

export const maxFileBytes = 1 << 20

/** Reads the holidays of a file; nothing is saved. */
export function useImport() {
  return useMutation({
    mutationFn: async ({ file, zone }: { file: File; zone: string }) => answer(api.POST('/api/v1/calendars/import', { body: { file: await file.text(), zone } })),
  })
}

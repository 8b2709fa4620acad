import { useInfiniteQuery } from '@tanstack/react-query'
import { answer, api } from '../api/client'

export const views = ['open', 'sleeping', 'closed'] as const
export const sorts = ['newest', 'oldest', 'due', 'priority'] as const

export interface Filter {
  view: (typeof views)[number]
  sort: (typeof sorts)[number]
  workflow: string
  q: string
}

/** Reads the filter out of the address; what nobody knows counts as left out. */
export function filterOf(params: URLSearchParams): Filter {
  return {
    view: one(views, params.get('view')),
    sort: one(sorts, params.get('sort')),
    workflow: params.get('workflow') ?? '',
    q: params.get('q') ?? '',
  }
}

function one<T extends string>(known: readonly [T, ...T[]], text: string | null): T {
  return known.find((each) => each === text) ?? known[0]
}

/** The tasks of a filter, page after page. */
export function useTasks({ view, sort, workflow, q }: Filter) {
  return useInfiniteQuery({
    queryKey: ['tasks', view, sort, workflow, q],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET('/api/v1/tasks', {
          signal,
          params: { query: { view, sort, limit: 100, cursor: pageParam, workflow: workflow || undefined, q: q || undefined } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  })
}

/** The task to go to from one: after it, else before it, else none. */
export function neighbour(serials: readonly string[], from: string | undefined, step: 1 | -1): string | undefined {
  if (from === undefined) return step === 1 ? serials[0] : serials.at(-1)
  const at = serials.indexOf(from)
  return at < 0 ? serials[0] : serials[at + step]
}

/** Where to go when a task has left the list. */
export function afterGone(serials: readonly string[], gone: string): string | undefined {
  return neighbour(serials, gone, 1) ?? neighbour(serials, gone, -1)
}

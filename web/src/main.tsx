import './style/tokens.css'
import './style/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nProvider, RouterProvider as LinkProvider } from 'react-aria-components'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router'
import { problemOf } from './api/problem'
import { router } from './routes'
import { speech } from './text/speech'

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError(error, query) {
      // One answer "not signed in" is enough to ask who we are; the shell does the rest.
      if (problemOf(error).status === 401 && query.queryKey[0] !== 'me') void queries.invalidateQueries({ queryKey: ['me'] })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (times, error) => times < 2 && problemOf(error).passing,
    },
  },
})

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

createRoot(root).render(
  <StrictMode>
    <I18nProvider locale={speech.locale}>
      <QueryClientProvider client={queries}>
        <LinkProvider navigate={(to) => void router.navigate(to)}>
          <RouterProvider router={router} />
        </LinkProvider>
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
)

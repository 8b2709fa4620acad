import { createBrowserRouter, Navigate, type RouteObject } from 'react-router'
import { Shell } from './shell/shell'
import { NotFound } from './shell/notfound'

const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/inbox" replace /> },
  { path: 'inbox/:serial?', lazy: async () => ({ Component: (await import('./inbox/page')).InboxPage }) },
  { path: 'tasks/:serial', lazy: async () => ({ Component: (await import('./task/page')).TaskPage }) },
  { path: 'start', lazy: async () => ({ Component: (await import('./start/page')).StartPage }) },
  { path: 'start/:key', lazy: async () => ({ Component: (await import('./start/form')).StartFormPage }) },
  { path: 'requests', lazy: async () => ({ Component: (await import('./requests/page')).RequestsPage }) },
  { path: 'requests/:id', lazy: async () => ({ Component: (await import('./instance/page')).InstancePage }) },
  {
    path: 'manage',
    lazy: async () => ({ Component: (await import('./manage/frame')).ManageFrame }),
    children: [
      { index: true, element: <Navigate to="/manage/workflows" replace /> },
      { path: 'workflows', lazy: async () => ({ Component: (await import('./manage/workflows')).WorkflowsPage }) },
      { path: 'workflows/:key', lazy: async () => ({ Component: (await import('./manage/keeping')).KeepingPage }) },
      { path: 'instances', lazy: async () => ({ Component: (await import('./manage/instances')).InstancesPage }) },
      { path: 'incidents', lazy: async () => ({ Component: (await import('./manage/incidents')).IncidentsPage }) },
      { path: 'incidents/orders/:id', lazy: async () => ({ Component: (await import('./manage/orders')).OrderPage }) },
      { path: 'messages', lazy: async () => ({ Component: (await import('./manage/messages')).MessagesPage }) },
      { path: 'schedules', lazy: async () => ({ Component: (await import('./manage/schedules')).SchedulesPage }) },
      { path: 'calendars', lazy: async () => ({ Component: (await import('./manage/calendars')).CalendarsPage }) },
      { path: 'services', lazy: async () => ({ Component: (await import('./manage/services')).ServicesPage }) },
      { path: 'services/:name', lazy: async () => ({ Component: (await import('./manage/servicesone')).ServicePage }) },
      { path: 'exchange', lazy: async () => ({ Component: (await import('./manage/exchange')).ExchangePage }) },
      { path: 'oauth', lazy: async () => ({ Component: (await import('./manage/oauth')).OAuthPage }) },
      { path: 'oauth/:name', lazy: async () => ({ Component: (await import('./manage/oauthone')).OAuthResourcePage }) },
      { path: 'oauth/types/all', lazy: async () => ({ Component: (await import('./manage/oauthtypes')).OAuthTypesPage }) },
      { path: 'apis', lazy: async () => ({ Component: (await import('./manage/apis')).ApisPage }) },
      { path: 'directories', lazy: async () => ({ Component: (await import('./manage/directories')).DirectoriesPage }) },
      { path: 'trust', lazy: async () => ({ Component: (await import('./manage/trust')).TrustPage }) },
      { path: 'trust/newcomers', lazy: async () => ({ Component: (await import('./manage/newcomers')).NewcomersPage }) },
      { path: 'doctor', lazy: async () => ({ Component: (await import('./manage/doctor')).DoctorPage }) },
      { path: 'changes', lazy: async () => ({ Component: (await import('./manage/changes')).ChangesPage }) },
      { path: 'signin', lazy: async () => ({ Component: (await import('./manage/signin')).SignInSettingPage }) },
      {
        path: 'people',
        lazy: async () => ({ Component: (await import('./manage/people/frame')).PeopleFrame }),
        children: [
          { index: true, element: <Navigate to="/manage/people/users" replace /> },
          { path: 'users', lazy: async () => ({ Component: (await import('./manage/people/users')).UsersPage }) },
          { path: 'users/:id', lazy: async () => ({ Component: (await import('./manage/people/user')).UserPage }) },
          { path: 'groups', lazy: async () => ({ Component: (await import('./manage/people/groups')).GroupsPage }) },
          { path: 'groups/:id', lazy: async () => ({ Component: (await import('./manage/people/group')).GroupPage }) },
          { path: 'roles', lazy: async () => ({ Component: (await import('./manage/people/groups')).RolesPage }) },
          { path: 'roles/:id', lazy: async () => ({ Component: (await import('./manage/people/group')).RolePage }) },
          { path: 'rights', lazy: async () => ({ Component: (await import('./manage/people/rights')).RightsPage }) },
        ],
      },
      { path: 'mail', lazy: async () => ({ Component: (await import('./manage/mail')).MailPage }) },
    ],
  },
  { path: 'connect/:need', lazy: async () => ({ Component: (await import('./connect/page')).ConnectPage }) },
  { path: 'connected', lazy: async () => ({ Component: (await import('./connect/ended')).ConnectedPage }) },
  { path: 'me', lazy: async () => ({ Component: (await import('./me/page')).MePage }) },
  { path: 'sandbox/:mailbox?/:message?', lazy: async () => ({ Component: (await import('./sandbox/page')).SandboxPage }) },
  { path: '*', element: <NotFound /> },
]

// What is there for the moment before the first page's code arrives.
function Nothing() {
  return null
}

const routes: RouteObject[] = [
  { path: 'sign-in', HydrateFallback: Nothing, lazy: async () => ({ Component: (await import('./signin/page')).SignInPage }) },
  { element: <Shell />, HydrateFallback: Nothing, children: pages },
]

if (import.meta.env.DEV) routes.unshift({ path: 'examples', lazy: async () => ({ Component: (await import('./ui/examples')).Examples }) })

export const router = createBrowserRouter(routes)

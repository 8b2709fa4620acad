// The pages about signing in, as a server with providers shows them: the
// answers of one are put in place, so that the others here go on as they are.

const issuer = 'https://login.microsoftonline.com/c0ca5a00-7e57-4000-8000-000000000001/v2.0'
const provider = {
  id: 'contoso',
  name: 'Contoso',
  tenant: 'c0ca5a00-7e57-4000-8000-000000000001',
  issuer,
  clientId: 'a0ca5a00-7e57-4000-8000-000000000003',
  hasSecret: true,
  scopes: ['openid', 'profile', 'email'],
  redirect: '/oauth/callback',
  redirectUri: 'https://signoff.example.com/oauth/callback',
  newcomers: 'ask',
}
const other = { ...provider, id: 'partners', name: 'Partners', tenant: undefined, issuer: 'https://login.partners.example', redirectUri: 'https://signoff.example.com/oauth/callback/partners' }
const setting = {
  providers: [provider, other],
  local: 'administrators',
  frontLogout: 'https://signoff.example.com/oauth/logout/front',
  backLogout: 'https://signoff.example.com/oauth/logout/back',
  signedOut: 'https://signoff.example.com/sign-in?left=1',
}
const failure = {
  code: 'sign-in-refused',
  detail: 'this server’s client secret has expired',
  advice: 'make a new one under Certificates & secrets of the app registration, and enter its value here',
  who: 'administrator',
  provider: 'Contoso',
  said: 'invalid_client AADSTS7000222: The provided client secret keys are expired. <b>not bold</b>',
  number: 7000222,
  trace: '11111111-2222-3333-4444-555555555555',
  request: 'abcd1234-7',
}
const test = {
  provider: 'contoso',
  source: `entra:${provider.tenant}`,
  subject: '5a0ca5a0-7e57-4000-8000-000000000012',
  would: 'link',
  person: { id: 'user:3', login: 'jane', name: 'Jane Doe' },
  groups: ['Finance'],
  claims: { iss: issuer, preferred_username: 'jane@contoso.test', name: 'Jane Doe', groups: ['11111111-2222-3333-4444-555555555555'], sid: '00aa' },
}

async function answers(page, url, body) {
  await page.route(url, (route) => route.fulfill({ json: body, headers: { ETag: '"1.x"' } }))
}

async function again(page, ready) {
  await page.reload()
  await page.locator(ready).first().waitFor()
}

async function offered(page) {
  const providers = setting.providers.map(({ id, name }) => ({ id, name, kind: 'oidc', start: `/api/v1/signin/${id}/start` }))
  await answers(page, '**/api/v1/signin/options', { providers, local: 'on' })
}

async function ways(page) {
  await offered(page)
  await again(page, '.signin-ways')
}

async function otherWay(page) {
  await ways(page)
  await page.getByRole('button', { name: 'Use a name and password' }).click()
}

async function failed(page) {
  await offered(page)
  await answers(page, '**/api/v1/signin/failure', failure)
  await again(page, '.problem')
  await page.locator('.problem summary').click()
}

async function set(page) {
  await answers(page, '**/api/v1/signin', setting)
  await again(page, '.way, form')
}

async function explained(page) {
  await set(page)
  await answers(page, '**/api/v1/signin/explain', { ...failure, copy: provider.redirectUri })
  await page.getByRole('textbox', { name: 'Error' }).fill('AADSTS50011')
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.locator('.problem').waitFor()
}

async function tested(page) {
  await answers(page, '**/api/v1/signin/test?*', test)
  await again(page, '.table')
}

async function sessions(page) {
  const at = new Date(Date.now() - 4e6).toISOString()
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const one = { id: 'a', begun: at, seen: at, expires: at, place: '192.0.2.7', agent, provider: 'Contoso', this: true }
  await answers(page, '**/api/v1/me/sessions', { items: [one, { ...one, id: 'b', agent: 'curl/8', provider: undefined, this: false }] })
  await again(page, '.session')
}

export const signInPages = [
  { name: 'sign-in-ways', path: '/sign-in', as: undefined, ready: 'button:has-text("Sign in")', act: ways },
  { name: 'sign-in-other', path: '/sign-in', as: undefined, ready: 'button:has-text("Use a name")', act: otherWay },
  { name: 'sign-in-failed', path: '/sign-in#refused=x', as: undefined, ready: '.problem', act: failed },
  { name: 'sign-in-recover', path: '/sign-in#recover=x', as: undefined, ready: 'button:has-text("Sign in")' },
  { name: 'manage-signin-none', path: '/manage/signin', as: 'admin', ready: '.section' },
  { name: 'manage-signin', path: '/manage/signin', as: 'admin', ready: '.section', act: set },
  { name: 'manage-signin-explained', path: '/manage/signin', as: 'admin', ready: '.section', act: explained },
  { name: 'manage-signin-add', path: '/manage/signin?add', as: 'admin', ready: 'button:has-text("Save")' },
  { name: 'manage-signin-change', path: '/manage/signin?provider=contoso', as: 'admin', ready: '.section', act: set },
  { name: 'manage-signin-tested', path: '/manage/signin?test=x', as: 'admin', ready: '.problem', act: tested },
  { name: 'me', path: '/me', as: 'jane', ready: '.session', act: sessions },
]

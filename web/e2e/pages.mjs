// Every page there is, with something on it. Axe, widths and pictures walk this list.
import { readFileSync } from 'node:fs'
import { call, openTask, startMany } from './api.mjs'
import { away, calendarFile, eventsOf, fillAway, importHolidays, ordered } from './events.mjs'
import { signInPages } from './signinpages.mjs'
import { mailToNobody, replyOfAnother } from './trouble.mjs'

const leave = readFileSync(new URL('../../samples/leave.bpmn', import.meta.url), 'utf8')
const withoutRecipient = leave.replace('<signoff:recipient person="jane" />', '')
const nobodyThere = leave.replace('<signoff:recipient person="jane" />', '<signoff:recipient person="zoe" />')

export async function everyPage(base) {
  const [first, second, decided] = await startMany(base, 3)
  const serial = await openTask(base, first)
  const done = await openTask(base, decided)
  await call(base, 'jane', 'POST', `/tasks/${done}/decision`, { action: 'Approve', comment: 'Enjoy!' })
  const mail = await jane(base)
  await replyOfAnother(base, mail)
  const untold = await mailToNobody(base)
  await call(base, 'admin', 'POST', '/workflows', nobodyThere, 'application/xml')
  const [failed, stopped] = await startMany(base, 2)
  await call(base, 'admin', 'POST', `/instances/${stopped}/hold`, { reason: 'The prices were wrong' })
  const order = await ordered(base)
  await eventsOf(base)
  await away(base)
  await call(base, 'admin', 'POST', '/holds', { instance: decided, reason: 'Miller against Contoso' })
  await call(base, 'admin', 'POST', '/holds', { workflow: 'leave', reason: 'Audit 2027' })
  await trusted(base)
  await directory(base)
  await called(base)
  const office = await people(base)
  return [
    { name: 'sign-in', path: '/sign-in', as: undefined, ready: 'button:has-text("Sign in")' },
    { name: 'sign-in-wrong', path: '/sign-in', as: undefined, ready: 'button:has-text("Sign in")', act: wrongPassword },
    { name: 'inbox', path: '/inbox', as: 'jane', ready: '[role=option]' },
    { name: 'inbox-task', path: `/inbox/${serial}`, as: 'jane', ready: '#task-title' },
    { name: 'inbox-empty', path: '/inbox', as: 'bob', ready: '.empty' },
    { name: 'task-menu', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]', act: more },
    { name: 'task-redirect', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]', act: (page) => dialog(page, 'Redirect…') },
    { name: 'task-share', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]', act: (page) => dialog(page, 'Share…') },
    { name: 'task-sleep', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]', act: (page) => dialog(page, 'Sleep…') },
    { name: 'account-menu', path: '/inbox', as: 'jane', ready: '[role=option]', act: account },
    { name: 'keys', path: '/inbox', as: 'jane', ready: '[role=option]', act: keys },
    { name: 'task', path: `/tasks/${serial}`, as: 'jane', ready: '.diagram-place[data-drawn]' },
    { name: 'task-done', path: `/tasks/${done}`, as: 'jane', ready: '.message' },
    { name: 'start', path: '/start', as: 'ana', ready: '.card' },
    { name: 'start-form', path: '/start/leave', as: 'ana', ready: 'button:has-text("Start")' },
    { name: 'start-wrong', path: '/start/leave', as: 'ana', ready: 'button:has-text("Start")', act: nothingFilledIn },
    { name: 'requests', path: '/requests', as: 'ana', ready: '.request' },
    { name: 'request', path: `/requests/${second}`, as: 'ana', ready: '.diagram-place[data-drawn]' },
    { name: 'request-done', path: `/requests/${decided}`, as: 'ana', ready: '.diagram-place[data-drawn]' },
    { name: 'request-failed', path: `/requests/${failed}`, as: 'ana', ready: '.problem' },
    { name: 'request-stopped', path: `/requests/${stopped}`, as: 'admin', ready: '.message.warn button' },
    { name: 'request-skip', path: `/requests/${failed}`, as: 'admin', ready: 'button:has-text("Put it right")', act: skipNothing },
    { name: 'request-data', path: `/requests/${second}`, as: 'admin', ready: 'button:has-text("Put it right")', act: changeData },
    { name: 'request-cancel', path: `/requests/${second}`, as: 'ana', ready: '.diagram-place[data-drawn]', act: cancel },
    { name: 'manage-workflows', path: '/manage/workflows', as: 'admin', ready: '.table' },
    { name: 'manage-keeping', path: '/manage/workflows/leave', as: 'admin', ready: '.field', act: keepShorter },
    { name: 'manage-keeping-sure', path: '/manage/workflows/leave', as: 'admin', ready: '.field', act: keepSure },
    { name: 'manage-versions-move', path: '/manage/workflows/leave', as: 'admin', ready: '.version-acts', act: moveHere },
    { name: 'request-held', path: `/requests/${decided}`, as: 'admin', ready: '.message.warn' },
    { name: 'manage-refused', path: '/manage/workflows', as: 'admin', ready: '.table', act: refused },
    { name: 'manage-instances', path: '/manage/instances', as: 'admin', ready: '.request' },
    { name: 'manage-incidents', path: '/manage/incidents', as: 'admin', ready: '.problem' },
    { name: 'manage-orders', path: '/manage/incidents?view=orders', as: 'admin', ready: '.table' },
    { name: 'manage-order', path: `/manage/incidents/orders/${order}`, as: 'admin', ready: '.table' },
    { name: 'manage-messages', path: '/manage/messages', as: 'admin', ready: '.entry .message' },
    { name: 'manage-schedules', path: '/manage/schedules', as: 'admin', ready: '.table' },
    { name: 'manage-calendars', path: '/manage/calendars', as: 'admin', ready: '.entry' },
    { name: 'manage-calendar', path: '/manage/calendars?add', as: 'admin', ready: 'button:has-text("Import")', act: (page) => importHolidays(page, calendarFile) },
    { name: 'me-away', path: '/me', as: 'bob', ready: '.entry .badge' },
    { name: 'me-away-form', path: '/me', as: 'ana', ready: 'button:has-text("Set out of office")', act: fillAway },
    { name: 'people', path: '/manage/people/users', as: 'admin', ready: '.table' },
    { name: 'people-none', path: '/manage/people/users?q=zzz', as: 'admin', ready: '.empty' },
    { name: 'people-add', path: '/manage/people/users', as: 'admin', ready: '.table', act: (page) => press(page, 'Add a person') },
    { name: 'person', path: `/manage/people/users/${office.jane}`, as: 'admin', ready: 'form' },
    { name: 'person-why', path: `/manage/people/users/${office.jane}`, as: 'admin', ready: 'form', act: askWhy },
    { name: 'person-link', path: `/manage/people/users/${office.jane}`, as: 'admin', ready: 'form', act: (page) => press(page, 'Link to another system') },
    { name: 'groups', path: '/manage/people/groups', as: 'admin', ready: '.table' },
    { name: 'group', path: `/manage/people/groups/${office.group}`, as: 'admin', ready: '.people-list' },
    { name: 'roles', path: '/manage/people/roles', as: 'admin', ready: '.table' },
    { name: 'role', path: `/manage/people/roles/${office.role}`, as: 'admin', ready: '.people-list' },
    { name: 'rights', path: '/manage/people/rights', as: 'admin', ready: '.table' },
    { name: 'rights-workflow', path: '/manage/people/rights?on=workflow:leave', as: 'admin', ready: '.table' },
    { name: 'manage-mail', path: '/manage/mail', as: 'admin', ready: '.mail', act: unfold },
    { name: 'manage-mail-received', path: '/manage/mail?view=received', as: 'admin', ready: '.mail' },
    { name: 'manage-mail-sent', path: '/manage/mail?view=sent', as: 'admin', ready: '.mail' },
    { name: 'manage-mail-none', path: '/manage/mail?view=sent&state=doubtful', as: 'admin', ready: '.empty' },
    { name: 'manage-mail-connections', path: '/manage/mail?view=connections', as: 'admin', ready: '.entry' },
    { name: 'manage-mail-connect', path: '/manage/mail?view=connections&add', as: 'admin', ready: 'button:has-text("Connect")' },
    { name: 'manage-mail-ill', path: '/manage/mail', as: 'admin', ready: '.mail', act: mailIsIll },
    { name: 'manage-mail-again', path: '/manage/mail', as: 'admin', ready: '.mail', act: inDoubt },
    { name: 'request-untold', path: `/requests/${untold}`, as: 'ana', ready: '.diagram-place[data-drawn]', act: toTheEnd },
    { name: 'manage-apis', path: '/manage/apis', as: 'admin', ready: '.table', act: tryIt },
    { name: 'me-tokens', path: '/me', as: 'jane', ready: '.table' },
    { name: 'me-token-new', path: '/me', as: 'jane', ready: '.table', act: newToken },
    { name: 'manage-trust', path: '/manage/trust', as: 'admin', ready: '.entry' },
    { name: 'manage-trust-add', path: '/manage/trust?add', as: 'admin', ready: 'button:has-text("Save")', act: otherSide },
    { name: 'manage-trust-entry', path: '/manage/trust?entry=contoso.test', as: 'admin', ready: 'button:has-text("Save")' },
    { name: 'manage-services', path: '/manage/services', as: 'admin', ready: '.empty' },
    { name: 'manage-services-add', path: '/manage/services?add', as: 'admin', ready: 'button:has-text("Test")' },
    { name: 'manage-services-add-api', path: '/manage/services?add', as: 'admin', ready: 'button:has-text("Test")', act: anyAPI },
    { name: 'manage-exchange', path: '/manage/exchange', as: 'admin', ready: 'form button[type=submit]' },
    { name: 'manage-exchange-missing', path: '/manage/exchange', as: 'admin', ready: 'form button[type=submit]', act: nothingEntered },
    { name: 'manage-oauth', path: '/manage/oauth', as: 'admin', ready: '.empty' },
    { name: 'manage-oauth-types', path: '/manage/oauth/types/all', as: 'admin', ready: '.entries' },
    { name: 'manage-oauth-types-add', path: '/manage/oauth/types/all?add', as: 'admin', ready: 'form button[type=submit]' },
    { name: 'manage-oauth-add', path: '/manage/oauth?add', as: 'admin', ready: 'form button[type=submit]' },
    { name: 'connect-nothing', path: '/connect/none', as: 'jane', ready: '.empty' },
    { name: 'connected-over', path: '/connected#over', as: 'jane', ready: '.message' },
    { name: 'manage-directories', path: '/manage/directories', as: 'admin', ready: '.entry' },
    { name: 'manage-directories-add', path: '/manage/directories?add', as: 'admin', ready: 'button:has-text("Test")', act: testDirectory },
    { name: 'manage-directories-entra', path: '/manage/directories?entry=entra', as: 'admin', ready: 'button:has-text("Test")' },
    { name: 'manage-directories-scim', path: '/manage/directories?show=okta', as: 'admin', ready: '.table' },
    { name: 'manage-directories-token', path: '/manage/directories?show=okta', as: 'admin', ready: '.table', act: newScimToken },
    { name: 'manage-directories-add-scim', path: '/manage/directories?add', as: 'admin', ready: 'button:has-text("Test")', act: addScim },
    { name: 'manage-directories-one', path: '/manage/directories?show=contoso', as: 'admin', ready: '.message.bad' },
    { name: 'manage-newcomers', path: '/manage/trust/newcomers', as: 'admin', ready: '.empty' },
    { name: 'manage-doctor', path: '/manage/doctor', as: 'admin', ready: 'textarea' },
    { name: 'manage-doctor-token', path: '/manage/doctor', as: 'admin', ready: 'textarea', act: foreignToken },
    { name: 'manage-doctor-entra', path: '/manage/doctor?view=entra', as: 'admin', ready: '.verdict', act: allChecks },
    { name: 'manage-changes', path: '/manage/changes', as: 'admin', ready: '.entry', act: whatChanged },
    ...signInPages,
    { name: 'sandbox', path: '/sandbox', as: 'jane', ready: '.mailbox' },
    { name: 'sandbox-mailbox', path: '/sandbox/jane', as: 'jane', ready: '.mail-row' },
    { name: 'sandbox-message', path: `/sandbox/jane/${mail}`, as: 'jane', ready: '.reply' },
    { name: 'not-found', path: '/nowhere', as: 'jane', ready: 'h1' },
  ]
}

// A group in a role, rights on a category and on the server.
async function people(base) {
  const { items } = await call(base, 'admin', 'GET', '/people?q=jane')
  const jane = items.find((one) => one.login === 'jane').id
  const group = (await call(base, 'admin', 'POST', '/groups', { name: 'Board', about: 'Who runs the company' })).id
  const role = (await call(base, 'admin', 'POST', '/roles', { name: 'Approvers', about: 'Who may approve orders above 1000' })).id
  await call(base, 'admin', 'PUT', `/groups/${group}/members/${jane}`)
  await call(base, 'admin', 'PUT', `/roles/${role}/members/${group}`)
  const { category } = await call(base, 'admin', 'GET', '/workflows/leave')
  if (category) await call(base, 'admin', 'PUT', `/categories/${encodeURIComponent(category)}/rights`, { grants: [{ who: role, right: 'view' }] })
  const rights = await call(base, 'admin', 'GET', '/rights')
  await call(base, 'admin', 'PUT', '/rights', { grants: [...rights.items.map(({ who, right }) => ({ who: who.id, right })), { who: role, right: 'deploy' }] })
  return { jane, group, role }
}

async function press(page, name) {
  await page.getByRole('button', { name }).click()
  await page.getByRole('dialog').waitFor()
}

async function anyAPI(page) {
  await page.getByRole('button', { name: 'What kind of system' }).click()
  await page.getByRole('option', { name: 'HTTP API (OpenAPI)' }).click()
  await page.locator('summary', { hasText: 'more settings' }).click()
}

async function askWhy(page) {
  await press(page, 'Why may they')
  await page.getByRole('dialog').getByRole('button', { name: /Workflow$/ }).last().click()
  await page.getByRole('option', { name: 'Leave' }).click()
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.locator('.why-answer').waitFor()
}

// The newest mail of Jane's mailbox, once it has come.
async function jane(base) {
  for (const until = Date.now() + 20_000; Date.now() < until; ) {
    const { items } = await (await fetch(`${base}/sandbox/api/messages?mailbox=jane`)).json()
    if (items?.length) return items[0].id
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no mail came to jane')
}

// A directory nobody answers for, and a preview that says so.
async function directory(base) {
  const ldap = { servers: ['127.0.0.1:1'], security: 'ldaps', signIn: true, base: 'DC=contoso,DC=test' }
  const entry = { name: 'contoso', type: 'ldap', on: true, byAddress: false, mostPercent: 10, everyMinutes: 15, ldap }
  const plain = { on: false, byAddress: false, mostPercent: 10, everyMinutes: 30 }
  const entra = { ...plain, name: 'entra', type: 'graph', graph: { tenant: '72f988bf-86f1-41af-91ab-2d7cd011db47', clientId: '1950a258-227b-4e31-a9cf-717495945fc2', secret: 'x' } }
  const okta = { ...plain, name: 'okta', type: 'scim', on: true, everyMinutes: 0, scim: {} }
  await call(base, 'admin', 'PUT', '/directories', { directories: [entry, entra, okta] })
  await call(base, 'admin', 'POST', '/directories/okta/tokens', {})
  await call(base, 'admin', 'POST', '/directories/contoso/sync', { preview: true })
}

// Shown once. There is room for two: the one of the last look makes place.
async function newScimToken(page) {
  const make = page.getByRole('button', { name: 'New token' })
  if (await make.isDisabled()) {
    await page.getByRole('button', { name: /End the token/ }).last().click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click()
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await page.reload() // what was announced about the button of the dialog is gone with it
  }
  await make.click()
  await page.getByText('It is shown this once').waitFor()
}

async function addScim(page) {
  await page.getByRole('button', { name: /Kind/ }).click()
  await page.getByRole('option', { name: /SCIM/ }).click()
  await page.getByText('Save this, then make a token').waitFor()
}

async function testDirectory(page) {
  await page.getByLabel('Name', { exact: false }).first().fill('contoso')
  await page.getByLabel('Servers').fill('127.0.0.1:1')
  await page.getByRole('button', { name: 'Test' }).click()
  await page.getByText('It does not work yet').waitFor()
}

async function otherSide(page) {
  await page.getByText('What to enter on the other side').click()
  await page.getByText('requestedAccessTokenVersion').waitFor()
}

// A token of Jane's that has called, so that there is a caller to show.
async function called(base) {
  const { token } = await call(base, 'jane', 'POST', '/me/tokens', { name: 'Monthly report', readOnly: true })
  await fetch(`${base}/api/workflow/v1/tasks`, { headers: { Authorization: `Bearer ${token}` } })
}

async function tryIt(page) {
  await page.getByRole('textbox', { name: 'Token', exact: true }).fill('sgn_nothing')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.api-answer').waitFor()
}

async function newToken(page) {
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByRole('dialog').waitFor()
}

// A tenant whose people may call, as an administrator would let it in.
async function trusted(base) {
  const { issuer } = await call(base, 'admin', 'POST', '/trust/propose', { from: 'contoso.test', audiences: ['c0ca5aa0-7e57-4000-8000-000000000001'] })
  await call(base, 'admin', 'PUT', '/trust', { issuers: [issuer] })
}

// A token of Graph's, which nobody else can check, in a request.
async function foreignToken(page) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const tenant = 'c0ca5a00-7e57-4000-8000-000000000001'
  const claims = { iss: `https://sts.windows.net/${tenant}/`, tid: tenant, ver: '1.0', aud: '00000003-0000-0000-c000-000000000000', appid: tenant, scp: 'User.Read', exp: 1 }
  const token = [part({ typ: 'JWT', alg: 'RS256', kid: 'x', nonce: 'n' }), part(claims), 'c2ln'].join('.')
  await page.getByLabel('What failed').fill(`curl https://signoff.example/api/v1/me -H 'Authorization: Bearer ${token}'`)
  await page.getByRole('button', { name: 'Look at it' }).click()
  await page.locator('.verdict').waitFor()
}

async function allChecks(page) {
  await page.getByText('Also read the registrations in Entra').click()
}

async function whatChanged(page) {
  await page.getByText('Show what is different').first().click()
}

async function more(page) {
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menu').waitFor()
}

async function dialog(page, item) {
  await more(page)
  await page.getByRole('menuitem', { name: item }).click()
  await page.getByRole('dialog').waitFor()
}

async function account(page) {
  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menu').waitFor()
}

async function keys(page) {
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
}

async function cancel(page) {
  await page.getByRole('button', { name: 'Cancel request…' }).click()
  await page.getByRole('alertdialog').waitFor()
}

// No window opens for a form that is not filled in.
async function nothingEntered(page) {
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByText('Fill in “Mailbox”.').waitFor()
}

async function repair(page, what) {
  await page.getByRole('button', { name: 'Put it right' }).click()
  await page.getByRole('menuitem', { name: what }).click()
  await page.locator('.dialog').waitFor()
}

const changeData = (page) => repair(page, 'Change data…')

async function moveHere(page) {
  await page.getByRole('button', { name: 'Move running requests here… version 1' }).click()
  await page.getByText(/can be moved/).first().waitFor()
}

async function skipNothing(page) {
  await page.getByRole('button', { name: 'Skip…' }).click()
  await page.getByRole('button', { name: 'Skip it' }).click()
  await page.getByText('Say why you do this.').waitFor()
}

async function nothingFilledIn(page) {
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByText('2 things to put right').waitFor()
}

async function wrongPassword(page) {
  await page.getByLabel('Name or address').fill('nobody')
  await page.locator('input[name=password]').fill('nothing')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
}

async function unfold(page) {
  await page.locator('.evidence summary').first().click()
}

async function toTheEnd(page) {
  await page.getByText(/could not be sent/).scrollIntoViewIfNeeded()
}

// The server of these pages has a mail server that works: the answers of one
// that has not are put in its place.
async function mailIsIll(page) {
  await answerWith(page, '**/api/v1/mail', (body) => {
    body.health = { out: { words: 'the mail server smtp.contoso.test cannot be reached', since: new Date().toISOString() } }
    body.queued = 12
  })
  await page.locator('.message.bad').waitFor()
}

async function inDoubt(page) {
  await answerWith(page, '**/api/v1/mail/sent?*', (body) => {
    for (const mail of body.items) Object.assign(mail, { state: 'doubtful', error: 'the server stopped while it was being sent' })
  })
  await page.getByRole('button', { name: 'Send again' }).first().click()
  await page.getByRole('alertdialog').waitFor()
}

async function answerWith(page, url, change) {
  await page.route(url, async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    change(body)
    await route.fulfill({ response: answer, json: body })
  })
  await page.reload()
  await page.locator('.mail').first().waitFor()
  await page.unroute(url)
}

// Nothing is old enough yet: the answers of a server that runs longer are put in their place.
async function keepShorter(page) {
  await page.route('**/api/v1/workflows/leave/retention*', async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    const ended = new Date(Date.now() - 9e10).toISOString()
    body.removed = [{ day: ended.slice(0, 10), at: ended, keepDays: 366, instances: 1234, oldest: ended, newest: ended }]
    if (route.request().url().includes('keep=30')) body.expired = { go: 12, held: 1, waiting: 2 }
    await route.fulfill({ response: answer, json: body })
  })
  await page.reload()
  await page.getByRole('button', { name: /Keep ended requests/ }).click()
  await page.getByRole('option', { name: '30 days' }).click()
  await page.getByText('12 ended requests are removed by that').waitFor()
}

async function keepSure(page) {
  await keepShorter(page)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alertdialog').waitFor()
}

async function refused(page) {
  await page.locator('input[type=file]').setInputFiles({ name: 'faulty.bpmn', mimeType: 'application/xml', buffer: Buffer.from(withoutRecipient) })
  await page.locator('.diagram .is-wrong').first().waitFor()
}

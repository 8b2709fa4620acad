// Article A from nothing: an API and a client are registered in Entra, signoff is
// told of the tenant, and Ana's client calls the API with her token. What is done
// in signoff is counted; what is done in Entra is counted apart. Nothing is
// restarted. docs/article-a.md tells it with what one sees.
import assert from 'node:assert/strict'
import { Acts } from '../acts.mjs'
import { person, signIn } from '../browser.mjs'
import { authorizeURL, entraOf, signInAtEntra, tokenFrom } from '../entra.mjs'

export const name = 'article A: from nothing to the first API call with a token'

const redirect = 'http://localhost/callback'

export async function run({ browser, base, data }) {
  const entra = entraOf(data)
  const admin = await person(browser, base)
  await signIn(admin.page, 'admin')

  const there = new Acts()
  const { api, client } = await registered(admin.page, there)
  const token = await tokenOf({ browser, base, entra, api, client })
  const before = await me(base, token)
  assert.equal(before.status, 401, 'signoff trusts nobody at first')
  assert.match(before.headers.get('www-authenticate') ?? '', /error="invalid_token"/)

  const here = new Acts()
  await here.press(admin.page.getByRole('link', { name: 'Access', exact: true }), 'Manage, Access')
  await here.fill('the tenant', () => admin.page.getByLabel('Tenant or issuer').fill(entra.domain))
  await here.fill('the audience', () => admin.page.getByLabel('Audience').fill(api))
  await here.press(admin.page.getByRole('button', { name: 'Save' }), 'Save')
  await admin.page.getByRole('heading', { name: 'Whose tokens count' }).waitFor()

  const answer = await me(base, token)
  here.done.push('call the API')
  assert.equal(answer.status, 200, 'the token that was refused is good now')
  assert.equal((await answer.json()).login, 'ana')
  const k2 = await fetch(`${base}/api/workflow/v1/workflows`, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(k2.status, 200)

  assert.ok(here.done.length <= 5, here.done.join(', '))
  assert.deepEqual(admin.complaints, [])
  console.log(`  in Entra, apart: ${there.done.length} acts: ${there.done.join(', ')}`)
  return here
}

// What the Azure portal is for a real tenant: an API with one scope, and a
// client that may ask for it.
async function registered(page, acts) {
  const api = await add(page, acts, 'Our workflow API')
  await page.locator('select[name=version]').selectOption('2')
  await acts.press(page.getByRole('button', { name: 'Save' }), 'Save')
  await page.getByLabel('Name of a new scope').fill('user_impersonation')
  await acts.press(page.getByRole('button', { name: 'Add scope' }), 'Add scope')

  const client = await add(page, acts, 'Our tool')
  await page.getByLabel('Redirect URIs, Web').fill(redirect)
  await acts.press(page.getByRole('button', { name: 'Save' }), 'Save')
  await page.locator('select[name=permission]').selectOption({ label: 'Our workflow API: user_impersonation (as a person)' })
  await acts.press(page.getByRole('button', { name: 'Add permission' }), 'Add permission')
  await acts.press(page.getByRole('button', { name: 'Grant admin consent for Contoso' }), 'Grant admin consent')
  await acts.press(page.getByRole('button', { name: 'New client secret' }), 'New client secret')
  const secret = await page.getByRole('status').locator('code').textContent()
  await page.goto('/manage/workflows')
  return { api, client: { id: client, secret } }
}

async function add(page, acts, called) {
  await page.goto('/sandbox/entra/')
  await page.getByLabel('Name of a new registration').fill(called)
  await acts.press(page.getByRole('button', { name: 'Register' }), `Register ${called}`)
  await page.getByRole('heading', { name: called }).waitFor()
  return page.locator('dd code').first().textContent()
}

// Ana signs in for the client, in a browser of her own; the client redeems the code.
async function tokenOf({ browser, base, entra, api, client }) {
  const ana = await person(browser, base, { ignoreHTTPSErrors: true })
  await ana.page.route(`${redirect}?*`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Back at the tool</title>' }))
  await ana.page.goto(authorizeURL(entra, { clientId: client.id, scope: `api://${api}/user_impersonation`, redirect }))
  await signInAtEntra(ana.page, entra, 'ana')
  await ana.page.waitForURL(`${redirect}?*`)
  const code = new URL(ana.page.url()).searchParams.get('code')
  assert.deepEqual(ana.complaints, [])
  await ana.context.close()
  return tokenFrom(entra, { grant_type: 'authorization_code', client_id: client.id, client_secret: client.secret, code, redirect_uri: redirect })
}

const me = (base, token) => fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })

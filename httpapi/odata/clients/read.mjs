// Two clients at work on the API, as their makers describe them: Apache Olingo's,
// which reads the metadata and then the data by it, and o.js, which builds its
// queries from objects. Prints what they found as JSON.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { oData } = require('ts-odatajs')
const { o } = require('odata')
const { root, authorization } = JSON.parse(process.env.ODATA)
const said = {}

// Olingo's own way to the net is a browser's.
const net = {
  request(request, success, error) {
    fetch(request.requestUri, { method: request.method ?? 'GET', headers: { ...request.headers, authorization }, body: request.body })
      .then(async (answer) => {
        const response = { requestUri: request.requestUri, statusCode: answer.status, statusText: answer.statusText, headers: Object.fromEntries(answer.headers), body: await answer.text() }
        response.headers['Content-Type'] = response.headers['content-type']
        if (answer.ok) success(response)
        else error({ message: 'refused', request, response })
      })
      .catch(error)
    return { abort() {} }
  },
}
const olingo = (request, handler, metadata) =>
  new Promise((done, failed) => oData.request(typeof request === 'string' ? { requestUri: request, headers: {} } : request, (data, response) => done({ ...data, response }), failed, handler, net, metadata))

async function pages(first, metadata, headers) {
  const ids = []
  let count = 0
  for (let next = root + first; next; count++) {
    const page = await olingo({ requestUri: next, headers }, undefined, metadata)
    ids.push(...page.value.map((row) => row.id ?? row.login))
    next = page['@odata.nextLink']
  }
  return { rows: ids.length, different: new Set(ids).size, pages: count }
}

// Olingo: the service document, the metadata, and a list by it
const service = await olingo(root)
said.sets = service.value.map((set) => `${set.kind} ${set.name}`).join(', ')
const metadata = await olingo(root + '$metadata', oData.metadataHandler)
delete metadata.response
said.schemas = metadata.dataServices.schema.map((s) => s.namespace).join(', ')
said.key = metadata.dataServices.schema[0].entityType.find((t) => t.name === 'people_Person').key.propertyRef.map((k) => k.name).join()
said.all = await pages('people_Person', metadata)
said.paged = await pages('people_Person?$filter=' + encodeURIComponent("startswith(login,'p1')") + '&$orderby=login desc&$select=login', metadata, { Prefer: 'odata.maxpagesize=100' })
const full = await olingo({ requestUri: root + 'people_Person?$top=1', headers: { Accept: 'application/json;odata.metadata=full' } }, undefined, metadata)
said.full = `${full.value[0]['@odata.type']} ${full.value[0]['@odata.id'].startsWith(root)}`
const again = await olingo(full.value[0]['@odata.id'], undefined, metadata)
said.byId = again.login === full.value[0].login

// o.js: filter, sort, count, one, an action, a refusal
const client = () => o(root, { headers: { authorization, 'Content-Type': 'application/json' } })
const found = await client().get('people_Person').query({ $filter: "contains(name,'Number 17') and endswith(login,'9')", $orderby: 'login', $select: 'login,name' })
said.found = found.map((p) => p.login).join(',')
const counted = await (await client().get('people_Person').fetch({ $count: true, $top: 3, $skip: 10 })).json()
said.counted = `${counted['@odata.count']} ${counted.value.length}`
said.number = await (await client().get('people_Person/$count').fetch({ $filter: "startswith(login,'p2')" })).text()
said.one = (await client().get("people_Person('jane')").query()).name
const manager = await client().post('people_Person_manager', { id: 'p7' }).query()
said.manager = (Array.isArray(manager) ? manager[0] : manager).login
said.members = (await client().get('people_Member').query({ $filter: "group eq 'Finance'" })).map((m) => m.login).join(',')
said.refused = await client().get('people_Person').query({ $filter: "tolower(login) eq 'jane'" }).catch(async (answer) => `${answer.status} ${(await answer.json()).error.code}`)

// the same over a mailbox
const sent = await client().post('office_Email_send', { to: ['jane@contoso.test'], subject: 'Over OData', body: 'Hello' }).query()
said.sent = typeof (Array.isArray(sent) ? sent[0] : sent).id
said.folders = (await client().get('office_Folder').query({ $orderby: 'name' })).some((f) => f.name === 'Inbox')
for (let i = 1; i <= 5; i++) {
  await client().post('office_Contact', { name: `Contact ${i}`, emails: [`c${i}@contoso.test`] }).query()
}
said.contacts = (await client().get('office_Contact').query({ $filter: "name ne 'Contact 3' and startswith(name,'Contact')", $orderby: 'name desc' })).map((c) => c.name.slice(-1)).join('')
said.contactPages = await pages('office_Contact?$select=id', metadata, { Prefer: 'odata.maxpagesize=2' })
const [contact] = await client().get('office_Contact').query({ $filter: "name eq 'Contact 2'" })
const at = `office_Contact('${encodeURIComponent(contact.id)}')`
await client().patch(at, { company: 'Contoso' }).query()
said.changed = (await client().get(at).query()).company
await client().delete(at).query()
said.deleted = await client().get(at).query().catch((answer) => answer.status)

console.log(JSON.stringify(said))

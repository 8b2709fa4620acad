// Checks what describes the API with schemas of the OASIS committee that made
// OData: metadata in XML and in JSON, and that both say the same. Prints what is
// wrong, or how much there is, as JSON.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs'

const require = createRequire(import.meta.url)
const { xml2json } = require('odata-csdl')
const Ajv = require('ajv')
const { root, authorization } = JSON.parse(process.env.ODATA)
const schemas = require.resolve('odata-csdl').replace(/lib[/\\][^/\\]*$/, 'schemas/')

async function load(accept) {
  const answer = await fetch(root + '$metadata', { headers: { authorization, accept } })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer.text()
}

xmlRegisterFsInputProviders()
const said = { wrong: [] }
const xml = await load('application/xml')
const json = JSON.parse(await load('application/json'))

const schema = XmlDocument.fromBuffer(readFileSync(schemas + 'edmx.xsd'), { url: schemas + 'edmx.xsd' })
const document = XmlDocument.fromString(xml)
try {
  XsdValidator.fromDoc(schema).validate(document)
} catch (e) {
  said.wrong.push(`XML: ${e.message}`)
}

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
const valid = ajv.compile(JSON.parse(readFileSync(schemas + 'csdl.schema.json', 'utf8')))
if (!valid(json)) said.wrong.push(...valid.errors.slice(0, 10).map((e) => `JSON: ${e.instancePath} ${e.message}`))

const messages = []
const converted = xml2json(xml, { strict: true, messages })
said.wrong.push(...messages.map((m) => `XML: ${m.message}`))
converted.$Version = json.$Version // the XML is of 4.0, in which there is no JSON
compare('', converted, json)

function compare(at, a, b) {
  if (isDeepStrictEqual(a, b) || said.wrong.length > 20) return
  if (!a || !b || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a)) {
    said.wrong.push(`${at}: the XML says ${JSON.stringify(a)}, the JSON ${JSON.stringify(b)}`)
    return
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(`${at}/${key}`, a[key], b[key])
}

// a schema that nothing fails is no proof
for (const [what, spoil] of Object.entries({ type: (x) => x.replace('<EntityType ', '<EntityKind '), attribute: (x) => x.replace(' Name="', ' Nome="'), order: (x) => x.replace('<edmx:DataServices>', '') })) {
  try {
    const spoilt = XmlDocument.fromString(spoil(xml))
    XsdValidator.fromDoc(schema).validate(spoilt)
    said.wrong.push(`the schema takes a wrong ${what}`)
  } catch {
    // as it should
  }
}
if (valid({ ...json, $EntityContainer: 7 })) said.wrong.push('the schema takes a wrong container')

const kinds = Object.values(json.signoff).map((v) => (Array.isArray(v) ? v[0].$Kind : v.$Kind))
said.types = kinds.filter((k) => k === 'EntityType').length
said.actions = kinds.filter((k) => k === 'Action').length
console.log(JSON.stringify(said))

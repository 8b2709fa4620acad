// Validates an API description, Swagger 2.0 or OpenAPI 3.1, with a parser that
// nobody here wrote: node validate.mjs FILE
import { readFile } from 'node:fs/promises'
import parser from '@apidevtools/swagger-parser'

const document = JSON.parse(await readFile(process.argv[2], 'utf8'))
try {
  const api = await parser.validate(document)
  console.log(JSON.stringify({ version: api.swagger ?? api.openapi, paths: Object.keys(api.paths).length }))
} catch (refusal) {
  console.error(String(refusal.message).slice(0, 20_000))
  process.exitCode = 1
}

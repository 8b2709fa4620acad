// Sends every request of a Postman collection with newman, as Postman would, and
// says what came back: node run.mjs COLLECTION name=value...
import { readFile } from 'node:fs/promises'
import newman from 'newman'

const collection = JSON.parse(await readFile(process.argv[2], 'utf8'))
const values = process.argv.slice(3).map((pair) => {
  const at = pair.indexOf('=')
  return { key: pair.slice(0, at), value: pair.slice(at + 1), enabled: true }
})
newman.run({ collection, envVar: values, reporters: [], timeoutRequest: 20_000 }, (failure, summary) => {
  if (failure) {
    console.error(String(failure.message))
    process.exitCode = 1
    return
  }
  const answers = summary.run.executions.map(({ item, request, response, requestError }) => ({
    name: item.name,
    method: request.method,
    url: request.url.toString(),
    status: response?.code ?? 0,
    body: response?.text().slice(0, 500) ?? '',
    failed: requestError ? String(requestError) : '',
  }))
  console.log(JSON.stringify(answers))
})

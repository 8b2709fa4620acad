// What two modules of other people make of the same filters and patches.
import { filter, parse } from 'scim2-parse-filter'
import { scimPatch } from 'scim-patch'

let text = ''
for await (const part of process.stdin) text += part
const { resource, filters, patches } = JSON.parse(text)

const tried = (work) => {
  try {
    return { is: work() }
  } catch (error) {
    return { refused: String(error.message ?? error) }
  }
}

console.log(
  JSON.stringify({
    filters: filters.map((one) => tried(() => filter(parse(one))(resource))),
    patches: patches.map(({ before, ops }) => tried(() => scimPatch(structuredClone(before), structuredClone(ops)))),
  }),
)

// Messages, schedules, calendars, orders and people who are away, for pages that show them.
import { call } from './api.mjs'

const open = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="t">'

const goods = `${open}
  <bpmn:message id="delivered" name="delivered"/>
  <bpmn:process id="goods" name="Goods in" isExecutable="true">
    <bpmn:extensionElements>
      <signoff:workflow folio="Order {order}"/>
      <signoff:variable name="order" label="Order" type="string" input="true" required="true"/>
    </bpmn:extensionElements>
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:receiveTask id="goodsIn" name="Wait for the goods" messageRef="delivered">
      <bpmn:extensionElements><signoff:message key="order"/></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:receiveTask>
    <bpmn:endEvent id="end"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="goodsIn"/>
    <bpmn:sequenceFlow id="f2" sourceRef="goodsIn" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>`

const report = `${open}
  <bpmn:process id="report" name="Weekly report" isExecutable="true">
    <bpmn:startEvent id="everyMonday" name="Every Monday">
      <bpmn:outgoing>f1</bpmn:outgoing>
      <bpmn:timerEventDefinition id="t1"><bpmn:timeCycle>0 9 * * MON</bpmn:timeCycle></bpmn:timerEventDefinition>
    </bpmn:startEvent>
    <bpmn:endEvent id="end"><bpmn:incoming>f1</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="everyMonday" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>`

/** An order that waits for its goods, messages that reach it, miss it and wait, and a workflow that begins every Monday. */
export async function eventsOf(base) {
  for (const xml of [goods, report]) await call(base, 'admin', 'POST', '/workflows', xml, 'application/xml')
  const begin = async (order) => (await call(base, 'admin', 'POST', '/workflows/goods/instances', { variables: { order } })).id
  const [waits] = [await begin('4711'), await begin('4712')]
  await call(base, 'admin', 'POST', '/messages', { name: 'delivered', key: '4712' })
  await call(base, 'admin', 'POST', '/messages', { name: 'delivered', key: '4710' })
  await call(base, 'admin', 'POST', '/messages', { name: 'deliverd', key: '4711', ttl: 0 })
  await call(base, 'admin', 'POST', '/signals', { name: 'closing' })
  return waits
}

/** An order for all problems there are, that has come to its end. */
export async function ordered(base) {
  const { id } = await call(base, 'admin', 'POST', '/bulk', { do: 'retry', workflow: 'leave' })
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if ((await call(base, 'admin', 'GET', `/bulk/${id}`)).ended) return id
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the order does not come to its end')
}

/** Bob is away for most of a year; Ana stands in, but not for expenses. */
export async function away(base) {
  const { items } = await call(base, 'admin', 'GET', '/users?q=bob')
  const to = new Date(Date.now() + 300 * 86_400_000).toISOString()
  await call(base, 'admin', 'PUT', `/users/${encodeURIComponent(items[0].id)}/absence`, { to, substitutes: ['ana'], except: [{ workflow: 'expense' }] })
}

/** Fills in who stands in, as far as the preview. */
export async function fillAway(page, name = 'Bob Stone') {
  await page.getByRole('button', { name: 'Set out of office' }).click()
  await page.getByLabel('Until').fill('2027-12-24T08:00')
  await page.getByRole('combobox', { name: 'Who stands in' }).fill(name.slice(0, 3))
  await page.getByRole('option', { name: new RegExp(name) }).click()
  await page.getByRole('button', { name: `Remove ${name}` }).waitFor()
}

const event = (uid, ...lines) => ['BEGIN:VEVENT', `UID:${uid}`, ...lines, 'END:VEVENT']

export const calendarFile = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//contoso//holidays//EN',
  ...event(1, 'DTSTART;VALUE=DATE:20270101', 'SUMMARY:New Year'),
  ...event(2, 'DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY', 'SUMMARY:Christmas'),
  ...event(3, 'DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=WEEKLY', 'SUMMARY:Team lunch'),
  'END:VCALENDAR',
  '',
].join('\r\n')

export async function importHolidays(page, text) {
  await page.getByRole('button', { name: 'Import from iCalendar…' }).click()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a file…' }).click()])
  await chooser.setFiles({ name: 'holidays.ics', mimeType: 'text/calendar', buffer: Buffer.from(text) })
  await page.getByText('holidays in this file').waitFor()
}

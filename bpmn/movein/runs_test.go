package movein

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signoffhq/signoff/scenario"
)

// Moved files do what they did. Names of people and groups are those of the
// files.
var stories = []struct{ model, name, story string }{
	{"leave-flowable", "approved", `
start by=ana from=2026-02-02 days=3
----
fact  started            by=ana  "Leave"
fact  task offered  t1   "Decide"  to=managers  outcomes=Done
do    notify        t1   to=managers

decide t1 by=jane outcome=done set outcomeValue=yes
----
fact  task decided  t1   Done  by=jane  outcomeValue=yes
fact  effect requested  e1   email  "Tell"
do    email         e1   to=ana  "Leave of 3 days"  "Have a good time."

effect done e1
----
fact  effect finished  e1
fact  ended              completed
`},
	{"leave-flowable", "not approved", `
start by=ana from=2026-02-02 days=3

decide t1 by=jane outcome=done set outcomeValue=no
----
fact  task decided  t1   Done  by=jane  outcomeValue=no
fact  ended              completed
`},
	{"leave-activiti", "sent back to who asked", `
start by=ana numberOfDays=3

decide t1 by=kermit outcome=done set vacationApproved=false managerMotivation="Not now"
----
fact  task decided  t1   Done  by=kermit  managerMotivation="Not now"  vacationApproved=false
fact  task offered  t2   "Adjust vacation request"  to=ana  outcomes=Done
do    notify        t2   to=ana
`},
	{"invoice-camunda7", "a program archives it", `
start by=ana creditor=ACME amount=70 patience=P7D
decide t1 by=ana outcome=done set approver=bob
----
fact  started            by=ana  "Invoice receipt"
fact  task offered  t1   "Assign an approver"  to=ana  outcomes=Done
do    notify        t1   to=ana
fact  task decided  t1   Done  by=ana  approver=bob
fact  task offered  t2   "Approve invoice of ACME"  to=bob  outcomes=Done  high
fact  timer set     w1   "After a week"  due 2026-01-12 09:00
do    notify        t2   to=bob

decide t2 by=bob outcome=done set approved=true

finish e1 by=robot receipt={"id":"A-7"}
----
fact  effect finished  e1   by=robot
fact  variables set       by=robot  receipt={"id":"A-7"}
fact  variables set       archiveId=A-7
fact  ended              completed
`},
	{"invoice-camunda7", "not approved, and nothing said why", `
start by=ana creditor=ACME amount=70 patience=P7D
decide t1 by=ana outcome=done set approver=bob

decide t2 by=bob outcome=done
----
fact  task decided  t2   Done  by=bob
fact  timer cleared  w1
fact  ended              completed
`},
	{"leave-camunda8", "booked by a program", `
start by=ana days=3 total=20 manager=bob

decide t1 by=bob outcome=done set approved=true reason=sun
----
fact  task decided  t1   Done  by=bob  approved=true  reason=sun
fact  timer cleared  w1
fact  variables set       wordy=3
fact  effect requested  e1   external  "Book it"

finish e1 by=robot booking={"number":12}
----
fact  effect finished  e1   by=robot
fact  variables set       by=robot  booking={"number":12}
fact  variables set       number=12
fact  ended              completed
`},
	{"onboarding-camunda8", "one tool after the other", `
start by=ana contract=C-1 tools=["hammer","saw"] newcomer=bea

message contract-signed key=C-2
----
none  nothing waits for this message

message contract-signed key=C-1

finish e1 by=robot serial=7
finish e2 by=robot serial=8
----
fact  effect finished  e1   by=robot
fact  variables set       by=robot  serial=7
fact  effect requested  e2   external  "Hand out tools"
fact  effect finished  e2   by=robot
fact  variables set       by=robot  serial=8
fact  variables set       receipts=[{"tool":"hammer","number":7},{"tool":"saw","number":8}]
fact  effect requested  e3   external  "Check the law"

finish e3 by=robot
effect done e4 grade=2 bonus=1
----
fact  effect finished  e3   by=robot
fact  effect requested  e4   workflow  "Training"
do    workflow      e4   training  person=bea
fact  effect finished  e4
fact  variables set       grade=3
fact  ended              completed
`},
}

func TestMovedFilesRun(t *testing.T) {
	for _, s := range stories {
		t.Run(s.model+" "+s.name, func(t *testing.T) {
			out, report := Import(read(t, "testdata/"+s.model+".bpmn"))
			if !report.Runs() {
				t.Fatalf("it cannot be deployed: %v", report.Problems.Blocking())
			}
			files := fstest.MapFS{
				"moved.bpmn":     {Data: []byte(written(t, out))},
				"story.scenario": {Data: []byte("process moved.bpmn\ngroup managers jane\ngroup accounting jane\ngroup management bob\n" + s.story)},
			}
			res, err := scenario.Run(files, "story.scenario")
			if err != nil {
				t.Fatal(err)
			}
			if !res.OK() {
				t.Error(strings.TrimSpace(res.String()))
			}
		})
	}
}

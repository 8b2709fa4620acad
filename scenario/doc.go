// Package scenario runs scenario files: pages that say what people do to a
// workflow and, under a line of dashes, what follows. They are the engine's
// tests, and how authors of workflows test theirs.
//
//	# Ana asks for three days; Jane agrees.
//	process leave.bpmn
//	group finance jane bob
//
//	start by=ana days=3
//	----
//	fact  started            by=ana  "Leave for Ana: 3 days"
//	fact  task offered  t1   "Approve leave"  to=jane  outcomes=Approve,Reject
//	do    notify        t1   to=jane
//
// A blank line ends a block. Names are people by themselves: "jane" is Jane,
// jane@contoso.test. Tasks, effects, timers and incidents are numbered by kind
// as they come: t1, e1, w1, i1; what waits for a message, a signal or a
// condition is m1. Without dashes a block has to work, and what it
// gives is not compared.
//
//	process FILE                     the workflow; the first line that matters
//	group NAME LOGIN…                a group and who is in it; group:NAME is another group
//	role NAME LOGIN…                 a role, likewise
//	person LOGIN name=… email=…      somebody whose name matters; undoes nobody
//	nobody NAME                      a name nobody has
//	admin LOGIN                      somebody with the server right "administer"
//	at 2026-01-05T09:00:00Z          sets the clock, before the start
//	service "Place order" done status=200 body={"id":7}
//	                                 how a step's call or mail goes whenever it comes; also failed
//	                                 cause="…". Said twice: the first time so, later otherwise
//	show steps                       shows also which steps are entered and left
//
//	start by=ana folio=… priority=1 days=3
//	start by=shop node=ordered days=3       at the start event of that id
//	decide t1 by=jane outcome=approve comment="…" channel=mail set days=4
//	claim|release|wake t1 by=jane
//	redirect|share t1 by=jane to=bob comment="…"   an administrator may say from=…
//	withdraw t1 by=root outcome=Expired comment="…"
//	ask t1 by=jane to=bob text="…"          without to= whoever started it; the question is q1
//	reply t1 by=bob to=q1 text="…"
//	comment [t1] by=jane text="…"
//	sleep t1 by=jane for=P1D         or until=2026-01-08T09:00:00Z
//	after P3D                        time passes; timers fire in their order
//	timer w1                         a timer is reported due, due or not
//	effect done e1 status=200 body={"id":7}
//	effect done e1 result={"id":"AAMk"}     of a service object's method
//	effect failed e1 cause="…" attempts=6   and code=… advice="…" as a connector gives them
//	effect failed e1 error=card-refused     an error the workflow knows
//	finish e1 by=robot total=12
//	message paid key=4711 id=… amount=3     hands a message to who waits for it
//	signal closing-time reason=…            and a signal to all who do
//	retry i1 by=admin days=3
//	skip i1 by=admin outcome=approve reason="…" days=3
//	set by=admin reason="…" days=3
//	move STEP by=admin from=STEP all=true reason="…" days=3
//	hold by=admin reason="…"         nothing goes on until resume by=admin
//	end by=admin reason="…" days=3
//	cancel by=admin reason="…"
//	state                            writes down how the instance stands
//
// Values are JSON where they look like it, otherwise text; text with spaces is
// quoted. After set, every name=value is a variable, whatever it is called.
//
// The package reads files only through the fs.FS it is given. Start reading at
// Run.
package scenario

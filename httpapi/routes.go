package httpapi

import "net/http"

// maxWorkflowBytes bounds an uploaded BPMN file.
const maxWorkflowBytes = 5 << 20

// routes is the whole of /api/v1. A right stands on every line; what depends on
// the thing itself (a task's recipients, a workflow's grants) is asked of the
// services by the handler.
func (s *Server) routes() {
	s.sessionRoutes()
	s.workflowRoutes()
	s.instanceRoutes()
	s.fileRoutes()
	s.repairRoutes()
	s.bulkRoutes()
	s.taskRoutes()
	s.messageRoutes()
	s.mailRoutes()
	s.mailConnectionRoutes()
	s.serverRoutes()
	s.peopleRoutes()
	s.groupRoutes()
	s.rightsRoutes()
	s.trustRoutes()
	s.directoryRoutes()
	s.serviceRoutes()
	s.calendarRoutes()
	s.absenceRoutes()
	s.oauthRoutes()
	s.doctorRoutes()
	s.signInRoutes()

	route(s, op{"check-expression", "POST /expressions/check", "Expressions", "Read an expression and work it out with sample values; keeps nothing", signedIn, 0}, s.checkExpression)

	route(s, op{"stream-events", "GET /events", "Events", "Changes as they happen, as server-sent events", signedIn, 0}, s.streamEvents, givesEvents)
}

// sessionRoutes are those of signing in, and one's own account.
func (s *Server) sessionRoutes() {
	route(s, op{"sign-in", "POST /session", "Session", "Sign in with name and password; answers with a session cookie", anybody, 0}, s.signIn)
	route(s, op{"sign-out", "DELETE /session", "Session", "End the session", anybody, 0}, s.signOut)
	route(s, op{"get-me", "GET /me", "Session", "Who you are, and what you hold", signedIn, 0}, s.getMe)

	route(s, op{"change-password", "PUT /me/password", "Session", "Change your own password; your sessions end", signedIn, 0}, s.changePassword)

	route(s, op{"list-waiting", "GET /me/waiting-connections", "Session", "Accounts to connect that work waits for: yours and, for an administrator, the server's", signedIn, 0}, s.listWaiting)
	route(s, op{"list-my-tokens", "GET /me/tokens", "Tokens", "Your personal access tokens", signedIn, 0}, s.listTokens)
	route(s, op{"create-token", "POST /me/tokens", "Tokens", "Make a personal access token; its text is shown this once. Not with a token", signedIn, http.StatusCreated}, s.createToken)
	route(s, op{"end-my-token", "DELETE /me/tokens/{id}", "Tokens", "End one of your tokens, at once", signedIn, 0}, s.endOwnToken)
	route(s, op{"list-tokens", "GET /tokens", "Tokens", "Everybody's personal access tokens, first made first", admin, 0}, s.listAllTokens)
	route(s, op{"end-token", "DELETE /tokens/{id}", "Tokens", "End anybody's token, at once", admin, 0}, s.endToken)

	route(s, op{"search-people", "GET /people", "People", "Find people and groups by the beginning of a name, login or address", signedIn, 0}, s.searchPeople)
}

// workflowRoutes are those of workflows, and of how long what they ran is kept.
func (s *Server) workflowRoutes() {
	route(s, op{"list-workflows", "GET /workflows", "Workflows", "Workflows you may see, or those you may start", signedIn, 0}, s.listWorkflows)
	route(s, op{"deploy-workflow", "POST /workflows", "Workflows", "Deploy a BPMN 2.0 file: a new workflow, or a new version of one", signedIn, http.StatusCreated}, s.deploy, takesFile)
	route(s, op{"import-workflow", "POST /workflows/import", "Workflows", "Say a BPMN file of Camunda, Operaton, Flowable or Activiti in signoff's words: what runs as it is, what was changed, what is left to do, and the new file. Nothing is stored", signedIn, 0}, s.importWorkflow, readsFile)
	route(s, op{"get-workflow", "GET /workflows/{id}", "Workflows", "One workflow, by number or key, with what its start form asks", signedIn, 0}, s.getWorkflow)
	route(s, op{"get-workflow-bpmn", "GET /workflows/{id}/versions/{n}/bpmn", "Workflows", "The BPMN file of a version, as it was deployed", signedIn, 0}, s.versionBPMN, givesFile)
	route(s, op{"get-retention", "GET /workflows/{id}/retention", "Keeping", "How long ended instances are kept, and what is removed by that", signedIn, 0}, s.getRetention)
	route(s, op{"put-retention", "PUT /workflows/{id}/retention", "Keeping", "Change how long ended instances are kept", signedIn, 0}, s.putRetention)

	route(s, op{"list-holds", "GET /holds", "Keeping", "What is held back from being removed, last placed first", admin, 0}, s.listHolds)
	route(s, op{"place-hold", "POST /holds", "Keeping", "Keep a workflow's instances, one instance, or a person's from being removed", admin, http.StatusCreated}, s.placeHold)
	route(s, op{"lift-hold", "POST /holds/{id}/lift", "Keeping", "End a hold; it stays on record", admin, 0}, s.liftHold)
	route(s, op{"export", "GET /export", "Keeping", "Instances with everything about them, as lines of JSON, by number", signedIn, 0}, s.export, givesLines)
}

// instanceRoutes are those of instances.
func (s *Server) instanceRoutes() {
	route(s, op{"start-instance", "POST /workflows/{id}/instances", "Instances", "Start a workflow", signedIn, http.StatusCreated}, s.startInstance)
	route(s, op{"list-instances", "GET /instances", "Instances", "Instances you started, or also those of workflows you may view", signedIn, 0}, s.listInstances)
	route(s, op{"get-instance", "GET /instances/{id}", "Instances", "One instance: where it is, what it holds", signedIn, 0}, s.getInstance)
	route(s, op{"get-instance-bpmn", "GET /instances/{id}/bpmn", "Instances", "The diagram the instance runs", signedIn, 0}, s.instanceBPMN, givesFile)
	route(s, op{"get-history", "GET /instances/{id}/history", "Instances", "What happened, oldest first", signedIn, 0}, s.history)
	route(s, op{"list-instance-mails", "GET /instances/{id}/mails", "Instances", "Who was told by mail, and whether that worked, oldest first", signedIn, 0}, s.instanceMails)
	route(s, op{"comment-instance", "POST /instances/{id}/comments", "Instances", "Write a comment", signedIn, 0}, s.commentInstance)
	route(s, op{"cancel-instance", "POST /instances/{id}/cancel", "Instances", "End an instance and everything open in it", signedIn, 0}, s.cancelInstance)
}

// taskRoutes are those of tasks, and of steps that wait for somebody.
func (s *Server) taskRoutes() {
	route(s, op{"list-tasks", "GET /tasks", "Tasks", "A page of your tasks", signedIn, 0}, s.listTasks)
	route(s, op{"count-tasks", "GET /tasks/counts", "Tasks", "How many tasks wait for you", signedIn, 0}, s.countTasks)
	route(s, op{"get-task", "GET /tasks/{serial}", "Tasks", "One task, with everything needed to decide it", signedIn, 0}, s.getTask)
	route(s, op{"decide-task", "POST /tasks/{serial}/decision", "Tasks", "Decide a task", signedIn, 0}, s.decideTask, hasCondition)
	route(s, op{"claim-task", "POST /tasks/{serial}/claim", "Tasks", "Claim a task: it is marked as yours and, if it is a claiming one, kept for you", signedIn, 0}, s.claimTask)
	route(s, op{"release-task", "POST /tasks/{serial}/release", "Tasks", "Give a claimed task back", signedIn, 0}, s.releaseTask)
	route(s, op{"redirect-task", "POST /tasks/{serial}/redirect", "Tasks", "Hand a task to somebody else instead of you", signedIn, 0}, s.redirectTask)
	route(s, op{"share-task", "POST /tasks/{serial}/share", "Tasks", "Put a task before somebody else besides you: either may decide", signedIn, 0}, s.shareTask)
	route(s, op{"sleep-task", "POST /tasks/{serial}/sleep", "Tasks", "Hide a task from your list until a time", signedIn, 0}, s.sleepTask)
	route(s, op{"wake-task", "POST /tasks/{serial}/wake", "Tasks", "Show a sleeping task again", signedIn, 0}, s.wakeTask)
	route(s, op{"ask-task", "POST /tasks/{serial}/questions", "Tasks", "Ask somebody about a task, which stays yours", signedIn, 0}, s.askTask)
	route(s, op{"reply-task", "POST /tasks/{serial}/questions/{number}/reply", "Tasks", "Reply to a question about a task", signedIn, 0}, s.replyTask)
	route(s, op{"withdraw-task", "POST /tasks/{serial}/withdraw", "Tasks", "End a task without an answer, for administrators", signedIn, 0}, s.withdrawTask)
	route(s, op{"comment-task", "POST /tasks/{serial}/comments", "Tasks", "Write a comment about a task", signedIn, 0}, s.commentTask)

	route(s, op{"finish-step", "POST /steps/{serial}/finish", "Instances", "Finish a step that waits for another system", signedIn, 0}, s.finishStep)

	route(s, op{"list-incidents", "GET /incidents", "Incidents", "Steps that failed and wait to be put right", signedIn, 0}, s.listIncidents)
	route(s, op{"try-step", "POST /steps/{serial}/retry", "Instances", "Let a step that waits for a connection look again whether it is there", signedIn, 0}, s.tryStep)
	route(s, op{"retry-incident", "POST /incidents/{serial}/retry", "Incidents", "Try the failed step again, with corrections", signedIn, 0}, s.retryIncident)
}

// mailRoutes are those of mail that goes out and comes in.
func (s *Server) mailRoutes() {
	route(s, op{"get-mail-status", "GET /mail", "Mail", "Whether mail moves, and how much of it waits for a person", admin, 0}, s.mailStatus)
	route(s, op{"list-received-mail", "GET /mail/received", "Mail", "Mails that came in and what became of them, newest first", admin, 0}, s.listReceived)
	route(s, op{"looked-at-mail", "POST /mail/received/{id}/looked-at", "Mail", "Say that a mail has been looked at", admin, 0}, s.lookedAt)
	route(s, op{"list-sent-mail", "GET /mail/sent", "Mail", "Mails on their way out, newest first", admin, 0}, s.listSent)
	route(s, op{"release-mail", "POST /mail/sent/{id}/release", "Mail", "Send a failed or doubtful mail again", admin, 0}, s.releaseMail)
	route(s, op{"drop-mail", "POST /mail/sent/{id}/drop", "Mail", "Give up a mail that has not been sent; one that has failed needs no look then", admin, 0}, s.dropMail)
}

// serverRoutes are those of what this server offers, and who else serves it.
func (s *Server) serverRoutes() {
	route(s, op{"get-apis", "GET /apis", "APIs", "Which APIs this server offers, and to whom", admin, 0}, s.getApis)
	route(s, op{"put-apis", "PUT /apis", "APIs", "Change which APIs are offered; all servers go by it at once", admin, 0}, s.putApis, hasCondition)
	route(s, op{"list-callers", "GET /apis/callers", "APIs", "Who called the APIs in the last 30 days, last seen first", admin, 0}, s.listCallers)

	route(s, op{"list-nodes", "GET /nodes", "Server", "The servers at work on this data", admin, 0}, s.listNodes)
}

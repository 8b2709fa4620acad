package graph

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/connector/exchange"
)

// permission is what Graph calls a right that a request needs.
type permission string

const (
	mailRead      permission = "Mail.Read"
	mailWrite     permission = "Mail.ReadWrite"
	mailSend      permission = "Mail.Send"
	calendarRead  permission = "Calendars.Read"
	calendarWrite permission = "Calendars.ReadWrite"
	contactsRead  permission = "Contacts.Read"
	contactsWrite permission = "Contacts.ReadWrite"
	tasksRead     permission = "Tasks.Read"
	tasksWrite    permission = "Tasks.ReadWrite"
	settingsRead  permission = "MailboxSettings.Read"
	settingsWrite permission = "MailboxSettings.ReadWrite"
	placesRead    permission = "Place.Read.All"
)

const graphApp = "00000003-0000-0000-c000-000000000000" // Microsoft Graph in every tenant

// hint says what to do about a refusal that has to do with rights, or with how
// this connection is set up; "" leaves the usual words.
func (b *box) hint(r request, ref *exchange.Refusal) string {
	code := strings.ToLower(ref.Code)
	switch {
	case ref.Status == http.StatusUnauthorized && strings.Contains(strings.ToLower(ref.Text), "audience"):
		return "The token is for another system. Its audience has to be https://graph.microsoft.com: set it at the service instance or the OAuth resource."
	case strings.Contains(ref.Text, "/me request is only valid"):
		return "The application signs in by itself, and has no mailbox of its own: enter the address of the mailbox."
	case code == "errorsenddenied", code == "errorsendasdenied", code == "mailboxnotenabledforrestapi":
		return ""
	case ref.Status == http.StatusForbidden && strings.Contains(ref.Text, "Mail-Advanced"):
		return "Graph lets nobody change the text of a mail that was sent or received, unless the app has Mail-Advanced.ReadWrite. Mark the mail with a category instead."
	case ref.Status == http.StatusForbidden && ref.Meaning().Code == exchange.CodeDenied:
		return b.denied(r.need)
	}
	return ""
}

// denied says which right is missing where, and who gives it how.
func (b *box) denied(need permission) string {
	if need == "" {
		return ""
	}
	if b.access.App {
		return b.deniedToApp(need)
	}
	g := b.access.Known()
	if lacking := g.Lacks(string(need)); len(lacking) > 0 {
		return g.Missing(lacking)
	}
	if b.address != "" && !g.Own(b.address) {
		return b.deniedToDelegate(need)
	}
	return fmt.Sprintf("The permission %[1]s is missing (delegated). An administrator of Entra ID adds it to the app registration and consents: "+
		"az ad app permission grant --id <application id> --api %[2]s --scope \"%[1]s\". Then connect the account again, so that its token has it.", need, graphApp)
}

// deniedToApp is for an application's own token. Its right on a mailbox comes
// from a consent for all of them, or from Exchange for those of a scope.
// https://learn.microsoft.com/exchange/permissions-exo/application-rbac
func (b *box) deniedToApp(need permission) string {
	role := need
	switch need { // where the application permission has another name
	case tasksRead, tasksWrite:
		role = need + ".All"
	}
	consent := fmt.Sprintf("az ad app permission add --id <application id> --api %[1]s --api-permissions "+
		"$(az ad sp show --id %[1]s --query \"appRoles[?value=='%[2]s'].id\" -o tsv)=Role && az ad app permission admin-consent --id <application id>", graphApp, role)
	if need == tasksRead || need == tasksWrite || need == placesRead {
		return fmt.Sprintf("The application permission %s is missing. An administrator of Entra ID gives it: %s", role, consent)
	}
	return fmt.Sprintf("The application has no right %[1]s on %[2]s. For chosen mailboxes only, an Exchange administrator gives it in PowerShell: "+
		"New-ManagementRoleAssignment -App <object id of the enterprise app> -Role \"Application %[1]s\" -CustomResourceScope <scope>; "+
		"if there is such an assignment, its scope does not hold this mailbox: Test-ServicePrincipalAuthorization -Identity <application id> -Resource %[2]s shows it. "+
		"It takes up to two hours to work. For all mailboxes: %[3]s", need, b.address, consent)
}

// deniedToDelegate is for somebody in a mailbox that is not theirs: the
// permission for shared mailboxes, and a right on this one.
func (b *box) deniedToDelegate(need permission) string {
	right := fmt.Sprintf("Add-MailboxPermission -Identity %s -User <account> -AccessRights FullAccess", b.address)
	if need == mailSend {
		right = fmt.Sprintf("Add-RecipientPermission %s -Trustee <account> -AccessRights SendAs", b.address)
	}
	return fmt.Sprintf("Two things are needed for a mailbox that is not the account's own. The app registration needs %[1]s.Shared (delegated), with consent: "+
		"az ad app permission grant --id <application id> --api %[2]s --scope \"%[1]s.Shared\"; then connect the account again. "+
		"And the account needs a right on this mailbox, from an Exchange administrator: %[3]s", need, graphApp, right)
}

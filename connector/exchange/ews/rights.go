package ews

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// need is what a request needs a right for, where a right is missing.
type need string

const (
	reading  need = "read"
	writing  need = "write"
	sending  need = "send"
	calendar need = "calendar"
)

// End is when Microsoft switches EWS off in Exchange Online for good.
const End = "1 April 2027"

// explain makes an error for people of a refusal.
func (b *box) explain(r request, ref *exchange.Refusal) error {
	return b.access.Filled(ref.Explain(r.doing, b.hint(r, ref)))
}

// hint says what to do about a refusal that has to do with rights, or with how
// this connection is set up; "" leaves the usual words.
func (b *box) hint(r request, ref *exchange.Refusal) string {
	switch code := strings.ToLower(ref.Code); code {
	case "errorimpersonateuserdenied", "errorimpersonationdenied":
		return b.noImpersonation()
	case "errorimpersonationfailed", "errorinvalidexchangeimpersonationheaderdata":
		return "Nobody can be acted as by this address: check it. The primary address counts, and the mailbox has to be in this organization."
	case "erroraccessdenied", "errorcreateitemaccessdenied", "errorfolderaccessdenied":
		return b.denied(r.need)
	case "errornonexistentmailbox":
		if b.online() {
			return "There is no mailbox with this address in Exchange Online. Check it: the primary address counts, the mailbox needs a licence, and one on a server of your own is reached there."
		}
	case "errormissingemailaddress":
		if b.access.App {
			return "The application has no mailbox of its own: enter the address of the mailbox."
		}
	case "errorschemavalidation", "errorinvalidrequest":
		return "The server did not understand the request. That is a fault of this program: report it with the request id and the version of the server."
	case "errorinvalidserverversion", "errorincorrectschemaversion":
		return "The server is older than Exchange 2010 SP2, or no Exchange."
	}
	return ""
}

// online tells whether the mailbox is in Exchange Online, by what its server says
// of itself; before it has said anything, by whether tokens are used.
func (b *box) online() bool {
	b.s.mu.Lock()
	minor := b.s.minor
	b.s.mu.Unlock()
	if minor > 0 {
		return minor >= 20
	}
	return b.access.User == ""
}

func (b *box) account() string {
	if b.access.User != "" {
		return b.access.User
	}
	return "<account>"
}

func (b *box) noImpersonation() string {
	switch {
	case b.access.App && b.online():
		return fmt.Sprintf("The application may not act as %[1]s. An Exchange administrator gives it the right in PowerShell: "+
			"New-ManagementRoleAssignment -App <object id of the enterprise app> -Role \"Application EWS.AccessAsApp\" -CustomResourceScope <scope>; "+
			"if there is such an assignment, its scope does not hold this mailbox: Test-ServicePrincipalAuthorization -Identity <application id> -Resource %[1]s shows it. "+
			"It takes up to two hours to work. For all mailboxes an administrator of Entra ID consents to full_access_as_app of Office 365 Exchange Online instead.", b.address)
	case b.online():
		return fmt.Sprintf("In Exchange Online people cannot impersonate since February 2025. Either let an application sign in by itself, or switch \"Impersonate\" off and give the account a right on the mailbox: "+
			"Add-MailboxPermission -Identity %s -User <account> -AccessRights FullAccess.", b.address)
	}
	return fmt.Sprintf("The account may not act as %s. An Exchange administrator gives it the right in PowerShell: "+
		"New-ManagementRoleAssignment -Name signoff -Role ApplicationImpersonation -User %s -CustomRecipientWriteScope <scope>.", b.address, b.account())
}

// denied says which right on a mailbox is missing, and who gives it how.
func (b *box) denied(n need) string {
	if b.impersonate {
		return "Even its owner may not do this there: the folder or the item is protected, or is in another mailbox."
	}
	whose := b.address
	if whose == "" {
		whose = "<mailbox>"
	}
	right := fmt.Sprintf("Add-MailboxPermission -Identity %s -User %s -AccessRights FullAccess", whose, b.account())
	switch n {
	case sending:
		right += fmt.Sprintf("; and to send from it: Add-%s", map[bool]string{
			true:  fmt.Sprintf("RecipientPermission %s -Trustee %s -AccessRights SendAs", whose, b.account()),
			false: fmt.Sprintf("ADPermission %s -User %s -ExtendedRights \"Send As\"", whose, b.account())}[b.online()])
	case calendar:
		right += fmt.Sprintf("; or for the calendar alone: Add-MailboxFolderPermission %s:\\Calendar -User %s -AccessRights Editor", whose, b.account())
	}
	return "The account has no right to this in the mailbox. Its owner shares the folder in Outlook, or an Exchange administrator gives a right on all of it: " + right + ". It takes up to an hour to work."
}

// unauthorised is for 401.
func (b *box) unauthorised(ref *exchange.Refusal, h http.Header) string {
	if b.access.User == "" {
		said := strings.ToLower(ref.Text)
		switch {
		case strings.Contains(said, "audience"):
			return "The token is for another system. Its audience has to be https://outlook.office365.com: set it at the service instance or the OAuth resource."
		case strings.Contains(said, "user specified"):
			return "Whoever the token is for has no mailbox there. Connect another account."
		}
		if _, offered := readChallenge(h); len(offered) > 0 && !slices.Contains(offered, "bearer") {
			return "The server takes no tokens, only passwords. Choose the mode with a name and a password, or have modern authentication set up there."
		}
		return "The token was not accepted. Connect the account again, or check the OAuth resource and its audience, https://outlook.office365.com."
	}
	_, offered := readChallenge(h)
	switch {
	case slices.Contains(offered, "ntlm"), slices.Contains(offered, "basic"):
		return "The name or the password is wrong, or the account is locked. Names are written as CONTOSO\\workflow or workflow@contoso.com."
	case slices.Contains(offered, "negotiate"):
		return "The server takes Kerberos only. Its administrator allows NTLM for EWS: Set-WebServicesVirtualDirectory \"EWS (Default Web Site)\" -WindowsAuthentication $true, with NTLM among the providers in IIS; or Basic, with -BasicAuthentication $true."
	case slices.Contains(offered, "bearer"):
		return "The server takes tokens only, as Exchange Online does: choose a mode with an OAuth resource."
	}
	return "The server says no way to sign in. Its administrator allows one: Set-WebServicesVirtualDirectory \"EWS (Default Web Site)\" -WindowsAuthentication $true."
}

// forbidden is for 403, of which Exchange does not say the cause: every gate is
// named.
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange
func (b *box) forbidden(ref *exchange.Refusal) string {
	whose := b.address
	if whose == "" {
		whose = "<mailbox>"
	}
	look := fmt.Sprintf("\nGet-CASMailbox %[1]s | fl EwsEnabled # the mailbox's own switch: Set-CASMailbox %[1]s -EwsEnabled $true", whose) +
		"\nGet-OrganizationConfig | fl EwsEnabled,EwsApplicationAccessPolicy,EwsAllowList,EwsBlockList # lists of user agents: this one is \"" + traffic.UserAgent + "\""
	if !b.online() {
		return "EWS is switched off: an Exchange administrator finds the switch by these commands." + look
	}
	lacks := !b.access.App && len(b.access.Known().Lacks("EWS.AccessAsUser.All")) > 0
	if lacks || strings.Contains(strings.ToLower(ref.Text), "scope") {
		return b.noScope()
	}
	return "EWS is switched off for this application, this mailbox or the organization, and ends in Exchange Online for good on " + End + ": " +
		"connect the mailbox again under Manage › Exchange by the choice Exchange Online, which is Microsoft Graph, or until then have an Exchange administrator let the application in, which takes up to a day to work." +
		"\n$ids = (Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy).EwsAllowedAppIDs" +
		"\nSet-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs \"$ids,<application id>\"" +
		look
}

func (b *box) noScope() string {
	g := b.access.Known()
	if lacking := g.Lacks("EWS.AccessAsUser.All"); !b.access.App && len(lacking) > 0 {
		return g.Missing(lacking)
	}
	if b.access.App {
		return "The application's token has no permission for EWS. For chosen mailboxes an Exchange administrator gives it in PowerShell: " +
			"New-ManagementRoleAssignment -App <object id of the enterprise app> -Role \"Application EWS.AccessAsApp\" -CustomResourceScope <scope>; for all, an administrator of Entra ID consents to full_access_as_app."
	}
	return "The permission EWS.AccessAsUser.All is missing (delegated, of Office 365 Exchange Online). An administrator of Entra ID adds it to the app registration and consents; " +
		"the scope of the OAuth resource is https://outlook.office365.com/EWS.AccessAsUser.All. Then connect the account again."
}

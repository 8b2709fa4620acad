package library

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/process"
)

// CodeOthersAccount refuses a workflow that acts with the account of somebody
// who did not agree to it.
const CodeOthersAccount = "others-account"

// checkAccounts refuses steps that use an account by a name, as="person:…": what
// a person connected, whoever draws a workflow would have. Only an administrator
// may say so, and each for themselves, by a name that stands in the file.
func (l *Library) checkAccounts(ctx context.Context, by signoff.Caller, def *process.Definition) error {
	if access.May(by, access.Server, nil).OK {
		return nil
	}
	e := &signoff.Error{Kind: signoff.Forbidden, Code: CodeOthersAccount,
		Detail: "a step uses somebody's account by their name, and you are not that person",
		Hint:   "let the step act with as=\"starter\" or as=\"service\", or have an administrator deploy the workflow"}
	for i := range def.Nodes {
		n := &def.Nodes[i]
		if n.Service == nil || n.Service.Object == nil || n.Service.Object.As.Person == nil {
			continue
		}
		own, err := l.isOwn(ctx, by, n.Service.Object.As)
		if err != nil {
			return err
		}
		if !own {
			e.Fields = append(e.Fields, signoff.FieldError{Field: n.ID, Detail: fmt.Sprintf("%q uses the account of %s", nameOf(n), n.Service.Object.As.Person.Source())})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// isOwn tells whether an account is the caller's for certain: it is named by a
// text, which nothing can change while the workflow runs.
func (l *Library) isOwn(ctx context.Context, by signoff.Caller, a process.Account) (bool, error) {
	name, err := strconv.Unquote(strings.TrimSpace(a.Person.Source()))
	if err != nil || name == "" || !by.Principal.IsUser() {
		return false, nil
	}
	if name == string(by.Principal) || l.Who == nil {
		return name == string(by.Principal), nil
	}
	who, err := l.Who(ctx, name)
	return who == by.Principal, err
}

func nameOf(n *process.Node) string {
	if n.Name != "" {
		return n.Name
	}
	return n.ID
}

// CalledBy tells whether whoever deployed a version, with the rights they have
// now, may have a step of it act with the account of as. The server itself may.
func CalledBy(deployer signoff.Caller, a process.Account, as signoff.Principal) bool {
	return a.Person == nil || access.May(deployer, access.Server, nil).OK || as != "" && deployer.Principal == as
}

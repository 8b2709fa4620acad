package scim

import "strings"

// Limits are the bounds that a server tells clients.
type Limits struct {
	MaxResults int    // of one page
	DocsURL    string // where people read about it; "" nowhere
}

// ServiceProviderConfig is what the server can and cannot do (RFC 7643 section 5).
func ServiceProviderConfig(base string, l Limits) Resource {
	not := Resource{"supported": false}
	out := Resource{
		"schemas":        []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          Resource{"supported": true},
		"bulk":           Resource{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         Resource{"supported": true, "maxResults": l.MaxResults},
		"changePassword": not,
		"sort":           not,
		"etag":           Resource{"supported": true},
		"authenticationSchemes": []any{Resource{"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "A token made for this client under Manage › Access › Directories, or an access token of an issuer that is trusted for it.",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750"}},
		"meta": Resource{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"},
	}
	if l.DocsURL != "" {
		out["documentationUri"] = l.DocsURL
	}
	return out
}

// ResourceTypes lists the kinds of resource (RFC 7643 section 6).
func ResourceTypes(base string) []Resource {
	one := func(k Kind, about string) Resource {
		return Resource{"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": string(k), "name": string(k),
			"endpoint": "/" + k.Plural(), "description": about, "schema": schemaOf(k),
			"meta": Resource{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + string(k)}}
	}
	user := one(UserKind, "A person")
	user["schemaExtensions"] = []any{Resource{"schema": EnterpriseSchema, "required": false}}
	return []Resource{user, one(GroupKind, "A group of people and groups")}
}

// Schemas lists what users and groups have (RFC 7643 section 7).
func Schemas(base string) []Resource {
	one := func(urn, name, about string, list []attribute) Resource {
		return Resource{"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": urn, "name": name, "description": about,
			"attributes": describe(list), "meta": Resource{"resourceType": "Schema", "location": base + "/Schemas/" + urn}}
	}
	return []Resource{
		one(UserSchema, "User", "A person", userAttributes),
		one(GroupSchema, "Group", "A group", groupAttributes),
		one(EnterpriseSchema, "EnterpriseUser", "A person in an organisation", enterpriseAttributes),
	}
}

func describe(list []attribute) []any {
	out := []any{}
	for i := range list {
		if !strings.HasPrefix(list[i].name, "urn:") {
			out = append(out, list[i].describe())
		}
	}
	return out
}

func (a *attribute) describe() Resource {
	out := Resource{"name": a.name, "type": string(a.kind), "multiValued": a.multi, "description": a.about, "required": a.required,
		"caseExact": a.exact, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
	switch {
	case a.readOnly:
		out["mutability"] = "readOnly"
	case a.immutable:
		out["mutability"] = "immutable"
	case a.never:
		out["mutability"], out["returned"] = "writeOnly", "never"
	}
	if a.always {
		out["returned"] = "always"
	}
	if a.unique {
		out["uniqueness"] = "server"
	}
	if len(a.canonical) > 0 {
		out["canonicalValues"] = anys(a.canonical)
	}
	if len(a.references) > 0 {
		out["referenceTypes"] = anys(a.references)
	}
	if a.kind == complexOf {
		out["subAttributes"] = describe(a.sub)
	}
	return out
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

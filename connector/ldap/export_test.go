package ldap

// TakeAtMost lets tests reach the bound of a search.
func (c *Client) TakeAtMost(entries int) { c.most = entries }
